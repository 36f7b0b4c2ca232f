//! Counts what is asked of the database: a cost that nobody counts grows.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use preau::{db::Db, reactions};
use sqlx::{ConnectOptions, postgres::PgPoolOptions};
use tracing_subscriber::{Layer, layer::SubscriberExt};

use super::Server;

/// Keeps the statements that run under it.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        struct Summary(Option<String>);
        impl tracing::field::Visit for Summary {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "summary" {
                    self.0 = Some(format!("{value:?}"));
                }
            }
        }
        let mut summary = Summary(None);
        event.record(&mut summary);
        self.0.lock().unwrap().extend(summary.0.filter(|_| event.metadata().target() == "sqlx::query"));
    }
}

/// A way to a server's database whose every statement is told, and that asks nothing of its own.
pub(crate) fn told(server: &Server) -> Db {
    // As every one is slower than nothing.
    let (level, all) = ("debug".parse().unwrap(), Duration::ZERO);
    let options = (*server.db.pool().connect_options()).clone().log_slow_statements(level, all);
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
    Db::over(pool, server.clock.clone(), reactions::react)
}

/// What comes of some work on this thread, and how many statements it cost there.
pub(crate) async fn counted<T>(work: impl Future<Output = T>) -> (T, usize) {
    let statements = Statements::default();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(statements.clone()));
    let done = work.await;
    drop(guard);
    let count = statements.0.lock().unwrap().len();
    (done, count)
}
