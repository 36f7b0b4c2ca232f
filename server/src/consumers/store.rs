//! The SQL of the readers' cursors.

use sqlx::PgConnection;
use words::StreamId;

use crate::error::Result;

/// How far a stream was read; nothing if another node holds the cursor.
pub(super) async fn hold(connection: &mut PgConnection, name: &str, stream: StreamId) -> Result<Option<i64>> {
    sqlx::query!(
        "insert into consumers (name, stream_id, seq) values ($1, $2, 0) on conflict do nothing",
        name,
        stream.0,
    )
    .execute(&mut *connection)
    .await?;
    Ok(sqlx::query_scalar!(
        "select seq from consumers where name = $1 and stream_id = $2 for update skip locked",
        name,
        stream.0,
    )
    .fetch_optional(connection)
    .await?)
}

/// How far the next events of a stream reach, at most `limit` of them.
pub(super) async fn reach(
    connection: &mut PgConnection,
    stream: StreamId,
    after: i64,
    limit: i64,
) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar!(
        "select max(seq) from (
           select seq from events where stream_id = $1 and seq > $2 order by seq limit $3) next",
        stream.0,
        after,
        limit,
    )
    .fetch_one(connection)
    .await?)
}

pub(super) async fn pass(connection: &mut PgConnection, name: &str, stream: StreamId, to: i64) -> Result<()> {
    sqlx::query!("update consumers set seq = $3 where name = $1 and stream_id = $2", name, stream.0, to)
        .execute(connection)
        .await?;
    Ok(())
}
