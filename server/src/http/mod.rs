//! The gate of browsers and API clients: what every room's routes are made of. Knows no room.

pub mod accept;
pub mod extract;
pub mod kept;
pub mod linger;
pub mod list;
pub mod navigation;
pub mod openapi;
pub mod page;
pub mod pages;
pub mod problem;
pub mod routes;
pub mod security;
pub mod server;

use std::sync::Arc;

use words::{Announce, Locale, PersonId, SessionId, Theme, TokenId};

pub use extract::{Form, Json, Path, Peer, Query};
pub use list::{List, ListQuery};
pub use navigation::Navigation;
pub use page::{Page, print};
pub use pages::Pages;
pub use routes::{Policy, Routes};

use crate::{batch::Batches, db::Db, files::Files, outgoing::Outgoing};

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct App {
    /// The database.
    pub db: Db,
    /// The files.
    pub files: Files,
    /// What the operator chose.
    pub settings: Arc<Settings>,
    /// The navigation of pages.
    pub navigation: Navigation,
    /// The pages that were rendered last.
    pub pages: Pages,
    /// Who asks.
    pub viewers: Viewers,
}

/// Who asks: sessions are read together, and their uses noted together, in nobody's way.
#[derive(Clone, Debug, Default)]
pub struct Viewers {
    /// The holders of sessions that are alive, by the hashes of their secrets.
    pub read: Batches<(), [u8; 32], Option<Viewer>>,
    /// The sessions whose use is to be noted.
    pub used: Batches<(), SessionId, ()>,
}

/// What the operator chose and the handlers need.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Scheme, host and port under which browsers reach us, without a final slash.
    pub public_url: String,
    /// Whether cookies are marked `Secure`: the public address is https.
    pub secure: bool,
    /// Whether the mailbox page may show what would have been mailed.
    pub mailbox: bool,
    /// Whether sign-ins and frames are counted.
    pub rate_limits: bool,
    /// How many live connections this process takes.
    pub connections: usize,
    /// The heaviest file that is taken, in bytes.
    pub upload_limit_bytes: u64,
    /// What asks addresses that people name.
    pub outgoing: Outgoing,
    /// The network's name.
    pub network: String,
}

/// The person who asks, as the session or the token says. A plain value: it proves who, never what they may.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The person.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether they administer the platform: a technical role that opens no group.
    pub admin: bool,
    /// The language they read.
    pub locale: Locale,
    /// How their pages are lit.
    pub theme: Theme,
    /// Whether they show that they write, and see that others do.
    pub shows_typing: bool,
    /// Whether the Enter key sends what they write.
    pub enter_sends: bool,
    /// What their screen reader is told of new messages.
    pub announce: Announce,
    /// What they proved it with.
    pub credential: Credential,
    /// Where their own stream stood when all that was read: a page in their language says this of it, and hears of a
    /// change that came between the two.
    pub seq: i64,
    /// How matters stood for them then: each stream that they follow, and each text that they are writing. Only who comes
    /// with a session is asked for it, and no socket keeps it.
    pub standing: Option<Arc<str>>,
}

/// What a viewer proved who they are with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Credential {
    /// A browser's cookie.
    Session(SessionId),
    /// A Bearer token: no cookie, so no forged request either.
    Token(TokenId),
    /// An address that is a secret by itself, or this machine's command line: neither opens a connection.
    Elsewhere,
}
