//! The order of locks: a group's stream first, then people's streams by ascending id.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::{Actor, Answer, Group, PATIENCE, Server, locked};

const ROUNDS: usize = 200;

async fn leave(actor: &Actor, group: &Group, person: &Actor) -> Answer {
    actor.request(Method::DELETE, &format!("/api/v1/groups/{}/members/{}", group.id, person.id), None).await
}

async fn enter(actor: &Actor, group: &Group, person: &Actor) -> Answer {
    actor.post(&format!("/api/v1/groups/{}/members", group.id), json!({ "user": person.id, "role": "member" })).await
}

async fn door(actor: &Actor, group: &Group, access: &str) -> Answer {
    actor.request(Method::PATCH, &format!("/api/v1/groups/{}", group.id), Some(json!({ "access": access }))).await
}

async fn post(actor: &Actor, group: &Group) -> Answer {
    actor.post(&format!("/api/v1/threads/{}/messages", group.standing), json!({ "body": "bonjour" })).await
}

async fn read(actor: &Actor, group: &Group) -> Answer {
    let path = format!("/api/v1/threads/{}/read", group.standing);
    actor.request(Method::PUT, &path, Some(json!({ "position": i32::MAX }))).await
}

/// Who is no member just now is told so; who waits in a circle gets an error of the server.
fn none_waits_in_a_circle(answers: Vec<Answer>) {
    for answer in answers {
        assert!(answer.status.as_u16() < 500, "{} {}", answer.status, answer.text);
    }
}

#[tokio::test]
async fn removals_joins_reads_and_posts_at_the_same_time_never_wait_in_a_circle() {
    let server = Server::start().await;
    let ((ines, one), (paul, other)) = (server.group().await, server.group_named("Réseau REP").await);
    let camille = server.person("Camille").await;
    for _ in 0..ROUNDS {
        let (enters, leaves, posts, reads) = tokio::join!(
            join_all([enter(&ines, &one, &camille), enter(&paul, &other, &camille)]),
            join_all([leave(&ines, &one, &camille), leave(&paul, &other, &camille)]),
            join_all([post(&camille, &one), post(&ines, &one)]),
            join_all([read(&camille, &one), read(&camille, &other)]),
        );
        none_waits_in_a_circle([enters, leaves, posts, reads].into_iter().flatten().collect());
    }
    assert_eq!(server.torn().await, Vec::<String>::new());
}

#[tokio::test]
async fn groups_that_let_the_same_people_in_at_the_same_time_never_wait_in_a_circle() {
    let server = Server::start().await;
    let ((ines, one), (paul, other)) = (server.group().await, server.group_named("Réseau REP").await);
    let (camille, maya) = (server.person("Camille").await, server.person("Maya").await);
    for _ in 0..ROUNDS / 10 {
        let (closed, shut) = tokio::join!(door(&ines, &one, "request"), door(&paul, &other, "request"));
        none_waits_in_a_circle(vec![closed, shut]);
        for (group, people) in [(&one, [&camille, &maya]), (&other, [&maya, &camille])] {
            for person in people {
                let path = format!("/api/v1/groups/{}/members", group.id);
                assert_eq!(person.post(&path, json!({ "user": person.id })).await.status, 202);
            }
        }
        let (opened, unlocked) = tokio::join!(door(&ines, &one, "open"), door(&paul, &other, "open"));
        none_waits_in_a_circle(vec![opened, unlocked]);
        for (actor, group) in [(&ines, &one), (&paul, &other)] {
            actor.remove(group, &camille).await;
            actor.remove(group, &maya).await;
        }
    }
    assert_eq!(server.torn().await, Vec::<String>::new());
}

/// Somebody's new name is told to their groups, whose streams come before their own.
#[tokio::test]
async fn who_takes_another_name_and_enters_and_leaves_at_the_same_time_never_waits_in_a_circle() {
    let server = Server::start().await;
    let ((ines, one), (paul, other)) = (server.group().await, server.group_named("Réseau REP").await);
    let camille = server.person("Camille").await;
    for round in 0..ROUNDS / 4 {
        ines.add(&one, &camille, "member").await;
        paul.add(&other, &camille, "member").await;
        let name = format!("Camille {round}");
        let settings = [("name", name.as_str()), ("locale", "fr"), ("theme", "system")];
        let (left, gone, named) = tokio::join!(
            leave(&ines, &one, &camille),
            leave(&paul, &other, &camille),
            camille.form("/settings", &settings)
        );
        assert_eq!(named.status, 303, "{}", named.text);
        none_waits_in_a_circle(vec![left, gone]);
    }
    assert_eq!(server.torn().await, Vec::<String>::new());
}

/// How often somebody waited in a circle, tried again or not. A backend tells of it for certain as it ends, so the server
/// has no database any more afterwards.
async fn deadlocks(server: &Server) -> i64 {
    let options = server.db.pool().connect_options();
    server.db.close().await;
    let mut own = PgConnection::connect_with(&options).await.unwrap();
    let others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let began = Instant::now();
    while sqlx::query_scalar::<_, i64>(others).fetch_one(&mut own).await.unwrap() > 0 {
        assert!(began.elapsed() < PATIENCE, "the server's connections end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let counted = sqlx::query_scalar("select deadlocks from pg_stat_database where datname = current_database()");
    counted.fetch_one(&mut own).await.unwrap()
}

/// Posting moves read positions in each thread of a batch, and so does what a socket said of several.
#[tokio::test]
async fn who_posts_and_reads_in_several_threads_at_once_never_waits_in_a_circle() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let mut threads = Vec::new();
    for number in 0..8 {
        let path = format!("/api/v1/channels/{}/threads", group.channel);
        let opened = ines.post(&path, json!({ "title": format!("Discussion {number}"), "body": "bonjour" })).await;
        threads.push(opened.json()["id"].as_str().unwrap().to_owned());
    }
    for _ in 0..ROUNDS / 4 {
        join_all(threads.iter().map(|thread| ines.say(thread, "bonjour"))).await;
        let mut socket = camille.socket("preau.v1.json").await;
        for thread in &threads {
            socket.say(json!({ "type": "read", "thread": thread, "position": i32::MAX })).await;
        }
        // What was said is moved as the connection ends.
        drop(socket);
        join_all(threads.iter().map(|thread| camille.say(thread, "bonjour"))).await;
    }
    assert_eq!(deadlocks(&server).await, 0);
}

#[tokio::test]
async fn who_waits_in_a_circle_is_counted() {
    let server = Server::start().await;
    let ((_, one), (_, other)) = (server.group().await, server.group_named("Réseau REP").await);
    let [one, other] = [one, other].map(|group| group.id.parse::<Uuid>().unwrap());
    let (mut first, mut second) = (locked(&server, one).await, locked(&server, other).await);
    let lock = |stream: Uuid| sqlx::query("select last_seq from streams where id = $1 for update").bind(stream);
    let (forth, back) = tokio::join!(lock(other).execute(&mut *first), lock(one).execute(&mut *second));
    assert!(forth.is_err() != back.is_err(), "{forth:?} {back:?}");
    drop((first, second));
    assert_eq!(deadlocks(&server).await, 1);
}
