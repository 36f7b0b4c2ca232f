//! What is forgotten in time, and what is not.

use preau::work;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Group, Server};

async fn dated(server: &Server, group: &Group, seq: i64, days: i32) {
    let stream: Uuid = group.id.parse().unwrap();
    sqlx::query("update events set at = now() - make_interval(days => $3) where stream_id = $1 and seq = $2")
        .bind(stream)
        .bind(seq)
        .bind(days)
        .execute(server.db.pool())
        .await
        .unwrap();
}

async fn kept(server: &Server, group: &Group) -> Vec<i64> {
    let stream: Uuid = group.id.parse().unwrap();
    let kept = sqlx::query_scalar("select seq from events where stream_id = $1 order by seq");
    kept.bind(stream).fetch_all(server.db.pool()).await.unwrap()
}

#[tokio::test]
async fn old_events_go_from_the_beginning_and_leave_no_hole() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    for number in 0..6 {
        ines.say(&group.standing, &format!("message {number}")).await;
    }
    let all = kept(&server, &group).await;
    let last = *all.last().unwrap();
    work::sweep(&server.db).await.unwrap();
    assert_eq!(kept(&server, &group).await, all, "nothing is old");
    // The clock of the node that wrote the last but two was behind: an old date between young ones.
    for &seq in all.iter().filter(|&&seq| seq <= last - 4 || seq == last - 2) {
        dated(&server, &group, seq, 9).await;
    }
    work::sweep(&server.db).await.unwrap();
    assert_eq!(kept(&server, &group).await, (last - 3..=last).collect::<Vec<_>>());
    let me = ines.get("/api/v1/me").await.json();
    let mut socket = ines.socket("preau.v1.json").await;
    for (since, result) in [(last - 5, "reset"), (last - 4, "ok")] {
        socket.say(json!({ "type": "subscribe", "stream": group.id, "since": since, "epoch": me["epoch"] })).await;
        assert_eq!(socket.next_of("subscribed").await["result"], result, "since {since}");
    }
    assert_eq!(socket.next().await["seq"], last - 3);
    for seq in last - 3..=last {
        dated(&server, &group, seq, 9).await;
    }
    work::sweep(&server.db).await.unwrap();
    assert_eq!(kept(&server, &group).await, Vec::<i64>::new());
    ines.say(&group.standing, "et on continue").await;
    assert_eq!(kept(&server, &group).await, [last + 1], "the sequence goes on");
}

#[tokio::test]
async fn the_key_of_an_operation_is_kept_for_a_week() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let message = ines.say(&group.standing, "un").await;
    let mut socket = ines.socket("preau.v1.json").await;
    let mut edit = async |op: Uuid, body: &str| {
        socket.say(json!({ "type": "edit", "id": 1, "op": op, "message": message["id"], "body": body })).await;
        socket.next_of("ack").await["duplicate"].as_bool().unwrap()
    };
    let (old, young) = (Uuid::now_v7(), Uuid::now_v7());
    assert!(!edit(old, "deux").await && !edit(young, "trois").await);
    for (op, hours) in [(old, 7 * 24 + 1), (young, 7 * 24 - 1)] {
        sqlx::query("update operations set created_at = now() - make_interval(hours => $2) where op = $1")
            .bind(op)
            .bind(hours)
            .execute(server.db.pool())
            .await
            .unwrap();
    }
    work::sweep(&server.db).await.unwrap();
    assert!(edit(young, "trois").await, "still known");
    assert!(!edit(old, "deux").await, "forgotten");
}
