//! The SQL of documents and files.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::{
    documents::{Document, DocumentFile, Version},
    people::Author,
    territories::TerritoryLabel,
};
use words::{DocumentId, DocumentType, FileId, GroupId, PersonId, Post};

use super::NewDocument;
use crate::{
    error::Result,
    files::{Stored, hex},
};

/// How many documents a list holds at most.
const MOST: i64 = 500;

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
        "insert into files (id, group_id, uploader_id, name, size_bytes, media_type, sha256, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.0,
        group.0,
        uploader.0,
        name,
        i64::try_from(stored.size_bytes).unwrap_or(i64::MAX),
        stored.media_type,
        &stored.sha256,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn file(connection: &mut PgConnection, file: FileId) -> Result<Option<DocumentFile>> {
    let row = sqlx::query!("select name, size_bytes, media_type, sha256 from files where id = $1", file.0)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| DocumentFile {
        id: file,
        name: row.name,
        size_bytes: row.size_bytes,
        media_type: row.media_type,
        sha256: hex(&row.sha256),
    }))
}

pub(super) async fn file_place(connection: &mut PgConnection, file: FileId) -> Result<Option<FilePlace>> {
    Ok(sqlx::query_as!(
        FilePlace,
        r#"select
             files.group_id as "group", uploader_id as uploader, files.name, size_bytes, media_type, sha256,
             exists (
               select from versions join documents on documents.id = versions.document_id
               where versions.file_id = files.id and documents.deleted_at is null) as "filed!"
           from files
           where id = $1"#,
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

pub(super) async fn insert(
    connection: &mut PgConnection,
    id: DocumentId,
    group: GroupId,
    person: PersonId,
    new: &NewDocument,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into documents (id, group_id, title, purpose, type, created_by, assignment_id, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, (
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
    )
    .execute(connection)
    .await?;
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

pub(super) async fn list(
    connection: &mut PgConnection,
    group: GroupId,
    kind: Option<DocumentType>,
) -> Result<Vec<Document>> {
    let ids = sqlx::query_scalar!(
        "select id from documents
         where group_id = $1 and deleted_at is null and ($2::text is null or type = $2)
         order by updated_at desc, id
         limit $3",
        group.0,
        kind.map(DocumentType::as_str),
        MOST,
    )
    .fetch_all(&mut *connection)
    .await?;
    by_ids(connection, &ids).await
}

pub(super) async fn library(
    connection: &mut PgConnection,
    person: PersonId,
    kind: Option<DocumentType>,
) -> Result<Vec<Document>> {
    let ids = sqlx::query_scalar!(
        "select documents.id
         from documents
         join members on members.group_id = documents.group_id and members.person_id = $1 and members.ended_seq is null
         where deleted_at is null and ($2::text is null or type = $2)
         order by updated_at desc, documents.id
         limit $3",
        person.0,
        kind.map(DocumentType::as_str),
        MOST,
    )
    .fetch_all(&mut *connection)
    .await?;
    by_ids(connection, &ids).await
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
             document_id as "document: DocumentId", number, files.id as "file: FileId", files.name, size_bytes, media_type, sha256
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
        };
        found.entry(row.document).or_default().push(Version { number: row.number, file });
    }
    Ok(found)
}
