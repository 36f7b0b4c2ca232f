//! The one door by which the server asks addresses that people gave: pages that they link to, and whatever takes what is
//! pushed to them.
//!
//! Such an address may name this machine, its neighbours, or what a cloud tells its machines. So each is checked as it is
//! read, a name is resolved once, and the connection goes to what was checked; each redirect is checked again. No proxy
//! of the environment is used, no cookie kept, and each connection is closed after its answer.
//!
//! Surprises: the library asks its resolver for names only, so that addresses in figures are checked here. Answers that
//! are compressed are refused: nothing grows while it is read.

mod address;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use futures_util::future::BoxFuture;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use url::{Host, Url};

pub use address::is_public;

/// How long all of an exchange may take, from the name's resolution to the last byte that is read.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many redirects of a page are followed.
const MOST_REDIRECTS: usize = 3;
/// How much of a page is read, in bytes: what it says of itself is in its beginning.
const MOST_BYTES: usize = 512 * 1024;
/// The longest address that is asked, in bytes.
const LONGEST_URL: usize = 2000;
/// How far into a page its encoding is looked for, in bytes (HTML, 13.2.3.2).
const PRESCAN: usize = 1024;

/// What resolves names.
pub type Names = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The guarded client.
#[derive(Clone)]
pub struct Outgoing {
    /// Nothing where this machine has no certificates to judge others by.
    client: Option<Client>,
    allowed: Arc<[SocketAddr]>,
}

/// Why nothing was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// It is no address of the web.
    #[error("no address of the web")]
    Malformed,
    /// It leads to what is not public, or to another port than the web's.
    #[error("not a public address of the web")]
    Address,
    /// Nobody answered there, or its name has no public address.
    #[error("not reached")]
    Unreachable,
    /// It took too long.
    #[error("too slow")]
    Late,
    /// It led on and on.
    #[error("too many redirects")]
    Redirected,
    /// It answered that it cannot.
    #[error("answered {0}")]
    Status(StatusCode),
    /// It is no page, or one that is compressed.
    #[error("no plain page")]
    NotHtml,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Outgoing").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// The client of a server. `allowed` are addresses of this machine itself that tests let through; none else.
    pub fn new(allowed: &[SocketAddr]) -> Self {
        let names: Names = Arc::new(|name| {
            Box::pin(async move {
                Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.map(|address| address.ip()).collect())
            })
        });
        Self::with_names(names, allowed)
    }

    /// The same with names of one's own.
    pub fn with_names(names: Names, allowed: &[SocketAddr]) -> Self {
        let allowed: Arc<[SocketAddr]> = allowed.iter().filter(|address| address.ip().is_loopback()).copied().collect();
        let built = Client::builder()
            .dns_resolver(Arc::new(Guarded { names, allowed: Arc::clone(&allowed) }))
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE)
            .user_agent(concat!("Preau/", env!("CARGO_PKG_VERSION")))
            .build();
        if let Err(error) = &built {
            tracing::warn!(%error, "nothing is asked of other servers: are this machine's certificates installed?");
        }
        Self { client: built.ok(), allowed }
    }

    /// The page at an address, or where that leads, as text; of a long one the beginning.
    pub async fn get_html(&self, url: &str) -> Result<String, Refused> {
        in_time(self.page(url)).await
    }

    /// Whether an address is one of this machine that tests let through.
    pub fn is_opened(&self, url: &Url) -> bool {
        let Some(port) = url.port_or_known_default() else { return false };
        let ip = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            _ => return false,
        };
        self.allowed.contains(&SocketAddr::new(ip, port))
    }

    /// Asks an address, and answers with its status and its headers. Redirects are not followed, and no more is read.
    pub async fn request(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<(StatusCode, HeaderMap), Refused> {
        let url = self.checked(url)?;
        let sent = self.client()?.request(method, url).headers(headers).body(body).send();
        let head = |response: Response| (response.status(), response.headers().clone());
        in_time(async { sent.await.map(head).map_err(|error| refused(&error)) }).await
    }

    async fn page(&self, url: &str) -> Result<String, Refused> {
        let mut url = self.checked(url)?;
        for _ in 0..=MOST_REDIRECTS {
            let asked = self
                .client()?
                .get(url.clone())
                .header(header::ACCEPT, "text/html")
                .header(header::ACCEPT_ENCODING, "identity");
            let response = asked.send().await.map_err(|error| refused(&error))?;
            if !response.status().is_redirection() {
                return read(response).await;
            }
            let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            let to = to.ok_or(Refused::Status(response.status()))?;
            url = self.allowed(url.join(to).map_err(|_| Refused::Malformed)?)?;
        }
        Err(Refused::Redirected)
    }

    fn client(&self) -> Result<&Client, Refused> {
        self.client.as_ref().ok_or(Refused::Unreachable)
    }

    fn checked(&self, url: &str) -> Result<Url, Refused> {
        self.allowed(Url::parse(url).map_err(|_| Refused::Malformed)?)
    }

    /// The address, if it is one of the web's: what browsers make of its figures, however they are written, is what is
    /// looked at, and what is asked.
    fn allowed(&self, url: Url) -> Result<Url, Refused> {
        let is_plain =
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        if !is_plain || url.as_str().len() > LONGEST_URL {
            return Err(Refused::Malformed);
        }
        let may_reach = |address| may_reach(address, &self.allowed);
        let is_reached = match url.host() {
            Some(Host::Ipv4(address)) => may_reach(address.into()),
            Some(Host::Ipv6(address)) => may_reach(address.into()),
            // What it is resolved to is looked at by the resolver.
            Some(Host::Domain(name)) => !name.trim_end_matches('.').is_empty(),
            None => false,
        };
        let opened = |port| self.allowed.iter().any(|address| address.port() == port);
        if is_reached && url.port().is_none_or(opened) { Ok(url) } else { Err(Refused::Address) }
    }
}

/// The address of a page that a link leads to, as it is asked and kept: without what is a browser's own. Nothing if no
/// server could be asked for it.
pub fn page_url(link: &str) -> Option<Url> {
    let mut url = Url::parse(link).ok()?;
    url.set_fragment(None);
    let is_page = matches!(url.scheme(), "http" | "https") && url.has_host() && url.as_str().len() <= LONGEST_URL;
    (is_page && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// Resolves a name once, for the connection that follows: to public addresses, or to nothing.
struct Guarded {
    names: Names,
    allowed: Arc<[SocketAddr]>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, allowed) = ((self.names)(name.as_str().to_owned()), Arc::clone(&self.allowed));
        Box::pin(async move {
            let found = found.await?;
            // One that is not public makes the whole answer suspect.
            if found.is_empty() || !found.iter().all(|&address| may_reach(address, &allowed)) {
                return Err(Box::from(Refused::Address));
            }
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

fn may_reach(address: IpAddr, allowed: &[SocketAddr]) -> bool {
    is_public(address) || allowed.iter().any(|known| known.ip() == address)
}

async fn in_time<T>(exchange: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
    tokio::time::timeout(PATIENCE, exchange).await.unwrap_or(Err(Refused::Late))
}

/// Why the library has no answer.
fn refused(error: &reqwest::Error) -> Refused {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return *refused;
        }
        cause = error.source();
    }
    if error.is_timeout() { Refused::Late } else { Refused::Unreachable }
}

/// The text of an answer, if it is a plain page.
async fn read(mut response: Response) -> Result<String, Refused> {
    if response.status() != StatusCode::OK {
        return Err(Refused::Status(response.status()));
    }
    let said = |name| response.headers().get(name).map(HeaderValue::as_bytes);
    let kind = said(header::CONTENT_TYPE).and_then(|kind| std::str::from_utf8(kind).ok()).unwrap_or_default();
    let (essence, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    let is_plain = said(header::CONTENT_ENCODING).is_none_or(|encoding| encoding.eq_ignore_ascii_case(b"identity"));
    if !essence.trim().eq_ignore_ascii_case("text/html") || !is_plain {
        return Err(Refused::NotHtml);
    }
    let encoding = charset(parameters.as_bytes());
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| refused(&error))? {
        bytes.extend_from_slice(&chunk[..chunk.len().min(MOST_BYTES - bytes.len())]);
        if bytes.len() == MOST_BYTES {
            break;
        }
    }
    Ok(decoded(&bytes, encoding))
}

/// The text of a page: in the encoding that its answer names, that it names itself, or that it seems to be in. A mark at
/// its beginning is stronger than these.
fn decoded(bytes: &[u8], said: Option<&'static Encoding>) -> String {
    let seems = || {
        let is_utf8 = std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
        if is_utf8 { UTF_8 } else { WINDOWS_1252 }
    };
    let encoding = said.or_else(|| charset(&bytes[..bytes.len().min(PRESCAN)])).unwrap_or_else(seems);
    encoding.decode(bytes).0.into_owned()
}

/// The encoding that follows the word `charset`.
fn charset(text: &[u8]) -> Option<&'static Encoding> {
    const WORD: &[u8] = b"charset";
    let at = text.windows(WORD.len()).position(|word| word.eq_ignore_ascii_case(WORD))? + WORD.len();
    let rest = text[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"-_:.".contains(byte));
    let label = &rest[..end.unwrap_or(rest.len())];
    // A page whose mark can be read in ASCII is in no encoding of two bytes a letter (HTML, 13.2.3.2).
    Encoding::for_label(label).map(Encoding::output_encoding)
}

#[cfg(test)]
mod tests {
    use super::{charset, decoded};

    #[test]
    fn a_page_is_read_in_its_encoding() {
        let old = b"<meta charset=windows-1252><title>\xc9t\xe9 \x80</title>";
        for (bytes, said, expected) in [
            (old.as_slice(), None, "Été €"),
            (b"<title>\xc9t\xe9</title>", Some("; charset=ISO-8859-1"), "Été"),
            (b"<title>\xc9t\xe9</title>", None, "Été"),
            ("<title>Été</title>".as_bytes(), None, "Été"),
            ("\u{feff}<title>Été</title>".as_bytes(), Some("; charset=windows-1252"), "Été"),
            ("<title>Été</title>".as_bytes(), Some("; charset=\"utf-8\""), "Été"),
            ("<title>Été</title>".as_bytes(), Some("; charset=nonsense"), "Été"),
        ] {
            let text = decoded(bytes, said.and_then(|said| charset(said.as_bytes())));
            assert!(text.contains(&format!("<title>{expected}</title>")), "{text}");
        }
        // A page that is cut inside a letter is what it was.
        assert!(decoded(&"é".as_bytes()[..1], None).contains('\u{fffd}'));
    }
}
