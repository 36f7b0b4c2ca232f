//! The SQL of previews.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{EventKind, GroupId, MessageId, StreamId, ThreadId};

use super::page::Said;
use crate::{
    consumers::{Consumer, Range},
    error::Result,
};

/// A message that says something, and how.
pub(super) struct Written {
    pub(super) message: MessageId,
    pub(super) thread: ThreadId,
    pub(super) html: String,
}

/// A page that is led to.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) sha256: [u8; 32],
    pub(super) url: String,
    pub(super) host: String,
}

/// A message, and the pages it leads to.
pub(super) struct Linking {
    pub(super) message: MessageId,
    pub(super) thread: ThreadId,
    pub(super) links: Vec<Link>,
}

/// A page that is this node's to ask.
pub(super) struct Claimed {
    pub(super) sha256: Vec<u8>,
    pub(super) url: String,
}

/// The streams of groups that want previews, and hold what was not read yet.
pub(super) async fn behind(connection: &mut PgConnection, consumer: Consumer, limit: i64) -> Result<Vec<StreamId>> {
    Ok(sqlx::query_scalar!(
        r#"select streams.id as "id: StreamId"
           from groups
           join streams on streams.id = groups.id
           left join consumers on consumers.name = $1 and consumers.stream_id = streams.id
           where streams.last_seq > greatest(link_previews_from, coalesce(consumers.seq, 0))
             and link_previews_from is not null
           order by streams.id
           limit $2"#,
        consumer.name,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// From which place of its log on a group's links are looked up; nothing if they are not, any more.
pub(super) async fn wanted_from(connection: &mut PgConnection, stream: StreamId) -> Result<Option<i64>> {
    let from = sqlx::query_scalar!("select link_previews_from from groups where id = $1", stream.0);
    Ok(from.fetch_optional(connection).await?.flatten())
}

/// The messages that were said or put otherwise, as they are now.
pub(super) async fn said(connection: &mut PgConnection, range: Range) -> Result<Vec<Written>> {
    Ok(sqlx::query_as!(
        Written,
        r#"select distinct messages.id as "message: MessageId", messages.thread_id as "thread: ThreadId", html as "html!"
           from events join messages on messages.id = events.subject_id and messages.group_id = events.stream_id
           where events.stream_id = $1 and events.seq > $2 and events.seq <= $3
             and events.kind in ('message.created', 'message.edited') and deleted_at is null and html is not null
           order by messages.id"#,
        range.stream.0,
        range.after,
        range.to,
    )
    .fetch_all(connection)
    .await?)
}

/// Wants pages that were never asked, or not since `old`; they are given in the order of their hashes.
pub(super) async fn want(connection: &mut PgConnection, pages: &[Link], old: DateTime<Utc>) -> Result<()> {
    let hashes: Vec<_> = pages.iter().map(|page| page.sha256.to_vec()).collect();
    let urls: Vec<_> = pages.iter().map(|page| page.url.clone()).collect();
    let hosts: Vec<_> = pages.iter().map(|page| page.host.clone()).collect();
    sqlx::query!(
        "insert into link_previews (url_sha256, url, host, wanted)
         select sha256, url, host, true
         from unnest($1::bytea[], $2::text[], $3::text[]) with ordinality page (sha256, url, host, ordinal)
         order by ordinal
         on conflict (url_sha256) do update set wanted = true where link_previews.tried_at < $4",
        &hashes,
        &urls,
        &hosts,
        old,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes the pages that a message leads to now; answers whether it shows anything else than before. What was taken away
/// stays noted, so that it does not come back with its link.
pub(super) async fn relink(connection: &mut PgConnection, message: MessageId, links: &[Link]) -> Result<bool> {
    let hashes: Vec<_> = links.iter().map(|link| link.sha256.to_vec()).collect();
    Ok(sqlx::query_scalar!(
        r#"with unlinked as (
             delete from message_links
             where message_id = $1 and url_sha256 <> all($2::bytea[]) and removed_at is null
             returning url_sha256, removed_at
           ), linked as (
             insert into message_links (message_id, url_sha256, ordinal)
             select $1, sha256, ordinal::integer from unnest($2::bytea[]) with ordinality link (sha256, ordinal)
             on conflict (message_id, url_sha256) do update set ordinal = excluded.ordinal
             where message_links.ordinal <> excluded.ordinal
             returning url_sha256, removed_at
           )
           select exists (
             select from (select * from unlinked union all select * from linked) changed
             join link_previews on link_previews.url_sha256 = changed.url_sha256 and title is not null
             where removed_at is null) as "changed!""#,
        message.0,
        &hashes,
    )
    .fetch_one(connection)
    .await?)
}

/// Takes the page that waits longest, and that some group still wants: none that was begun since `given_up`, nor one of a
/// server that was asked since `apart`.
pub(super) async fn claim(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    given_up: DateTime<Utc>,
    apart: DateTime<Utc>,
) -> Result<Option<Claimed>> {
    Ok(sqlx::query_as!(
        Claimed,
        r#"update link_previews set tried_at = $1
           where url_sha256 = (
               select url_sha256
               from link_previews page
               where wanted and (tried_at is null or tried_at < $2)
                 and not exists (
                   select from link_previews other where other.host = page.host and other.tried_at > $3)
                 and exists (
                   select
                   from message_links
                   join messages on messages.id = message_links.message_id and messages.deleted_at is null
                   join groups on groups.id = messages.group_id and link_previews_from is not null
                   where message_links.url_sha256 = page.url_sha256 and removed_at is null)
               order by tried_at nulls first, url_sha256
               limit 1
               for update of page skip locked)
           returning url_sha256 as sha256, url"#,
        now,
        given_up,
        apart,
    )
    .fetch_optional(connection)
    .await?)
}

/// The groups that lead to a page, in the order in which they are locked.
pub(super) async fn groups_of(connection: &mut PgConnection, sha256: &[u8]) -> Result<Vec<GroupId>> {
    Ok(sqlx::query_scalar!(
        r#"select distinct groups.id as "id: GroupId"
           from message_links
           join messages on messages.id = message_links.message_id
           join groups on groups.id = messages.group_id and link_previews_from is not null
           where url_sha256 = $1
           order by groups.id"#,
        sha256,
    )
    .fetch_all(connection)
    .await?)
}

/// Keeps what a page said; what it said before, where it says nothing now.
pub(super) async fn answer(connection: &mut PgConnection, sha256: &[u8], said: Option<&Said>) -> Result<()> {
    let Some(said) = said else {
        sqlx::query!("update link_previews set wanted = false where url_sha256 = $1", sha256)
            .execute(connection)
            .await?;
        return Ok(());
    };
    sqlx::query!(
        "update link_previews set wanted = false, title = $2, site = $3, description = $4 where url_sha256 = $1",
        sha256,
        said.title,
        said.site,
        said.description,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Tells these groups, whose streams are locked, of their messages that show a page: the last ones, at most `limit`, the
/// oldest of them first. Answers up to where each stream goes now.
pub(super) async fn tell(
    connection: &mut PgConnection,
    sha256: &[u8],
    groups: &[GroupId],
    (limit, now): (i64, DateTime<Utc>),
) -> Result<Vec<(StreamId, i64)>> {
    let groups: Vec<_> = groups.iter().map(|group| group.0).collect();
    let rows = sqlx::query!(
        r#"with showing as (
             select messages.id, group_id, thread_id, messages.created_at
             from message_links
             join messages on messages.id = message_links.message_id and deleted_at is null
             join groups on groups.id = group_id and link_previews_from is not null
             where url_sha256 = $1 and removed_at is null and group_id = any($2)
             order by messages.created_at desc, messages.id desc
             limit $3
           ), numbered as (
             select id, group_id, thread_id, row_number() over (partition by group_id order by created_at, id) as ordinal
             from showing
           ), counted as (
             select group_id, count(*) as events from numbered group by group_id
           ), taken as (
             update streams set last_seq = last_seq + events
             from counted where streams.id = group_id
             returning streams.id, last_seq, events
           ), logged as (
             insert into events (stream_id, seq, kind, subject_id, thread_id, at)
             select group_id, last_seq - events + ordinal, $4, numbered.id, thread_id, $5
             from numbered join taken on taken.id = group_id
           )
           select id as "stream: StreamId", last_seq from taken"#,
        sha256,
        &groups,
        limit,
        EventKind::MessagePreviewed.as_str(),
        now,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.stream, row.last_seq)).collect())
}

/// Takes away what a message's links show; answers whether it showed anything.
pub(super) async fn remove(connection: &mut PgConnection, message: MessageId, now: DateTime<Utc>) -> Result<bool> {
    let removed = sqlx::query!(
        "update message_links set removed_at = $2 where message_id = $1 and removed_at is null",
        message.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() > 0)
}

/// Forgets pages that nothing leads to, at most `limit`; answers how many.
pub(super) async fn sweep(connection: &mut PgConnection, limit: i64) -> Result<u64> {
    let swept = sqlx::query!(
        "delete from link_previews
         where url_sha256 = any(array(
           select url_sha256 from link_previews
           where not exists (select from message_links where message_links.url_sha256 = link_previews.url_sha256)
           limit $1))",
        limit,
    )
    .execute(connection)
    .await?;
    Ok(swept.rows_affected())
}
