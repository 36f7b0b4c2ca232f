//! What a test does to a server's database beside the server.

use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{Server, awaited};

/// Locks a stream, until it is rolled back.
pub(crate) async fn locked(server: &Server, stream: Uuid) -> Transaction<'static, Postgres> {
    let mut holding = server.db.pool().begin().await.unwrap();
    let lock = sqlx::query("select last_seq from streams where id = $1 for update").bind(stream);
    lock.execute(&mut *holding).await.unwrap();
    holding
}

/// Waits until a statement with these words waits for a lock, and answers whose it is.
pub(crate) async fn waiting(server: &Server, words: &str) -> i32 {
    let query = "select pid from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock' and query like '%' || $1 || '%'";
    awaited(&format!("something waits for: {words}"), async || {
        sqlx::query_scalar(query).bind(words).fetch_optional(server.db.pool()).await.unwrap()
    })
    .await
}
