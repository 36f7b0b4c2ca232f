//! One PostgreSQL server for all tests of a checkout, and a database of its own for each test.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use preau::{
    clock::Clock,
    db::{
        Db,
        private::{Durability, PrivatePostgres},
    },
    reactions,
};
use sqlx::{Connection, PgConnection, migrate::Migrator, postgres::PgConnectOptions};
use uuid::Uuid;

/// The database that each test's is a copy of.
const TEMPLATE: &str = "template_preau";

/// A running server with a migrated template.
#[derive(Debug)]
pub struct Cluster {
    options: PgConnectOptions,
    server: Option<PrivatePostgres>,
}

impl Cluster {
    /// The server of `DATABASE_URL`, else our own in a folder of the system's temporary one: that of `check` while it
    /// runs, one that an earlier run left, or a new one.
    pub async fn start() -> Result<Self> {
        let given = std::env::var("DATABASE_URL").ok();
        let cluster = if let Some(url) = &given {
            Self { options: url.parse().context("DATABASE_URL")?, server: None }
        } else {
            let (options, server) = PrivatePostgres::attach_or_start(&folder(), None, Durability::Fleeting).await?;
            Self { options, server }
        };
        // Whoever holds the server made the template.
        if given.is_some() || cluster.server.is_some() {
            cluster.make_template().await?;
        }
        Ok(cluster)
    }

    /// An empty, migrated database.
    pub async fn fresh(&self) -> Result<PgConnectOptions> {
        let name = format!("t_{}", Uuid::now_v7().simple());
        let mut connection = self.maintenance().await?;
        let statement = format!("create database {name} template {TEMPLATE}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(self.options.clone().database(&name))
    }

    /// The address of the template, for a compiler that checks queries against it.
    pub fn template_url(&self) -> String {
        let socket = self.server.as_ref().map(|server| server.socket().display().to_string()).unwrap_or_default();
        format!("postgres://preau@localhost/{TEMPLATE}?host={socket}")
    }

    /// Applies to the template what a folder of migrations holds beyond those that it has.
    pub async fn migrate(&self, folder: &Path) -> Result<()> {
        let mut connection = PgConnection::connect_with(&self.options.clone().database(TEMPLATE)).await?;
        Migrator::new(folder).await?.run(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Stops the server, if it is our own.
    pub async fn stop(self) -> Result<()> {
        match self.server {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }

    async fn maintenance(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect_with(&self.options.clone().database("postgres")).await?)
    }

    /// Makes the template anew, and drops what earlier runs left.
    async fn make_template(&self) -> Result<()> {
        let mut connection = self.maintenance().await?;
        let left: Vec<String> = sqlx::query_scalar!(
            "select datname::text as \"name!\" from pg_database where datname like 't\\_%' or datname = $1",
            TEMPLATE
        )
        .fetch_all(&mut connection)
        .await?;
        for name in left {
            let statement = format!("drop database if exists {name} with (force)");
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
        }
        let statement = format!("create database {TEMPLATE}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
        connection.close().await?;
        let db = Db::open(self.options.clone().database(TEMPLATE), Clock::system(), reactions::react);
        preau::db::migrate(&db).await?;
        db.close().await;
        Ok(())
    }
}

/// Named after the checkout, so that two of them do not meet.
fn folder() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_MANIFEST_DIR").hash(&mut hasher);
    std::env::temp_dir().join(format!("preau-tests-{:08x}", hasher.finish() >> 32))
}
