//! People: accounts, and how a person proves to be the holder of one.
//!
//! An account is made by an invitation and activated by the first sign-in: by a link or a six-digit code of a mail, or
//! by a password. Everybody signed in may see everybody's name and posts; what is theirs alone (sessions, address,
//! settings) is reached only through their own `Viewer`.
//!
//! Events: `settings.updated`. Tables: `people`, `sessions`, `tokens`, `sign_ins`, `sign_in_attempts`,
//! `feeds`.
//!
//! Surprises: GET never signs in, since mail filters follow every link. An unknown address is answered like a known
//! one, in the same time. Secrets are stored as SHA-256 of 256 random bits; passwords as argon2id.

pub mod http;
mod password;
mod secret;
mod store;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use words::{Announce, Event, Locale, PersonId, SessionId, Theme};

pub use secret::Secret;

use crate::{
    batch::Batches,
    characters::holds_hidden,
    db::{self, Db, Tx},
    error::{Error, Result},
    http::{Credential, Viewer, Viewers},
};

/// How long a link or a code of a mail can be used.
const SIGN_IN_LASTS: TimeDelta = TimeDelta::minutes(15);
/// How long an invitation can be used.
const INVITATION_LASTS: TimeDelta = TimeDelta::days(30);
/// How many times a code may be mistyped.
const CODE_ATTEMPTS: i16 = 5;
/// A session ends after so long, however much it is used.
const SESSION_LASTS: TimeDelta = TimeDelta::days(90);
/// A session ends when it was not used for so long.
const SESSION_IDLES: TimeDelta = TimeDelta::days(30);
/// Who does nothing for so long has gone, and visits anew when they come back.
const VISIT_ENDS: TimeDelta = TimeDelta::hours(1);
/// How often what has expired is forgotten.
const SWEEP_PAUSE: Duration = Duration::from_hours(1);
/// The window in which tries are counted.
const TRIES_WINDOW: TimeDelta = TimeDelta::minutes(15);
/// How many tries an address may have in the window, and how many a network prefix.
const TRIES_OF_ADDRESS: i64 = 8;
const TRIES_OF_NETWORK: i64 = 60;

/// A person to be.
#[derive(Clone, Debug)]
pub struct NewPerson {
    address: String,
    name: String,
    admin: bool,
    locale: Locale,
}

/// A sign-in that was asked for: what its mail says, and what the browser keeps of it.
#[derive(Debug)]
pub struct SignIn {
    /// Names the sign-in in the asking browser's cookie, so that a code is worth nothing elsewhere.
    pub id: uuid::Uuid,
    /// Where the mail goes, if the address is an account's.
    pub letter: Option<SignInLetter>,
}

/// What the mail of a sign-in says.
#[derive(Debug)]
pub struct SignInLetter {
    /// To whom.
    pub person: PersonId,
    /// Their address.
    pub address: String,
    /// Their language.
    pub locale: Locale,
    /// The secret of the link.
    pub secret: Secret,
    /// The six digits; empty for an invitation.
    pub code: String,
}

/// A session, as its holder sees it.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The browser, as it called itself.
    pub user_agent: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub seen_at: DateTime<Utc>,
}

/// What one chooses for oneself.
#[derive(Clone, Debug)]
pub struct Preferences {
    /// The name that is shown.
    pub name: String,
    /// The language one reads.
    pub locale: Locale,
    /// How one's pages are lit.
    pub theme: Theme,
    /// Whether one shows that one writes, and sees that others do.
    pub shows_typing: bool,
    /// Whether the Enter key sends what one writes.
    pub enter_sends: bool,
    /// What one's screen reader is told of new messages.
    pub announce: Announce,
}

impl Preferences {
    /// Those that hold now.
    pub fn of(viewer: &Viewer) -> Self {
        let Viewer { name, locale, theme, shows_typing, enter_sends, announce, .. } = viewer.clone();
        Self { name, locale, theme, shows_typing, enter_sends, announce }
    }
}

impl NewPerson {
    /// Checks an address and a name. Without a name the part before `@` stands for it.
    pub fn checked(address: &str, name: &str, admin: bool, locale: Locale) -> Result<Self> {
        let address = address.trim().to_lowercase();
        let Some((local, domain)) = address.rsplit_once('@') else { return Err(Error::field("email", "email")) };
        let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
        if !plain(local)
            || !plain(domain)
            || address.len() > 254
            || !address.is_ascii()
            || address.contains(['<', '>', ',', ';', '"'])
        {
            return Err(Error::field("email", "email"));
        }
        let name = match name.trim() {
            "" => local.to_owned(),
            name => checked_name(name)?,
        };
        Ok(Self { address, name, admin, locale })
    }
}

/// A name as it may be shown: one line of 1 to 120 characters.
pub fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::field("name", "required"));
    }
    if name.chars().count() > 120 {
        return Err(Error::field("name", "too_long"));
    }
    if holds_hidden(name) {
        return Err(Error::field("name", "malformed"));
    }
    Ok(name.to_owned())
}

/// Makes an account. The address must be nobody's yet.
pub async fn create(tx: &mut Tx, person: &NewPerson) -> Result<PersonId> {
    let (id, now) = (tx.fresh(), tx.now());
    match store::insert(tx.connection(), id, person, now).await {
        Err(error) if error.constraint() == Some("people_email_key") => Err(Error::field("email", "taken")),
        other => other.map(|()| id),
    }
}

/// The account of an address, if there is one.
pub async fn by_address(connection: &mut PgConnection, address: &str) -> Result<Option<PersonId>> {
    store::by_address(connection, address.trim()).await
}

/// The account of an address, made if need be; an invited one is activated by its first sign-in.
pub async fn invite(tx: &mut Tx, person: &NewPerson) -> Result<(PersonId, Option<SignInLetter>)> {
    if let Some(known) = by_address(tx.connection(), &person.address).await? {
        return Ok((known, None));
    }
    let id = create(tx, person).await?;
    let (sign_in, secret, now) = (tx.fresh(), Secret::fresh(), tx.now());
    let invitation = store::NewSignIn { person: id, secret: &secret, code: None, expires_at: now + INVITATION_LASTS };
    store::insert_sign_in(tx.connection(), sign_in, &invitation, now).await?;
    let letter = SignInLetter {
        person: id,
        address: person.address.clone(),
        locale: person.locale,
        secret,
        code: String::new(),
    };
    Ok((id, Some(letter)))
}

/// Begins a sign-in by mail. An unknown address is answered alike, and gets no mail.
pub async fn ask_to_sign_in(tx: &mut Tx, address: &str) -> Result<SignIn> {
    let (id, secret, code, now) = (tx.fresh(), Secret::fresh(), secret::code(), tx.now());
    let Some(account) = store::account(tx.connection(), address.trim()).await? else {
        return Ok(SignIn { id, letter: None });
    };
    let sign_in = store::NewSignIn {
        person: account.id,
        secret: &secret,
        code: Some(secret::code_hash(id, &code)),
        expires_at: now + SIGN_IN_LASTS,
    };
    store::insert_sign_in(tx.connection(), id, &sign_in, now).await?;
    let letter = SignInLetter { person: account.id, address: account.email, locale: account.locale, secret, code };
    Ok(SignIn { id, letter: Some(letter) })
}

/// A sign-in link for an account, printed by the command line rather than mailed.
pub async fn link(tx: &mut Tx, person: PersonId) -> Result<Secret> {
    let (id, secret, now) = (tx.fresh(), Secret::fresh(), tx.now());
    let sign_in = store::NewSignIn { person, secret: &secret, code: None, expires_at: now + SIGN_IN_LASTS };
    store::insert_sign_in(tx.connection(), id, &sign_in, now).await?;
    Ok(secret)
}

/// Whom a link would sign in, without using it: for the page that asks to confirm.
pub async fn holder_of_link(
    connection: &mut PgConnection,
    secret: &Secret,
    now: DateTime<Utc>,
) -> Result<Option<String>> {
    store::link_holder(connection, secret, now).await
}

/// Uses a link, once.
pub async fn sign_in_by_link(tx: &mut Tx, secret: &Secret) -> Result<Option<PersonId>> {
    let now = tx.now();
    let Some(person) = store::use_link(tx.connection(), secret, now).await? else { return Ok(None) };
    store::activate(tx.connection(), person, now).await?;
    Ok(Some(person))
}

/// Uses a code, in the browser that asked for it, at most five tries.
pub async fn sign_in_by_code(tx: &mut Tx, id: uuid::Uuid, code: &str) -> Result<Option<PersonId>> {
    let now = tx.now();
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    store::count_attempt(tx.connection(), id).await?;
    let hash = secret::code_hash(id, &digits);
    let Some(person) = store::use_code(tx.connection(), id, &hash, CODE_ATTEMPTS, now).await? else { return Ok(None) };
    store::activate(tx.connection(), person, now).await?;
    Ok(Some(person))
}

/// Checks an address and a password. An unknown address takes as long as a wrong password.
pub async fn sign_in_by_password(db: &Db, address: &str, typed: &str) -> Result<Option<PersonId>> {
    let mut connection = db.lend().await?;
    let account = store::account(&mut connection, address.trim()).await?;
    drop(connection);
    let (person, hash) = account.map_or((None, None), |account| (Some(account.id), account.password_hash));
    Ok(person.filter(|_| hash.is_some()).filter({
        let matches = password::verify(typed.to_owned(), hash).await?;
        move |_| matches
    }))
}

/// Sets or changes one's password. What was opened with the old one ends with it: one's calendar subscription, and all
/// sessions and tokens but the one in use.
pub async fn set_password(tx: &mut Tx, viewer: &Viewer, hash: password::Hash) -> Result<()> {
    let used = match viewer.credential {
        Credential::Session(session) => session.0,
        Credential::Token(token) => token.0,
        Credential::Elsewhere => return Err(Error::Forbidden),
    };
    store::delete_proofs_but(tx.connection(), viewer.id, used).await?;
    store::delete_feed(tx.connection(), viewer.id).await?;
    store::set_password(tx.connection(), viewer.id, hash.as_str()).await
}

pub use password::hash as hash_password;

/// Opens a session, and gives the secret of its cookie.
pub async fn open_session(tx: &mut Tx, person: PersonId, user_agent: &str) -> Result<Secret> {
    let (id, secret, now) = (tx.fresh(), Secret::fresh(), tx.now());
    store::note_seen(tx.connection(), person, now, now - VISIT_ENDS).await?;
    let user_agent: String = user_agent.chars().filter(|c| !c.is_control()).take(200).collect();
    store::insert_session(tx.connection(), id, &secret, person, &user_agent, now, now + SESSION_LASTS).await?;
    Ok(secret)
}

/// Who holds a session, if it is alive: read together with those of whoever asks at the same time, which after a restart
/// is everybody. Notes its use, at most once a minute.
pub async fn viewer_of_session(db: &Db, viewers: &Viewers, secret: &Secret) -> Result<Option<Viewer>> {
    let (db, used) = (db.clone(), viewers.used.clone());
    let asked =
        viewers.read.submit((), secret.hash(), move |secrets| session_viewers(db.clone(), used.clone(), secrets));
    asked.ok_or(Error::Unavailable)?.await.map_err(|_| Error::Unavailable)
}

/// The holders in the order of the secrets; nothing at all if they cannot be read.
async fn session_viewers(db: Db, used: Batches<(), SessionId, ()>, secrets: Vec<[u8; 32]>) -> Vec<Option<Viewer>> {
    let held = read_sessions(&db, &used, &secrets).await;
    let held = held.inspect_err(|error| tracing::debug!(%error, "sessions could not be read")).ok();
    held.map_or_else(Vec::new, |held| secrets.iter().map(|secret| held.get(secret.as_slice()).cloned()).collect())
}

async fn read_sessions(
    db: &Db,
    used: &Batches<(), SessionId, ()>,
    secrets: &[[u8; 32]],
) -> Result<HashMap<Vec<u8>, Viewer>> {
    let now = db.clock().now();
    let secrets: Vec<_> = secrets.iter().map(|secret| secret.to_vec()).collect();
    let idle_since = now - SESSION_IDLES;
    let rows =
        db.follow(async |connection| store::session_viewers(connection, &secrets, now, idle_since).await).await?;
    for row in rows.iter().filter(|row| now - row.seen_at > TimeDelta::minutes(1)) {
        let db = db.clone();
        // Nobody waits for it: what is not noted now is with the next use.
        drop(used.submit((), row.session, move |sessions| note_uses(db.clone(), sessions)));
    }
    Ok(rows.into_iter().map(|row| (row.secret.clone(), row.into())).collect())
}

/// Notes that sessions are used, and that who holds them is here.
async fn note_uses(db: Db, sessions: Vec<SessionId>) -> Vec<()> {
    let noted = db::promptly(async {
        let (now, mut connection) = (db.clock().now(), db.lend().await?);
        store::touch_sessions(&mut connection, &sessions, now, now - VISIT_ENDS).await
    });
    if let Err(error) = noted.await {
        tracing::debug!(%error, "the use of sessions could not be noted");
    }
    vec![(); sessions.len()]
}

impl From<store::SessionViewer> for Viewer {
    fn from(row: store::SessionViewer) -> Self {
        Self {
            id: row.id,
            name: row.name,
            email: row.email,
            admin: row.admin,
            locale: row.locale,
            theme: row.theme,
            shows_typing: row.shows_typing,
            enter_sends: row.enter_sends,
            announce: row.announce,
            credential: Credential::Session(row.session),
            seq: row.seq,
            standing: Some(row.standing.into()),
        }
    }
}

/// Who holds a Bearer token.
pub async fn viewer_of_token(connection: &mut PgConnection, secret: &Secret) -> Result<Option<Viewer>> {
    store::token_viewer(connection, secret).await
}

/// The administrator whose account is the oldest.
pub async fn first_admin(connection: &mut PgConnection) -> Result<Option<PersonId>> {
    store::first_admin(connection).await
}

/// Whether anybody has an account whose address is none of these.
pub async fn has_others(connection: &mut PgConnection, addresses: &[String]) -> Result<bool> {
    store::has_others(connection, addresses).await
}

/// A viewer for what the command line does in somebody's name.
pub async fn viewer(connection: &mut PgConnection, person: PersonId) -> Result<Option<Viewer>> {
    store::viewer(connection, person).await
}

/// Makes a Bearer token for an account; only its hash is kept.
pub async fn create_token(tx: &mut Tx, person: PersonId) -> Result<Secret> {
    let (id, secret, now) = (tx.fresh(), Secret::fresh(), tx.now());
    store::insert_token(tx.connection(), id, &secret, person, now).await?;
    Ok(secret)
}

/// Makes the address of one's calendar subscription; an earlier one ends. Only its hash is kept.
pub async fn create_feed(tx: &mut Tx, viewer: &Viewer) -> Result<Secret> {
    let (secret, now) = (Secret::fresh(), tx.now());
    store::set_feed(tx.connection(), &secret, viewer.id, now).await?;
    Ok(secret)
}

/// Ends one's calendar subscription: its address leads nowhere from now on.
pub async fn end_feed(tx: &mut Tx, person: PersonId) -> Result<()> {
    store::delete_feed(tx.connection(), person).await
}

/// Since when one has a calendar subscription, if one has.
pub async fn feed_since(connection: &mut PgConnection, viewer: &Viewer) -> Result<Option<DateTime<Utc>>> {
    store::feed_since(connection, viewer.id).await
}

/// Who holds a calendar subscription.
pub async fn viewer_of_feed(connection: &mut PgConnection, secret: &Secret) -> Result<Option<Viewer>> {
    store::feed_viewer(connection, secret).await
}

/// When the viewer, who is here now, was last here before this visit, whether or not its beginning is noted yet; none the
/// first time.
pub async fn last_visit(
    connection: &mut PgConnection,
    viewer: &Viewer,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    store::last_visit(connection, viewer.id, now - VISIT_ENDS).await
}

/// One's live sessions, the last used first.
pub async fn sessions(connection: &mut PgConnection, viewer: &Viewer, now: DateTime<Utc>) -> Result<Vec<Session>> {
    store::sessions(connection, viewer.id, now, now - SESSION_IDLES).await
}

/// Ends one of one's own sessions.
pub async fn end_session(tx: &mut Tx, viewer: &Viewer, session: SessionId) -> Result<()> {
    store::delete_session(tx.connection(), viewer.id, session).await?.ok_or(Error::NotFound)
}

/// Why what somebody proved who they are with does not go on as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It holds no more.
    Proof,
    /// The account was disabled.
    Account,
    /// The person reads another language now.
    Language,
}

/// Which of these credentials do not go on with the language that was theirs, and why: how a node learns of what another
/// did, in one query.
pub async fn ended(
    connection: &mut PgConnection,
    credentials: &[(Credential, Locale)],
    now: DateTime<Utc>,
) -> Result<Vec<((Credential, Locale), End)>> {
    let (mut sessions, mut tokens, mut held) = <((Vec<_>, Vec<_>), (Vec<_>, Vec<_>), HashMap<_, _>)>::default();
    for &(credential, locale) in credentials {
        let (id, (ids, locales)) = match credential {
            Credential::Session(session) => (session.0, &mut sessions),
            Credential::Token(token) => (token.0, &mut tokens),
            Credential::Elsewhere => continue,
        };
        if held.insert((id, locale), credential).is_none() {
            ids.push(id);
            locales.push(locale.as_str().to_owned());
        }
    }
    let ended = store::ended(connection, &sessions, &tokens, now, now - SESSION_IDLES).await?;
    let held = |(id, locale, end)| Some(((*held.get(&(id, locale))?, locale), end));
    Ok(ended.into_iter().filter_map(held).collect())
}

/// Changes one's preferences.
pub async fn set_preferences(tx: &mut Tx, viewer: &Viewer, preferences: &Preferences) -> Result<()> {
    let name = checked_name(&preferences.name)?;
    let renamed = store::set_preferences(tx.connection(), viewer.id, &name, preferences).await?;
    tx.record(Event::SettingsUpdated { person: viewer.id, renamed }, Some(viewer.id)).await?;
    Ok(())
}

/// Who of these people chose to see that others write.
pub async fn who_see_typing(connection: &mut PgConnection, people: &[PersonId]) -> Result<HashSet<PersonId>> {
    if people.is_empty() {
        return Ok(HashSet::new());
    }
    store::who_see_typing(connection, people).await
}

/// Counts a try to sign in, and refuses the one too many. `network` is the prefix of the asker's address.
pub async fn count_try(tx: &mut Tx, address: &str, network: &str) -> Result<()> {
    let (now, since) = (tx.now(), tx.now() - TRIES_WINDOW);
    let limits = [
        (format!("address:{}", address.trim().to_lowercase()), TRIES_OF_ADDRESS),
        (format!("network:{network}"), TRIES_OF_NETWORK),
    ];
    for (key, limit) in limits {
        let tries = store::count_tries(tx.connection(), &secret::digest(key.as_bytes()), now, since).await?;
        if tries >= limit {
            return Err(Error::RateLimited { retry_after: Duration::from_mins(15) });
        }
    }
    Ok(())
}

/// Whether there is such a person, with an account that is not closed.
pub async fn exists(connection: &mut PgConnection, person: PersonId) -> Result<bool> {
    store::exists(connection, person).await
}

/// Sweeps every hour until told to stop.
pub async fn work(db: Db, stop: CancellationToken) {
    loop {
        match db.write(|tx| Box::pin(async move { sweep(tx).await })).await {
            Ok(()) | Err(Error::Unavailable) => {}
            Err(error) => tracing::error!(%error, "what has expired could not be forgotten"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP_PAUSE) => {}
        }
    }
}

/// Forgets what has expired: sign-ins, sessions and counted tries.
pub async fn sweep(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    store::sweep(tx.connection(), now, now - SESSION_IDLES, now - TRIES_WINDOW).await
}
