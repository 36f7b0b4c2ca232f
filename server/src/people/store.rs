//! The SQL of people.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use words::{Announce, Locale, PersonId, SessionId, Theme, TokenId};

use super::{End, NewPerson, Preferences, Secret, Session};
use crate::{
    error::Result,
    http::{Credential, Viewer},
};

pub(super) struct Account {
    pub(super) id: PersonId,
    pub(super) email: String,
    pub(super) locale: Locale,
    pub(super) password_hash: Option<String>,
}

pub(super) struct SessionViewer {
    pub(super) id: PersonId,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) admin: bool,
    pub(super) locale: Locale,
    pub(super) theme: Theme,
    pub(super) shows_typing: bool,
    pub(super) enter_sends: bool,
    pub(super) announce: Announce,
    pub(super) session: SessionId,
    pub(super) secret: Vec<u8>,
    pub(super) seen_at: DateTime<Utc>,
    pub(super) seq: i64,
    pub(super) standing: String,
}

pub(super) struct NewSignIn<'a> {
    pub(super) person: PersonId,
    pub(super) secret: &'a Secret,
    /// None makes a link without a code.
    pub(super) code: Option<[u8; 32]>,
    pub(super) expires_at: DateTime<Utc>,
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    id: PersonId,
    person: &NewPerson,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!("insert into streams (id, kind) values ($1, 'person')", id.0).execute(&mut *connection).await?;
    sqlx::query!(
        "insert into people (id, email, name, admin, locale, created_at) values ($1, $2, $3, $4, $5, $6)",
        id.0,
        person.address,
        person.name,
        person.admin,
        person.locale.as_str(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn by_address(connection: &mut PgConnection, address: &str) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!(r#"select id as "id: PersonId" from people where lower(email) = lower($1)"#, address)
        .fetch_optional(connection)
        .await?)
}

pub(super) async fn first_admin(connection: &mut PgConnection) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!(
        r#"select id as "id: PersonId" from people where admin and disabled_at is null order by created_at, id limit 1"#
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn exists(connection: &mut PgConnection, person: PersonId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from people where id = $1 and disabled_at is null) as "exists!""#,
        person.0
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn account(connection: &mut PgConnection, address: &str) -> Result<Option<Account>> {
    Ok(sqlx::query_as!(
        Account,
        r#"select id, email, locale as "locale: Locale", password_hash
           from people
           where lower(email) = lower($1) and disabled_at is null"#,
        address
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn insert_sign_in(
    connection: &mut PgConnection,
    id: Uuid,
    new: &NewSignIn<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into sign_ins (id, token_hash, code_hash, person_id, kind, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id,
        &new.secret.hash(),
        new.code.as_ref().map(<[u8; 32]>::as_slice),
        new.person.0,
        if new.code.is_some() { "link" } else { "invitation" },
        now,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn link_holder(
    connection: &mut PgConnection,
    secret: &Secret,
    now: DateTime<Utc>,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select people.name
         from sign_ins join people on people.id = sign_ins.person_id
         where token_hash = $1 and used_at is null and expires_at > $2 and people.disabled_at is null",
        &secret.hash(),
        now,
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn use_link(
    connection: &mut PgConnection,
    secret: &Secret,
    now: DateTime<Utc>,
) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!(
        r#"update sign_ins set used_at = $2
           from people
           where token_hash = $1 and used_at is null and expires_at > $2
             and people.id = sign_ins.person_id and people.disabled_at is null
           returning person_id as "person: PersonId""#,
        &secret.hash(),
        now,
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn count_attempt(connection: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!("update sign_ins set attempts = least(attempts + 1, 100) where id = $1", id)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn use_code(
    connection: &mut PgConnection,
    id: Uuid,
    code_hash: &[u8; 32],
    most: i16,
    now: DateTime<Utc>,
) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!(
        r#"update sign_ins set used_at = $4
           from people
           where sign_ins.id = $1 and code_hash = $2 and attempts <= $3 and used_at is null and expires_at > $4
             and people.id = sign_ins.person_id and people.disabled_at is null
           returning person_id as "person: PersonId""#,
        id,
        code_hash,
        most,
        now,
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn activate(connection: &mut PgConnection, person: PersonId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("update people set activated_at = coalesce(activated_at, $2) where id = $1", person.0, now)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn set_password(connection: &mut PgConnection, person: PersonId, hash: &str) -> Result<()> {
    sqlx::query!("update people set password_hash = $2 where id = $1", person.0, hash).execute(connection).await?;
    Ok(())
}

pub(super) async fn insert_session(
    connection: &mut PgConnection,
    id: SessionId,
    secret: &Secret,
    person: PersonId,
    user_agent: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into sessions (id, token_hash, person_id, user_agent, created_at, seen_at, expires_at)
         values ($1, $2, $3, $4, $5, $5, $6)",
        id.0,
        &secret.hash(),
        person.0,
        user_agent,
        now,
        expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Who holds the sessions with these hashes of secrets, those that are alive.
pub(super) async fn session_viewers(
    connection: &mut PgConnection,
    secrets: &[Vec<u8>],
    now: DateTime<Utc>,
    idle_since: DateTime<Utc>,
) -> Result<Vec<SessionViewer>> {
    Ok(sqlx::query_as!(
        SessionViewer,
        r#"select
             people.id, people.name, people.email, people.admin,
             people.locale as "locale: Locale", people.theme as "theme: Theme", people.shows_typing,
             people.enter_sends, people.announce as "announce: Announce",
             sessions.id as session, sessions.token_hash as secret, sessions.seen_at, streams.last_seq as seq,
             (select string_agg(standing.id || ' ' || stands, ', ' order by standing.id, stands)
              from standing where standing.person_id = people.id) as "standing!"
           from sessions
           join people on people.id = sessions.person_id
           join streams on streams.id = people.id
           where token_hash = any($1) and expires_at > $2 and sessions.seen_at > $3 and people.disabled_at is null"#,
        secrets,
        now,
        idle_since,
    )
    .fetch_all(connection)
    .await?)
}

/// Notes that sessions are used, and that who holds them is here: one commit for all. Who is being written otherwise is
/// passed over, so that nobody waits here for anybody.
pub(super) async fn touch_sessions(
    connection: &mut PgConnection,
    sessions: &[SessionId],
    now: DateTime<Utc>,
    visit_ended: DateTime<Utc>,
) -> Result<()> {
    let ids: Vec<_> = sessions.iter().map(|session| session.0).collect();
    sqlx::query!(
        "with held as (
           select id from sessions where id = any($1) for update skip locked
         ), used as (
           update sessions set seen_at = $2 from held where sessions.id = held.id returning person_id
         ), here as (
           select id from people where id in (select person_id from used) for no key update skip locked
         )
         update people
         set last_visit_at = case when seen_at < $3 then seen_at else last_visit_at end, seen_at = greatest(seen_at, $2)
         from here where people.id = here.id",
        &ids,
        now,
        visit_ended,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that a person is here. Who was last seen before `visit_ended` begins a new visit.
pub(super) async fn note_seen(
    connection: &mut PgConnection,
    person: PersonId,
    now: DateTime<Utc>,
    visit_ended: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update people
         set last_visit_at = case when seen_at < $3 then seen_at else last_visit_at end, seen_at = greatest(seen_at, $2)
         where id = $1",
        person.0,
        now,
        visit_ended,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn last_visit(
    connection: &mut PgConnection,
    person: PersonId,
    visit_ended: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    Ok(sqlx::query_scalar!(
        "select case when seen_at < $2 then seen_at else last_visit_at end from people where id = $1",
        person.0,
        visit_ended,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn token_viewer(connection: &mut PgConnection, secret: &Secret) -> Result<Option<Viewer>> {
    let token = sqlx::query!(
        r#"select id as "id: TokenId", person_id as "person: PersonId" from tokens where token_hash = $1"#,
        &secret.hash()
    );
    let Some(token) = token.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let viewer = viewer(connection, token.person).await?;
    Ok(viewer.map(|viewer| Viewer { credential: Credential::Token(token.id), ..viewer }))
}

pub(super) async fn viewer(connection: &mut PgConnection, person: PersonId) -> Result<Option<Viewer>> {
    let row = sqlx::query!(
        r#"select
             name, email, admin, locale as "locale: Locale", theme as "theme: Theme", shows_typing, enter_sends,
             announce as "announce: Announce", last_seq as seq
           from people
           join streams on streams.id = people.id
           where people.id = $1 and disabled_at is null"#,
        person.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Viewer {
        id: person,
        name: row.name,
        email: row.email,
        admin: row.admin,
        locale: row.locale,
        theme: row.theme,
        shows_typing: row.shows_typing,
        enter_sends: row.enter_sends,
        announce: row.announce,
        credential: Credential::Elsewhere,
        seq: row.seq,
        standing: None,
    }))
}

pub(super) async fn insert_token(
    connection: &mut PgConnection,
    id: Uuid,
    secret: &Secret,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into tokens (id, token_hash, person_id, created_at) values ($1, $2, $3, $4)",
        id,
        &secret.hash(),
        person.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn has_others(connection: &mut PgConnection, addresses: &[String]) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from people where lower(email) <> all($1)) as "others!""#,
        addresses
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn set_feed(
    connection: &mut PgConnection,
    secret: &Secret,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into feeds (person_id, token_hash, created_at) values ($1, $2, $3)
         on conflict (person_id) do update set token_hash = excluded.token_hash, created_at = excluded.created_at",
        person.0,
        &secret.hash(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn delete_feed(connection: &mut PgConnection, person: PersonId) -> Result<()> {
    sqlx::query!("delete from feeds where person_id = $1", person.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn feed_since(connection: &mut PgConnection, person: PersonId) -> Result<Option<DateTime<Utc>>> {
    Ok(sqlx::query_scalar!("select created_at from feeds where person_id = $1", person.0)
        .fetch_optional(connection)
        .await?)
}

pub(super) async fn feed_viewer(connection: &mut PgConnection, secret: &Secret) -> Result<Option<Viewer>> {
    let feed = sqlx::query_scalar!(
        r#"select person_id as "person: PersonId" from feeds where token_hash = $1"#,
        &secret.hash()
    );
    match feed.fetch_optional(&mut *connection).await? {
        Some(person) => viewer(connection, person).await,
        None => Ok(None),
    }
}

pub(super) async fn sessions(
    connection: &mut PgConnection,
    person: PersonId,
    now: DateTime<Utc>,
    idle_since: DateTime<Utc>,
) -> Result<Vec<Session>> {
    Ok(sqlx::query_as!(
        Session,
        "select id, user_agent, created_at, seen_at
         from sessions
         where person_id = $1 and expires_at > $2 and seen_at > $3
         order by seen_at desc, id",
        person.0,
        now,
        idle_since,
    )
    .fetch_all(connection)
    .await?)
}

pub(super) async fn delete_session(
    connection: &mut PgConnection,
    person: PersonId,
    session: SessionId,
) -> Result<Option<()>> {
    let deleted = sqlx::query!("delete from sessions where id = $1 and person_id = $2", session.0, person.0)
        .execute(connection)
        .await?;
    Ok((deleted.rows_affected() > 0).then_some(()))
}

/// Which of these sessions and tokens do not go on with the language that was theirs, and why.
pub(super) async fn ended(
    connection: &mut PgConnection,
    (sessions, session_locales): &(Vec<Uuid>, Vec<String>),
    (tokens, token_locales): &(Vec<Uuid>, Vec<String>),
    now: DateTime<Utc>,
    idle_since: DateTime<Utc>,
) -> Result<Vec<(Uuid, Locale, End)>> {
    let rows = sqlx::query!(
        r#"select
             asked.id as "id!", asked.locale as "locale!: Locale", people.id is null as "gone!",
             people.disabled_at is not null as "disabled!"
           from (
             select asked.id, asked.locale, sessions.person_id
             from unnest($1::uuid[], $2::text[]) asked (id, locale)
             left join sessions on sessions.id = asked.id and expires_at > $5 and seen_at > $6
             union all
             select asked.id, asked.locale, tokens.person_id
             from unnest($3::uuid[], $4::text[]) asked (id, locale)
             left join tokens on tokens.id = asked.id) asked
           left join people on people.id = asked.person_id
           where people.id is null or people.disabled_at is not null or people.locale <> asked.locale"#,
        sessions,
        session_locales,
        tokens,
        token_locales,
        now,
        idle_since,
    )
    .fetch_all(connection)
    .await?;
    let end = |gone, disabled| match (gone, disabled) {
        (true, _) => End::Proof,
        (false, true) => End::Account,
        (false, false) => End::Language,
    };
    Ok(rows.into_iter().map(|row| (row.id, row.locale, end(row.gone, row.disabled))).collect())
}

/// Ends all sessions and tokens of a person but this one.
pub(super) async fn delete_proofs_but(connection: &mut PgConnection, person: PersonId, kept: Uuid) -> Result<()> {
    sqlx::query!(
        "with ended as (delete from sessions where person_id = $1 and id <> $2)
         delete from tokens where person_id = $1 and id <> $2",
        person.0,
        kept,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the name is another one now.
pub(super) async fn set_preferences(
    connection: &mut PgConnection,
    person: PersonId,
    name: &str,
    preferences: &Preferences,
) -> Result<bool> {
    let renamed = sqlx::query_scalar!(
        r#"update people
           set
             name = $2, locale = $3, theme = $4, shows_typing = $5, enter_sends = $6, announce = $7,
             revision = people.revision + case when people.name = $2 then 0 else 1 end
           from people before
           where people.id = $1 and before.id = people.id
           returning people.name <> before.name as "renamed!""#,
        person.0,
        name,
        preferences.locale.as_str(),
        preferences.theme.as_str(),
        preferences.shows_typing,
        preferences.enter_sends,
        preferences.announce.as_str(),
    )
    .fetch_one(connection)
    .await?;
    Ok(renamed)
}

pub(super) async fn who_see_typing(connection: &mut PgConnection, people: &[PersonId]) -> Result<HashSet<PersonId>> {
    let people: Vec<_> = people.iter().map(|person| person.0).collect();
    let chose =
        sqlx::query_scalar!(r#"select id as "id: PersonId" from people where shows_typing and id = any($1)"#, &people)
            .fetch_all(connection)
            .await?;
    Ok(chose.into_iter().collect())
}

pub(super) async fn count_tries(
    connection: &mut PgConnection,
    key: &[u8; 32],
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<i64> {
    let tries = sqlx::query_scalar!(
        r#"select count(*) as "tries!" from sign_in_attempts where key = $1 and at > $2"#,
        key,
        since
    )
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query!("insert into sign_in_attempts (key, at) values ($1, $2)", key, now).execute(connection).await?;
    Ok(tries)
}

pub(super) async fn sweep(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    idle_since: DateTime<Utc>,
    tries_since: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!("delete from sign_ins where expires_at < $1", now).execute(&mut *connection).await?;
    sqlx::query!("delete from sessions where expires_at < $1 or seen_at < $2", now, idle_since)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from sign_in_attempts where at < $1", tries_since).execute(connection).await?;
    Ok(())
}
