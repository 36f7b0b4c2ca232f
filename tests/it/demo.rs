//! The demonstration: the same for the same clock, never over somebody's own, whole or loaded again.

use chrono::{DateTime, TimeDelta, Utc};
use preau::{
    clock::Clock,
    commands::demo,
    db::{self, Db},
    files::Files,
    people::{self, NewPerson},
    reactions,
};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use words::Locale;

use crate::support::{self, Folder};

fn instant() -> DateTime<Utc> {
    "2026-11-24T09:30:00Z".parse().unwrap()
}

/// Every row of a database in words, but for what is drawn by chance: its secret and its epoch.
async fn rows(options: &PgConnectOptions) -> Vec<String> {
    let mut connection = PgConnection::connect_with(options).await.unwrap();
    let tables = sqlx::query_scalar!(
        r#"select tablename::text as "name!" from pg_tables
           where schemaname = 'public' and tablename <> '_sqlx_migrations' order by 1"#
    );
    let mut rows = Vec::new();
    for table in tables.fetch_all(&mut connection).await.unwrap() {
        let statement = format!(
            "select coalesce(json_agg('{table} ' || (to_jsonb(t) - 'secret' - 'epoch')::text), '[]')::text from {table} t"
        );
        let found = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).fetch_one(&mut connection).await.unwrap();
        let found: Vec<String> = serde_json::from_str(sqlx::Row::get(&found, 0)).unwrap();
        rows.extend(found);
    }
    rows.sort();
    rows
}

async fn load(options: &PgConnectOptions, at: DateTime<Utc>) -> anyhow::Result<Db> {
    let folder = Folder::fresh();
    let db = Db::open(options.clone(), Clock::at(at), reactions::react);
    demo::load(&db, options.clone(), &Files::open(folder.path())?).await?;
    Ok(db)
}

#[tokio::test]
async fn the_same_clock_gives_the_same_network() {
    let mut networks = Vec::new();
    for at in [instant(), instant(), instant() + TimeDelta::days(3)] {
        let options = support::database().await;
        load(&options, at).await.unwrap();
        networks.push(rows(&options).await);
    }
    let [first, second, later] = &networks[..] else { unreachable!() };
    assert!(first.len() > 500, "the whole network: {} rows", first.len());
    let differing: Vec<_> = first.iter().zip(second).filter(|(one, other)| one != other).take(3).collect();
    assert!(first.len() == second.len() && differing.is_empty(), "{differing:#?}");
    assert_ne!(first, later, "another clock gives another one");
}

#[tokio::test]
async fn a_loading_that_was_interrupted_is_made_again() {
    let options = support::database().await;
    let db = Db::open(options.clone(), Clock::at(instant()), reactions::react);
    db::begin_demonstration(&db).await.unwrap();
    let half = NewPerson::checked("sophie.bailleul@arras.example", "Sophie", false, Locale::Fr).unwrap();
    db.write(move |tx| Box::pin(async move { people::create(tx, &half).await })).await.unwrap();
    load(&options, instant()).await.unwrap();
    let whole = rows(&options).await;
    let other = support::database().await;
    load(&other, instant()).await.unwrap();
    assert_eq!(whole.len(), rows(&other).await.len(), "nothing of the first try is left");
    // One that was cut short at its very end, with mails and tries of who came meanwhile: every table is emptied.
    let cut = "update instance set demo = false;
               insert into sign_in_attempts values ('x', now());
               insert into operations select people.id, people.id, messages.id, now() from people, messages limit 1";
    sqlx::raw_sql(cut).execute(&mut PgConnection::connect_with(&options).await.unwrap()).await.unwrap();
    load(&options, instant()).await.unwrap();
    assert_eq!(whole, rows(&options).await, "nothing of the second try is left");
    load(&options, instant() + TimeDelta::days(1)).await.unwrap();
    assert_eq!(whole, rows(&options).await, "a whole one is left alone");
}

#[tokio::test]
async fn two_processes_do_not_load_it_together() {
    let options = support::database().await;
    let db = Db::open(options.clone(), Clock::at(instant()), reactions::react);
    let loading = db::lock_demonstration(&db).await.unwrap().expect("nobody loads it");
    let refused = load(&options, instant()).await.unwrap_err().to_string();
    assert!(refused.contains("another process"), "{refused}");
    drop(loading);
    let loads = async { while load(&options, instant()).await.is_err() {} };
    tokio::time::timeout(std::time::Duration::from_mins(1), loads).await.expect("the right ends with its holder");
}

#[tokio::test]
async fn it_is_never_loaded_over_somebody_s_own() {
    let options = support::database().await;
    let db = Db::open(options.clone(), Clock::system(), reactions::react);
    let own = NewPerson::checked("agent@ville.fr", "Agent", true, Locale::Fr).unwrap();
    db.write(move |tx| Box::pin(async move { people::create(tx, &own).await })).await.unwrap();
    for begun in [false, true] {
        if begun {
            // Even if a loading was cut short before somebody went on with their own.
            sqlx::raw_sql("update instance set demo_began_at = now()")
                .execute(&mut PgConnection::connect_with(&options).await.unwrap())
                .await
                .unwrap();
        }
        let before = rows(&options).await;
        let refused = load(&options, instant()).await.unwrap_err().to_string();
        assert!(refused.contains("not of the demonstration") && refused.contains("--data"), "{refused}");
        assert_eq!(before, rows(&options).await);
    }
}
