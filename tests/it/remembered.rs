//! What is remembered of pages: given again for as long as it is good, and never longer.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, Server};

/// The nonce of the policy that a page came with.
fn nonce(page: &Answer) -> String {
    let policy = page.header("content-security-policy");
    policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned()
}

/// The id that the message has which is written on a page.
fn message(page: &Answer) -> Uuid {
    let field = page.text.split(r#"<input type="hidden" name="id" value=""#).nth(1).unwrap();
    field.split('"').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_page_that_is_given_again_has_its_own_nonce_and_message() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/threads/{}", group.standing);
    let (first, again) = (ines.page(&path).await, ines.page(&path).await);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200));
    assert_ne!((nonce(&first), message(&first)), (nonce(&again), message(&again)));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    let put = again.text.replace(&nonce(&again), &nonce(&first));
    assert_eq!(put.replace(&message(&again).to_string(), &message(&first).to_string()), first.text);

    // Both pages are open, and something is written on each.
    for page in [&first, &again] {
        let (form, id) = (format!("{path}/messages"), message(page).to_string());
        let sent = ines.upload(&form, &[("id", &id), ("body", &format!("écrit sur {id}"))], &[]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
    }
    let shown = ines.page(&path).await.text;
    for page in [&first, &again] {
        assert!(shown.contains(&format!("écrit sur {}", message(page))));
    }
}

#[tokio::test]
async fn whatever_changes_is_on_the_page_that_is_read_after_it() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let path = format!("/threads/{}", group.standing);
    let draft = format!("/api/v1{path}/draft");
    for text in ["un", "deux"] {
        camille.page(&path).await;
        let kept = camille.request(Method::PUT, &draft, Some(json!({ "id": Uuid::now_v7(), "body": text }))).await;
        assert_eq!(kept.status, 200);
        assert!(camille.page(&path).await.text.contains(&format!(">{text}</textarea>")), "at the same time as before");
    }
    camille.request(Method::DELETE, &draft, None).await;
    assert!(camille.page(&path).await.text.contains("></textarea>"));
    ines.post(&format!("/api/v1{path}/messages"), json!({ "body": "Bonjour à tous" })).await;
    assert!(camille.page(&path).await.text.contains("Bonjour à tous"));
    ines.remove(&group, &camille).await;
    assert_eq!(camille.page(&path).await.status, 404, "who is no member any more gets none");
}

#[tokio::test]
async fn the_tests_see_a_change_that_no_event_tells_of() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/threads/{}", group.standing);
    ines.post(&format!("/api/v1{path}/messages"), json!({ "body": "Bonjour" })).await;
    assert_eq!((ines.page(&path).await.status, ines.page(&path).await.status.as_u16()), (reqwest::StatusCode::OK, 200));
    let thread: Uuid = group.standing.parse().unwrap();
    let pinned = "insert into pins (message_id, person_id, pinned_at)
                  select id, author_id, now() from messages where thread_id = $1 limit 1";
    sqlx::query(pinned).bind(thread).execute(server.db.pool()).await.unwrap();
    assert_eq!(ines.page(&path).await.status, 500);
}
