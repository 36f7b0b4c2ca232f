//! What a node says of itself to operators and balancers.

use std::time::{Duration, Instant};

use preau::live::bus::Transport;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio_tungstenite::tungstenite::Error;

use crate::support::{Answer, Nats, Server, Socket, awaited, database, following, until};

async fn ready(server: &Server) -> Answer {
    server.stranger().send(Method::GET, "/readyz", &[]).await
}

/// Asks until the node says so; how long that took.
async fn says(server: &Server, status: &str) -> (Answer, Duration) {
    let began = Instant::now();
    let look = async || Some(ready(server).await).filter(|answer| answer.json()["status"] == status);
    (awaited(&format!("{status} is said"), look).await, began.elapsed())
}

#[tokio::test]
async fn a_version_starts_on_the_schema_of_one_to_come() {
    let server = Server::start().await;
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (29990101000000, 'to come', true, '', 0)",
    )
    .execute(server.db.pool())
    .await
    .unwrap();
    preau::db::migrate(&server.db).await.unwrap();
    assert_eq!(preau::db::missing_migrations(&server.db).await.unwrap(), 0);
}

#[tokio::test]
async fn a_node_that_is_well_is_ready_and_says_how_its_bus_is() {
    let alone = Server::start().await;
    let answer = ready(&alone).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let bus = json!({ "transport": "in-process", "carries": true });
    let expected = json!({ "status": "ready", "database": true, "migrations": true, "disk": true, "bus": bus });
    assert_eq!(answer.json(), expected);

    let node = Server::start_node(Transport::Postgres).await;
    until("the beat comes back", || node.sockets.bus().age().is_some_and(|age| age < Duration::from_millis(500))).await;
    let answer = ready(&node).await.json();
    assert_eq!((&answer["status"], &answer["bus"]["transport"]), (&json!("ready"), &json!("postgresql")));
    assert!(answer["bus"]["age_ms"].as_u64().is_some_and(|age| age < 3000), "{answer}");
}

#[tokio::test]
async fn a_node_that_cannot_write_is_not_ready() {
    let server = Server::start().await;
    assert_eq!(says(&server, "ready").await.0.status, 200);
    let last = "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)";
    sqlx::query(last).execute(server.db.pool()).await.unwrap();
    let (answer, took) = says(&server, "unavailable").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["migrations"]), (503, &Value::Bool(false)));
    assert!(took < Duration::from_secs(5), "{took:?}");

    let options = database().await;
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    let name = options.get_database().unwrap();
    let read_only = format!("alter database {name} set default_transaction_read_only = on");
    sqlx::raw_sql(sqlx::AssertSqlSafe(read_only)).execute(&mut connection).await.unwrap();
    let server = Server::start_at(options, Transport::InProcess).await;
    let answer = ready(&server).await;
    let found = answer.json();
    assert_eq!((answer.status.as_u16(), &found["database"], &found["migrations"]), (503, &json!(false), &json!(true)));

    server.db.close().await;
    let (answer, took) = says(&server, "unavailable").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["database"]), (503, &Value::Bool(false)));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_bus_that_stands_and_carries_nothing_is_seen() {
    let nats = Nats::start().await;
    let server = Server::start_node(nats.transport()).await;
    until("the beat comes back", || server.sockets.bus().age().is_some_and(|age| age < Duration::from_secs(1))).await;
    // Its connections stay open: a look at them tells nothing.
    nats.pause();
    let (answer, took) = says(&server, "degraded").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["bus"]["carries"]), (200, &Value::Bool(false)));
    assert!(took < Duration::from_secs(6), "{took:?}");
    nats.resume();
    let (answer, _) = says(&server, "ready").await;
    assert_eq!(answer.json()["bus"]["carries"], true);
}

#[tokio::test]
async fn a_draining_node_says_so_takes_no_socket_and_still_answers() {
    let server = Server::start().await;
    let camille = server.person("Camille").await;
    server.drain();
    let answer = ready(&server).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (503, &json!("draining")));
    assert_eq!(answer.header("connection"), "close", "the next request goes elsewhere");
    assert_eq!(camille.get("/api/v1/me").await.status, 200);
    let refused = Socket::open(&server.url, Some(&camille.token), "preau.v1.json").await;
    let Err(Error::Http(refusal)) = refused else { panic!("no socket is taken") };
    assert_eq!(refusal.status().as_u16(), 503);
}

#[tokio::test]
async fn what_a_node_counted_is_told_to_its_operator_alone() {
    let server = Server::start_node(Transport::Postgres).await;
    let (ines, group) = server.group().await;
    let mut socket = following(&ines, &group).await;
    ines.say(&group.standing, "compté").await;
    socket.next_of("event").await;
    let answer = server.stranger().send(Method::GET, "/metrics", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type").split(';').next()), (200, Some("text/plain")));
    let value = |name: &str| -> f64 {
        let line = answer.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} in {}", answer.text)).parse().unwrap()
    };
    for (name, expected) in [
        ("preau_gap_detected_total", 0.0),
        ("preau_queue_overflow_nonephemeral_total", 0.0),
        ("preau_slow_cuts_total", 0.0),
        ("preau_read_errors_total", 0.0),
        ("preau_commit_errors_total", 0.0),
        ("preau_connections", 1.0),
        ("preau_followed_streams", 1.0),
        ("preau_prints_total", 1.0),
        ("preau_batch_posts_count", 1.0),
        ("preau_batch_posts_sum", 1.0),
        ("preau_batch_posts_bucket{le=\"1\"}", 1.0),
    ] {
        assert!((value(name) - expected).abs() < f64::EPSILON, "{name} is {}", value(name));
    }
    assert!(value("preau_event_queries_total") >= 1.0 && value("preau_commit_seconds_count") >= 3.0);
    assert!(value("preau_commit_seconds_sum") > 0.0 && value("preau_bus_beat_age_seconds") >= 0.0);
    for name in ["x-forwarded-for", "forwarded", "via"] {
        let passed_on = server.stranger().send(Method::GET, "/metrics", &[(name, "203.0.113.7")]).await;
        assert_eq!(passed_on.status, 404, "{name}");
    }
}
