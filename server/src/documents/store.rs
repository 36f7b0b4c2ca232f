//! The SQL of documents and files.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    documents::{Document, DocumentFile, Picture, Version},
    people::Author,
    territories::TerritoryLabel,
};
use words::{DocumentId, DocumentType, FileId, GroupId, PersonId, Post, Role};

use super::{Described, ListPage};
use crate::{
    error::Result,
    files::{Stored, hex},
};

pub(super) struct Place {
    pub(super) group: GroupId,
    pub(super) sharer: PersonId,
}

pub(super) struct FilePlace {
    pub(super) group: GroupId,
    pub(super) uploader: PersonId,
    pub(super) name: String,
    pub(super) size_bytes: i64,
    pub(super) media_type: String,
    pub(super) sha256: Vec<u8>,
    pub(super) filed: bool,
}

/// A document as it stands for a present member.
pub(super) struct Standing {
    pub(super) role: Role,
    pub(super) sharer: PersonId,
    pub(super) is_link: bool,
    pub(super) title: String,
}

/// A file that may go, and its content's hash.
pub(super) struct Leaver {
    pub(super) id: Uuid,
    pub(super) sha256: Vec<u8>,
}

pub(super) async fn insert_file(
    connection: &mut PgConnection,
    id: FileId,
    group: GroupId,
    uploader: PersonId,
    name: &str,
    stored: &Stored,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into files (id, group_id, uploader_id, name, size_bytes, media_type, sha256, created_at, width, height)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do nothing",
        id.0,
        group.0,
        uploader.0,
        name,
        i64::try_from(stored.size_bytes).unwrap_or(i64::MAX),
        stored.media_type,
        &stored.sha256,
        now,
        stored.picture.map(|picture| picture.width),
        stored.picture.map(|picture| picture.height),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn file(connection: &mut PgConnection, file: FileId) -> Result<Option<DocumentFile>> {
    let row =
        sqlx::query!("select name, size_bytes, media_type, sha256, width, height from files where id = $1", file.0)
            .fetch_optional(connection)
            .await?;
    Ok(row.map(|row| DocumentFile {
        id: file,
        name: row.name,
        size_bytes: row.size_bytes,
        media_type: row.media_type,
        sha256: hex(&row.sha256),
        picture: picture(row.width, row.height),
    }))
}

/// A file, unless its document was removed.
pub(super) async fn file_place(connection: &mut PgConnection, file: FileId) -> Result<Option<FilePlace>> {
    Ok(sqlx::query_as!(
        FilePlace,
        r#"select
             files.group_id as "group", uploader_id as uploader, files.name, size_bytes, media_type, sha256,
             versions.file_id is not null as "filed!"
           from files
           left join versions on versions.file_id = files.id
           left join documents on documents.id = versions.document_id
           where files.id = $1 and documents.deleted_at is null"#,
        file.0
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn is_own_unfiled(
    connection: &mut PgConnection,
    group: GroupId,
    person: PersonId,
    file: FileId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
             select from files
             where id = $1 and group_id = $2 and uploader_id = $3
               and not exists (select from versions where file_id = files.id)) as "own!""#,
        file.0,
        group.0,
        person.0,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn attachable(
    connection: &mut PgConnection,
    group: GroupId,
    person: PersonId,
    files: &[FileId],
) -> Result<bool> {
    let ids: Vec<_> = files.iter().map(|file| file.0).collect();
    Ok(sqlx::query_scalar!(
        r#"select not exists (
             select
             from unnest($3::uuid[]) asked (id)
             left join files on files.id = asked.id and files.group_id = $1
             left join versions on versions.file_id = files.id
             left join documents on documents.id = versions.document_id and documents.deleted_at is null
             where files.id is null or (documents.id is null and (versions.file_id is not null or files.uploader_id <> $2))
           ) as "all!""#,
        group.0,
        person.0,
        &ids,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn standing(
    connection: &mut PgConnection,
    document: DocumentId,
    person: PersonId,
) -> Result<Option<Standing>> {
    Ok(sqlx::query_as!(
        Standing,
        r#"select members.role as "role: Role", documents.created_by as sharer, documents.url is not null as "is_link!",
             title
           from documents
           join members on members.group_id = documents.group_id and members.person_id = $2 and members.ended_seq is null
           where documents.id = $1 and documents.deleted_at is null"#,
        document.0,
        person.0,
    )
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    id: DocumentId,
    group: GroupId,
    person: PersonId,
    new: &Described,
    url: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into documents
           (id, group_id, title, purpose, type, tags, url, created_by, assignment_id, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $8, $9, $6, (
           select assignments.id from assignments
           where assignments.person_id = $6 and from_date <= current_date and (to_date is null or to_date >= current_date)
           order by territory_id is null, from_date, assignments.id limit 1), $7, $7)",
        id.0,
        group.0,
        new.title,
        new.purpose,
        new.kind.as_str(),
        person.0,
        now,
        &new.tags,
        url,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn describe(
    connection: &mut PgConnection,
    document: DocumentId,
    described: &Described,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update documents set title = $2, purpose = $3, type = $4, tags = $5, updated_at = $6 where id = $1",
        document.0,
        described.title,
        described.purpose,
        described.kind.as_str(),
        &described.tags,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn mark_deleted(
    connection: &mut PgConnection,
    document: DocumentId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!("update documents set deleted_at = $2 where id = $1", document.0, now).execute(connection).await?;
    Ok(())
}

pub(super) async fn insert_version(
    connection: &mut PgConnection,
    document: DocumentId,
    file: FileId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with versioned as (
           insert into versions (document_id, number, file_id, created_by, created_at)
           select $1, coalesce(max(number), 0) + 1, $2, $3, $4 from versions where document_id = $1
         )
         update documents set updated_at = $4 where id = $1",
        document.0,
        file.0,
        person.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn place(connection: &mut PgConnection, document: DocumentId) -> Result<Option<Place>> {
    Ok(sqlx::query_as!(
        Place,
        r#"select group_id as "group", created_by as sharer from documents where id = $1 and deleted_at is null"#,
        document.0
    )
    .fetch_optional(connection)
    .await?)
}

/// The documents of a person's groups, or of one of them, the last changed first.
pub(super) async fn list(
    connection: &mut PgConnection,
    person: PersonId,
    group: Option<GroupId>,
    page: ListPage,
) -> Result<Vec<Document>> {
    let (at, after) = page.after.unzip();
    let ids = sqlx::query_scalar!(
        "select documents.id
         from documents
         join members on members.group_id = documents.group_id and members.person_id = $1 and members.ended_seq is null
         join groups on groups.id = documents.group_id and groups.kind = 'thematic'
         where deleted_at is null
           and ($2::uuid is null or documents.group_id = $2)
           and ($3::text is null or type = $3)
           and ($4::timestamptz is null or (updated_at, documents.id) < ($4, $5::uuid))
         order by updated_at desc, documents.id desc
         limit $6",
        person.0,
        group.map(|group| group.0),
        page.kind.map(DocumentType::as_str),
        at,
        after.map(|document| document.0),
        page.limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    by_ids(connection, &ids).await
}

pub(super) async fn shared_since(
    connection: &mut PgConnection,
    person: PersonId,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Document>> {
    let ids = sqlx::query_scalar!(
        "select documents.id
         from documents
         join members on members.group_id = documents.group_id and members.person_id = $1 and members.ended_seq is null
         join groups on groups.id = documents.group_id and groups.kind = 'thematic'
         where deleted_at is null and documents.created_by <> $1 and documents.created_at > $2
         order by documents.created_at desc, documents.id
         limit $3",
        person.0,
        since,
        limit,
    )
    .fetch_all(&mut *connection)
    .await?;
    by_ids(connection, &ids).await
}

pub(super) async fn useful(
    connection: &mut PgConnection,
    person: PersonId,
    limit: i64,
) -> Result<Vec<(DocumentId, String)>> {
    let rows = sqlx::query!(
        r#"select documents.id as "id: DocumentId", title
           from documents
           join members on members.group_id = documents.group_id and members.person_id = $1 and members.ended_seq is null
           where deleted_at is null and purpose <> ''
           order by
             (select count(*) from versions join attachments using (file_id) where document_id = documents.id) desc,
             updated_at desc, documents.id
           limit $2"#,
        person.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}

/// How many documents there are of each type, in a person's groups or in one of them.
pub(super) async fn counts(
    connection: &mut PgConnection,
    person: PersonId,
    group: Option<GroupId>,
) -> Result<Vec<(DocumentType, i64)>> {
    let rows = sqlx::query!(
        r#"select type as "kind: DocumentType", count(*) as "count!"
           from documents
           join members on members.group_id = documents.group_id and members.person_id = $1 and members.ended_seq is null
           join groups on groups.id = documents.group_id and groups.kind = 'thematic'
           where deleted_at is null and ($2::uuid is null or documents.group_id = $2)
           group by type"#,
        person.0,
        group.map(|group| group.0),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.count)).collect())
}

pub(super) async fn find(connection: &mut PgConnection, document: DocumentId) -> Result<Option<Document>> {
    Ok(by_ids(connection, &[document.0]).await?.pop())
}

async fn by_ids(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Document>> {
    let rows = sqlx::query!(
        r#"select
             documents.id as "id: DocumentId", documents.group_id as "group: GroupId", title, purpose, type as "kind: DocumentType",
             documents.tags, documents.url, documents.created_by as "sharer: PersonId", people.name as sharer_name,
             assignments.role as "post?: Post", territories.code as "code?", territories.name as "territory?",
             territories.department as "department?", documents.created_at, documents.updated_at
           from unnest($1::uuid[]) with ordinality asked (id, ordinal)
           join documents on documents.id = asked.id and documents.deleted_at is null
           join people on people.id = documents.created_by
           left join assignments on assignments.id = documents.assignment_id
           left join territories on territories.id = assignments.territory_id
           order by asked.ordinal"#,
        ids,
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut versions = versions(connection, ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| Document {
            versions: versions.remove(&row.id).unwrap_or_default(),
            id: row.id,
            group: row.group,
            title: row.title,
            purpose: row.purpose,
            kind: row.kind,
            tags: row.tags,
            url: row.url,
            shared_by: Author {
                id: row.sharer,
                name: row.sharer_name,
                territory: row
                    .code
                    .zip(row.territory)
                    .zip(row.department)
                    .map(|((code, name), department)| TerritoryLabel { code, name, department }),
                post: row.post,
            },
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
        .collect())
}

async fn versions(connection: &mut PgConnection, documents: &[Uuid]) -> Result<HashMap<DocumentId, Vec<Version>>> {
    let rows = sqlx::query!(
        r#"select
             document_id as "document: DocumentId", number, versions.created_at, files.id as "file: FileId", files.name,
             size_bytes, media_type, sha256, width, height
           from versions join files on files.id = versions.file_id
           where document_id = any($1)
           order by document_id, number"#,
        documents,
    )
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let sha256 = hex(&row.sha256);
        let file = DocumentFile {
            id: row.file,
            name: row.name,
            size_bytes: row.size_bytes,
            media_type: row.media_type,
            sha256,
            picture: picture(row.width, row.height),
        };
        found.entry(row.document).or_default().push(Version { number: row.number, created_at: row.created_at, file });
    }
    Ok(found)
}

/// How large a file is shown, where it is a picture.
fn picture(width: Option<i32>, height: Option<i32>) -> Option<Picture> {
    width.zip(height).map(|(width, height)| Picture { width, height })
}

/// The files that go: unfiled ones stored before an instant, and those of documents removed before another.
pub(super) async fn leavers(
    connection: &mut PgConnection,
    unfiled_before: DateTime<Utc>,
    removed_before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Leaver>> {
    Ok(sqlx::query_as!(
        Leaver,
        "select files.id, sha256
         from files
         left join versions on versions.file_id = files.id
         left join documents on documents.id = versions.document_id
         where (versions.file_id is null and files.created_at < $1) or documents.deleted_at < $2
         order by files.id
         limit $3",
        unfiled_before,
        removed_before,
        limit,
    )
    .fetch_all(connection)
    .await?)
}

/// Forgets files with what names them; one that was filed meanwhile stays.
pub(super) async fn forget(
    connection: &mut PgConnection,
    files: &[Uuid],
    removed_before: DateTime<Utc>,
) -> Result<u64> {
    let gone = sqlx::query!(
        "with removed as (
           delete from versions using documents
           where versions.file_id = any($1) and documents.id = versions.document_id and documents.deleted_at < $2
           returning versions.file_id
         ), leaving as (
           select file_id as id from removed
           union all
           select id from unnest($1::uuid[]) asked (id)
           where not exists (select from versions where file_id = asked.id)
         ), detached as (
           delete from attachments where file_id in (select id from leaving)
         )
         delete from files where id in (select id from leaving)",
        files,
        removed_before,
    )
    .execute(connection)
    .await?;
    Ok(gone.rows_affected())
}

/// Which of these contents no file has.
pub(super) async fn unnamed(connection: &mut PgConnection, contents: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        r#"select sha256 as "sha256!" from unnest($1::bytea[]) asked (sha256)
           where not exists (select from files where files.sha256 = asked.sha256)"#,
        contents,
    )
    .fetch_all(connection)
    .await?)
}
