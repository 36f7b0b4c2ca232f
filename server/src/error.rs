//! The one error: the few things that a person can be told, and what they cannot.
//!
//! A room returns it; a gate turns it into a page, a problem document, a frame or a retry, and logs it once, there.

use sqlx::{
    error::DatabaseError,
    postgres::{PgDatabaseError, PgSeverity},
};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Some fields are not as they must be.
    #[error("invalid: {0:?}")]
    Invalid(Vec<FieldError>),
    /// The request does not even parse.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// Nobody is signed in.
    #[error("unauthenticated")]
    Unauthenticated,
    /// The asker may read it, and may not do this.
    #[error("forbidden")]
    Forbidden,
    /// It does not exist, or not for the asker: the two are answered alike.
    #[error("not found")]
    NotFound,
    /// The address exists, not for this method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The thing is in a state that does not allow it; the code of the reason, a key of the locales.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// The id is already that of something else.
    #[error("the id is taken by something else")]
    IdConflict,
    /// The channel is archived.
    #[error("archived")]
    Archived,
    /// More than may be sent, in bytes.
    #[error("too large, at most {limit_bytes} bytes")]
    TooLarge {
        /// How much would have been accepted.
        limit_bytes: u64,
    },
    /// Not a media type that is taken here.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// Too many tries.
    #[error("rate limited")]
    RateLimited {
        /// When to try again.
        retry_after: std::time::Duration,
    },
    /// The database or the disk is away; the same request may be sent again.
    #[error("unavailable")]
    Unavailable,
    /// The database said something else.
    #[error(transparent)]
    Database(sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database's schema cannot be brought up to date: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// The database server is of a version that we do not know, as `server_version_num` says it.
    #[error("the server is PostgreSQL {}, and Préau needs 15 to 18: use another server, or the private one", .0 / 10_000)]
    ServerVersion(i32),
    /// The log holds a kind of event that this version does not know.
    #[error("an event of a kind that this version does not know")]
    UnknownEvent,
    /// The disk said no.
    #[error(transparent)]
    Io(std::io::Error),
    /// A key or a signature could not be made or read.
    #[error("{0}")]
    Crypto(&'static str),
    /// A template did not render.
    #[error(transparent)]
    Render(#[from] askama::Error),
    /// A task ended before its work did.
    #[error(transparent)]
    Task(#[from] tokio::task::JoinError),
}

/// What is wrong with one field of a form or of a JSON body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, as in the form and in the JSON.
    pub field: std::borrow::Cow<'static, str>,
    /// What is wrong: a key of the locales, under `error-`.
    pub code: &'static str,
}

/// What the rooms return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// One field is not as it must be.
    pub fn field(field: &'static str, code: &'static str) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), code }])
    }

    /// The code that the API, the frames and the locales know it by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::BadRequest(_) => "bad_request",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict(_) => "conflict",
            Self::IdConflict => "id_conflict",
            Self::Archived => "archived",
            Self::TooLarge { .. } => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::UnknownEvent
            | Self::Database(_)
            | Self::Migrate(_)
            | Self::ServerVersion(_)
            | Self::Io(_)
            | Self::Crypto(_)
            | Self::Render(_)
            | Self::Task(_) => "internal",
        }
    }

    /// The violated constraint, where the database named one.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                tracing::warn!(%error, "the disk is full");
                Self::Unavailable
            }
            _ => Self::Io(error),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
                tracing::warn!(%error, "the database is away");
                Self::Unavailable
            }
            sqlx::Error::Database(inner) if is_away(inner.as_ref()) => {
                tracing::warn!(error = %inner, "the database is away");
                Self::Unavailable
            }
            error => Self::Database(error),
        }
    }
}

/// What ends the connection, whatever it is: also a database that is being replaced, or a password that was changed
/// beneath us. Classes 53 (disk or memory full), 57P (shutting down, crashed), 58 (the system's own errors) and 08
/// (connection); 25006 (read only), 25P03 (nothing was heard inside a transaction) and 55P03 (a lock was not to be had in
/// time). Whether it was done, the same request tells.
fn is_away(error: &dyn DatabaseError) -> bool {
    let severity = error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
    let code = error.code().unwrap_or_default();
    let is_of = |classes: &[&str]| classes.iter().any(|class| code.starts_with(class));
    matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic))
        || is_of(&["53", "57P", "58", "08"])
        || is_of(&["25006", "25P03", "55P03"])
}
