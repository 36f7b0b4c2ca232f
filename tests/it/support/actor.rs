//! Who speaks to a server: programs by their token, and browsers.

use std::collections::HashMap;

use reqwest::{Method, StatusCode, redirect};
use serde_json::{Value, json};
use words::PersonId;

use super::{Group, Server, Socket};

/// A person with a token, and what they can say to the server.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) id: PersonId,
    pub(crate) email: String,
    pub(crate) token: String,
    url: String,
    client: reqwest::Client,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) text: String,
}

/// Where somebody stands in a group's stream.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) epoch: String,
    pub(crate) seq: i64,
}

impl Actor {
    pub(super) fn new(id: PersonId, email: String, token: &str, url: &str) -> Self {
        Self { id, email, token: token.to_owned(), url: url.to_owned(), client: client() }
    }

    /// Where a group's stream ends, for who may know.
    pub(crate) async fn place(&self, group: &Group) -> Place {
        let group = self.get(&format!("/api/v1/groups/{}", group.id)).await.json();
        Place { epoch: group["epoch"].as_str().unwrap().to_owned(), seq: group["seq"].as_i64().unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Reads a page, as a browser does.
    pub(crate) async fn page(&self, path: &str) -> Answer {
        let request =
            self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token).header("accept", "text/html");
        Answer::of(request.send().await.unwrap()).await
    }

    /// Sends a form, as a browser does.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request =
            self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).header("accept", "text/html");
        Answer::of(
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encoded(fields))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// Sends a form with files, as a browser does.
    pub(crate) async fn upload(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
        self.try_upload(path, fields, files).await.unwrap()
    }

    /// The same to a server that may end before it answers.
    pub(crate) async fn try_upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> reqwest::Result<Answer> {
        let mut form = reqwest::multipart::Form::new();
        for (name, value) in fields {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        for (name, bytes) in files {
            form = form.part("file", reqwest::multipart::Part::bytes(bytes.to_vec()).file_name((*name).to_owned()));
        }
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).multipart(form);
        let json = path.starts_with("/api/");
        let request = request.header("accept", if json { "application/json" } else { "text/html" });
        Ok(Answer::of(request.send().await?).await)
    }

    /// Reads with headers of one's own.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Begins to read, and leaves the rest of the bytes to come.
    pub(crate) async fn begin(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await.unwrap()
    }

    /// The same person, at a program that serves there.
    pub(crate) fn at_url(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// Adds somebody to a group.
    pub(crate) async fn add(&self, group: &Group, person: &Actor, role: &str) {
        let path = format!("/api/v1/groups/{}/members", group.id);
        let added = self.post(&path, json!({ "user": person.id, "role": role })).await;
        assert_eq!(added.status, 201, "{}", added.text);
    }

    /// Removes somebody from a group.
    pub(crate) async fn remove(&self, group: &Group, person: &Actor) {
        let path = format!("/api/v1/groups/{}/members/{}", group.id, person.id);
        let removed = self.request(Method::DELETE, &path, None).await;
        assert_eq!(removed.status, 204, "{}", removed.text);
    }

    /// Posts a message in a thread, and answers it.
    pub(crate) async fn say(&self, thread: &str, body: &str) -> Value {
        let posted = self.post(&format!("/api/v1/threads/{thread}/messages"), json!({ "body": body })).await;
        assert_eq!(posted.status, 201, "{}", posted.text);
        posted.json()
    }

    /// The same person, at another node.
    pub(crate) fn at(&self, node: &Server) -> Self {
        Self { url: node.url.clone(), ..self.clone() }
    }

    /// Opens a socket.
    pub(crate) async fn socket(&self, protocol: &str) -> Socket {
        Socket::open(&self.url, Some(&self.token), protocol).await.unwrap()
    }
}

/// A browser without JavaScript.
pub(crate) struct Browser {
    url: String,
    client: reqwest::Client,
}

impl Browser {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), client: client() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url)).header("accept", "text/html");
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url)).header("accept", "text/html");
        Answer::of(
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encoded(fields))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        let status = response.status();
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut headers: HashMap<String, String> = HashMap::new();
        // A header that comes several times, as Set-Cookie does, is a line each.
        for (name, value) in response.headers() {
            let held = headers.entry(name.to_string()).or_default();
            *held = if held.is_empty() { text(value) } else { format!("{held}\n{}", text(value)) };
        }
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

fn client() -> reqwest::Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    reqwest::Client::builder().redirect(redirect::Policy::none()).cookie_store(true).build().unwrap()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", web::paths::encoded(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}
