//! The SQL of searching documents: by title, purpose and tags, and by the names of their files.

use sqlx::PgConnection;
use uuid::Uuid;
use web::{paths, search::Found};
use words::{DocumentId, PersonId};

use super::Key;
use crate::{
    error::Result,
    search::{extract::Wanted, narrow::Narrow},
};

/// Which documents are looked for.
#[derive(Debug)]
pub(in crate::search) struct Ask<'a> {
    pub(in crate::search) person: PersonId,
    pub(in crate::search) groups: &'a [Uuid],
    pub(in crate::search) query: Option<&'a str>,
    pub(in crate::search) wanted: &'a Wanted,
    pub(in crate::search) narrow: &'a Narrow,
    /// Minutes alone, or all but these; none for both.
    pub(in crate::search) minutes: Option<bool>,
    pub(in crate::search) below: Key,
}

/// A document that may be meant.
#[derive(Clone, Copy, Debug)]
pub(in crate::search) struct Chosen {
    pub(in crate::search) id: Uuid,
    pub(in crate::search) minutes: bool,
}

/// Up to twice `most` documents that hold the words, whoever may read them. What else a document says is asked for here:
/// the text of its transcript will be.
pub(in crate::search) async fn by_index(connection: &mut PgConnection, query: &str, most: i64) -> Result<Vec<Chosen>> {
    Ok(sqlx::query_as!(
        Chosen,
        r#"select id as "id!", minutes as "minutes!" from (
             (select id, type = 'minutes' as minutes
              from documents where search @@ $1::text::tsquery and deleted_at is null limit $2)
             union
             (select documents.id, type = 'minutes'
              from files
              join versions on versions.file_id = files.id
              join documents on documents.id = versions.document_id
              where file_words(files.name) @@ $1::text::tsquery
              limit $2)) holding"#,
        query,
        most,
    )
    .fetch_all(connection)
    .await?)
}

/// Up to `most` documents whose titles look like what was typed.
pub(in crate::search) async fn by_title(connection: &mut PgConnection, typed: &str, most: i64) -> Result<Vec<Chosen>> {
    Ok(sqlx::query_as!(
        Chosen,
        r#"select id, type = 'minutes' as "minutes!"
           from documents where folded($1) <% folded(title) and deleted_at is null limit $2"#,
        typed,
        most
    )
    .fetch_all(connection)
    .await?)
}

/// `$source` and `$which` choose documents, the rest says which of them count and how they are shown.
macro_rules! documents {
    ($source:literal, $which:literal, $connection:expr, $ask:expr, $chosen:expr, $most:expr) => {{
        let (ask, narrow) = ($ask, $ask.narrow);
        let rows = sqlx::query!(
            r#"with found as (
                      select d.id, d.title, d.purpose, d.updated_at, d.created_by, d.assignment_id, d.group_id
                      from "#
                + $source
                + r#" d
                      join members
                        on members.group_id = d.group_id and members.person_id = $1 and members.ended_seq is null
                      where d.deleted_at is null and ($6::boolean is null or (d.type = 'minutes') = $6)
                        and d.updated_at >= $7 and d.updated_at <= $4 and (d.updated_at, d.id) < ($4, $5)
                        and ($8::uuid[] is null or d.created_by = any($8))
                        and ($9::uuid[] is null or d.assignment_id = any($9))
                        and ($10::uuid[] is null or d.group_id = any($10) or exists (
                          select
                          from versions
                          join attachments on attachments.file_id = versions.file_id
                          join messages on messages.id = attachments.message_id
                          join threads on threads.id = messages.thread_id
                          where versions.document_id = d.id
                            and (threads.channel_id = any($11) or threads.id = any($12))))
                        and (not $13 or d.type = 'link') and "#
                + $which
                + r#" order by d.updated_at desc, d.id desc limit $14)
                      select
                        found.id as "id!: DocumentId", found.title as "title!", found.updated_at as "at!",
                        people.name as "author!", territories.name as "territory?", shown_name(groups, $1) as "place!",
                        found.purpose as "purpose!"
                      from found
                      join people on people.id = found.created_by
                      join groups on groups.id = found.group_id
                      left join assignments on assignments.id = found.assignment_id
                      left join territories on territories.id = assignments.territory_id
                      order by found.updated_at desc, found.id desc
                      limit $14"#,
            ask.person.0,
            $chosen,
            ask.query,
            ask.below.at,
            ask.below.id,
            ask.minutes,
            narrow.from,
            narrow.authors.as_deref(),
            narrow.posts.as_deref(),
            narrow.places.as_ref().map(|places| places.groups.as_slice()),
            narrow.places.as_ref().map(|places| places.channels.as_slice()),
            narrow.places.as_ref().map(|places| places.threads.as_slice()),
            narrow.with_link,
            $most,
        )
        .fetch_all($connection)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Found {
                author: Some(row.territory.map_or(row.author.clone(), |of| format!("{}, {of}", row.author))),
                place: Some(row.place),
                at: Some(row.at),
                ..Found::new(row.id.0, row.title, ask.wanted.extract(&row.purpose), paths::document(row.id))
            })
            .collect())
    }};
}

/// Those of some documents that count, the latest first.
pub(in crate::search) async fn of(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    chosen: &[Uuid],
    most: i64,
) -> Result<Vec<Found>> {
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    // By their ids alone, whatever the planner thinks of other indexes: they are few.
    documents!(
        "(select id, title, purpose, type, updated_at, created_by, assignment_id, group_id, deleted_at
            from documents where id = any($2::uuid[]) offset 0)",
        // They were chosen by the words, which `latest` asks for here.
        "($3::text is null or true)",
        connection,
        ask,
        chosen,
        most
    )
}

/// Those that hold the words, the latest first: quick where many do.
pub(in crate::search) async fn latest(connection: &mut PgConnection, ask: &Ask<'_>, most: i64) -> Result<Vec<Found>> {
    documents!(
        "documents",
        "d.group_id = any($2::uuid[]) and ($3::text is null or d.search @@ $3::text::tsquery)",
        connection,
        ask,
        ask.groups,
        most
    )
}
