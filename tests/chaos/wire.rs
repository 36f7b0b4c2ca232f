//! A client's two ways to the server, both through the proxy: a socket of the wire format, and requests.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};
use uuid::Uuid;

use crate::history::{What, digest};

/// The subprotocol of programs, and that of browsers.
pub(crate) const JSON: &str = "preau.v1.json";
pub(crate) const HTML: &str = "preau.v1.html";
/// How long opening a connection, writing, or a request may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// What a client shows to say who it is.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// A program's.
    Token(String),
    /// A browser's.
    Session(String),
}

/// A connection.
pub(crate) struct Wire {
    socket: WebSocketStream<TcpStream>,
    /// Its address on the client's side, by which the proxy knows it.
    pub(crate) local: SocketAddr,
}

/// What was heard.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A frame: an object that says its type.
    Frame(Value),
    /// What is no frame. A network that cuts and swallows makes none of it: it carries whole frames, or ends.
    Malformed(String),
    /// The connection has ended, with a code if the server said one.
    Closed(Option<u16>),
    /// Nothing, for as long as it was listened.
    Nothing,
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum Unopened {
    /// The server refuses, by a status or by the code of a close.
    Refused(u16),
    /// The network does not carry.
    Unreached,
}

impl Wire {
    /// Opens one.
    pub(crate) async fn open(address: SocketAddr, credential: &Credential, protocol: &str) -> Result<Self, Unopened> {
        let opened = timeout(PATIENCE, Self::opened(address, credential, protocol)).await;
        match opened {
            Ok(Ok(wire)) => Ok(wire),
            Ok(Err(Error::Http(response))) if response.status().is_client_error() => {
                Err(Unopened::Refused(response.status().as_u16()))
            }
            _ => Err(Unopened::Unreached),
        }
    }

    async fn opened(address: SocketAddr, credential: &Credential, protocol: &str) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/live").into_client_request()?;
        let (name, value) = match credential {
            Credential::Token(token) => ("authorization", format!("Bearer {token}")),
            Credential::Session(secret) => ("cookie", format!("session={secret}")),
        };
        let headers = request.headers_mut();
        headers.insert(name, HeaderValue::from_str(&value)?);
        headers.insert("origin", HeaderValue::from_str(&format!("http://{address}"))?);
        headers.insert("sec-websocket-protocol", HeaderValue::from_str(protocol)?);
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let local = stream.local_addr()?;
        let (socket, _) = client_async(request, stream).await?;
        Ok(Self { socket, local })
    }

    /// Says a frame; false if it cannot be said.
    pub(crate) async fn say(&mut self, frame: &Value) -> bool {
        self.say_message(Message::text(frame.to_string())).await
    }

    /// Says whatever.
    pub(crate) async fn say_message(&mut self, message: Message) -> bool {
        matches!(timeout(PATIENCE, self.socket.send(message)).await, Ok(Ok(())))
    }

    /// The next frame, waited for until then.
    pub(crate) async fn hear(&mut self, until: Instant) -> Heard {
        loop {
            match timeout_at(until, self.socket.next()).await {
                Err(_) => return Heard::Nothing,
                Ok(Some(Ok(Message::Text(text)))) => {
                    let frame = serde_json::from_str(&text).ok().filter(|frame: &Value| frame["type"].is_string());
                    return frame.map_or_else(|| Heard::Malformed(text.to_string()), Heard::Frame);
                }
                Ok(Some(Ok(Message::Close(frame)))) => return Heard::Closed(frame.map(|frame| frame.code.into())),
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(_)) | None) => return Heard::Closed(None),
            }
        }
    }
}

/// An event, as a frame tells it.
#[derive(Debug)]
pub(crate) struct Event<'f> {
    /// In which stream.
    pub(crate) stream: Uuid,
    /// Where.
    pub(crate) seq: i64,
    /// What happened.
    pub(crate) kind: &'f str,
    /// To what.
    pub(crate) subject: Uuid,
    thread: Option<&'f str>,
    by: Option<&'f str>,
    at: &'f str,
}

impl<'f> Event<'f> {
    /// Reads a frame; what is missing in one that has not all that every event has.
    pub(crate) fn of(frame: &'f Value) -> Result<Self, What> {
        Self::read(frame).ok_or_else(|| What::Malformed { heard: frame.to_string() })
    }

    fn read(frame: &'f Value) -> Option<Self> {
        let text = |name: &str| frame[name].as_str();
        Some(Self {
            stream: text("stream")?.parse().ok()?,
            seq: frame["seq"].as_i64()?,
            kind: text("kind")?,
            subject: frame["subject"]["id"].as_str()?.parse().ok()?,
            thread: text("thread"),
            by: text("by"),
            at: text("at")?,
        })
    }

    /// That it was heard.
    pub(crate) fn heard(&self) -> What {
        let digest = digest(self.kind, &self.subject.to_string(), self.thread, self.by, self.at);
        What::Recv { stream: self.stream, seq: self.seq, digest }
    }
}

/// Who asks by requests, each on a connection of its own.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    address: SocketAddr,
    client: reqwest::Client,
    credential: Credential,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// What it says.
    pub(crate) text: String,
}

impl Api {
    /// Somebody's.
    pub(crate) fn new(address: SocketAddr, credential: Credential) -> Result<Self> {
        let client = reqwest::Client::builder()
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self { address, client, credential })
    }

    /// Asks, once; an error means that nobody knows.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        Self::answered(request).await
    }

    /// A request that is still to be dressed.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("http://{}{path}", self.address));
        match &self.credential {
            Credential::Token(token) => request.bearer_auth(token),
            Credential::Session(secret) => {
                let origin = format!("http://{}", self.address);
                request.header("cookie", format!("session={secret}")).header("origin", origin)
            }
        }
    }

    /// Sends a request that was dressed.
    pub(crate) async fn answered(request: reqwest::RequestBuilder) -> Result<Answer> {
        let response = request.send().await?;
        Ok(Answer { status: response.status(), text: response.text().await? })
    }

    /// Makes a thing, where nothing is in the way.
    pub(crate) async fn make(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask(Method::POST, path, Some(body)).await?.thing()
    }

    /// Reads a thing, as often as it takes until a time.
    pub(crate) async fn read(&self, path: &str, until: Instant) -> Result<Value> {
        loop {
            match self.ask(Method::GET, path, None).await {
                Ok(answer) if answer.status.is_success() => return answer.thing(),
                Ok(answer) if answer.status.is_client_error() => return answer.thing(),
                other if Instant::now() > until => return other?.thing(),
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }
}

impl Answer {
    /// What was made or read.
    pub(crate) fn thing(self) -> Result<Value> {
        ensure!(self.status.is_success(), "{}: {}", self.status, self.text);
        serde_json::from_str(&self.text).context("an answer is JSON")
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        let problem: Value = serde_json::from_str(&self.text).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}
