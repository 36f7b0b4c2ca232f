//! Sharing: uploads, the library, and the bytes of files.

use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn a_file_attached_to_a_message_is_in_the_library_by_itself() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/threads/{}/messages", group.standing);
    let posted = ines.upload(&path, &[("body", "voici")], &[("Cahier des charges.pdf", b"%PDF-1.7\ncontenu")]).await;
    assert_eq!(posted.status, 303, "{}", posted.text);
    let page = ines.page(&format!("/threads/{}", group.standing)).await.text;
    assert!(page.contains("Cahier des charges.pdf") && page.contains("ajouté à la bibliothèque"), "{page}");
    let list = ines.get(&format!("/api/v1/groups/{}/documents", group.id)).await.json();
    let document = &list["items"][0];
    assert_eq!(
        (&document["title"], &document["type"], &document["purpose"]),
        (&json!("Cahier des charges.pdf"), &json!("other"), &json!(""))
    );
    let file = &document["versions"][0]["file"];
    assert_eq!((&file["media_type"], &file["size_bytes"]), (&json!("application/pdf"), &json!(16)));
    let messages = ines.get(&format!("/api/v1/threads/{}/messages", group.standing)).await.json();
    assert_eq!(messages["items"][0]["attachments"][0]["document"], document["id"]);
    let found = ines.get("/api/v1/search?q=cahier").await.json();
    assert_eq!(found["documents"]["items"][0]["id"], document["id"]);
}

#[tokio::test]
async fn a_document_is_added_with_its_purpose_and_gets_versions() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/api/v1/groups/{}/documents", group.id);
    let fields = [("title", "Tableau de suivi"), ("purpose", "Suivre les actions"), ("type", "tool")];
    let added = ines.upload(&path, &fields, &[("suivi.csv", b"a;b\n1;2\n")]).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let document = added.json();
    assert_eq!(
        (&document["type"], &document["versions"][0]["file"]["media_type"]),
        (&json!("tool"), &json!("text/csv"))
    );
    let versions = format!("/api/v1/documents/{}/versions", document["id"].as_str().unwrap());
    let second = ines.upload(&versions, &[], &[("suivi-2.csv", b"a;b\n1;3\n")]).await;
    assert_eq!((second.status.as_u16(), second.json()["versions"][1]["number"].clone()), (201, json!(2)));
    let page = ines.page(&format!("/documents/{}", document["id"].as_str().unwrap())).await.text;
    assert!(page.contains("Suivre les actions") && page.contains("CSV, 8\u{a0}octets"), "{page}");
    assert!(ines.page("/documents?type=tool").await.text.contains("Tableau de suivi"));
    assert!(!ines.page("/documents?type=guide").await.text.contains("Tableau de suivi"));
    let refused = ines
        .upload(
            "/groups/reseau-cpo/documents",
            &[("title", &"t".repeat(201)), ("purpose", "mon but")],
            &[("x.txt", b"x")],
        )
        .await;
    assert!(refused.status.is_success() && refused.text.contains("mon but"), "what was typed is kept");
}

#[tokio::test]
async fn a_file_answers_range_and_etag_and_is_always_a_download_in_a_sandbox() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let stored =
        ines.upload(&format!("/api/v1/groups/{}/files", group.id), &[], &[("été.html", b"<script>1</script>")]).await;
    assert_eq!(stored.status, 201, "{}", stored.text);
    let path = format!("/files/{}", stored.json()["id"].as_str().unwrap());
    let whole = ines.get(&path).await;
    assert_eq!((whole.status.as_u16(), whole.text.as_str()), (200, "<script>1</script>"));
    assert_eq!(whole.header("content-type"), "application/octet-stream");
    assert_eq!(
        whole.header("content-disposition"),
        "attachment; filename=\"_t_.html\"; filename*=UTF-8''%C3%A9t%C3%A9.html"
    );
    assert_eq!(whole.header("content-security-policy"), "sandbox; default-src 'none'");
    let tag = whole.header("etag").to_owned();
    assert_eq!(ines.get_with(&path, &[("if-none-match", &tag)]).await.status, 304);
    let part = ines.get_with(&path, &[("range", "bytes=1-6")]).await;
    assert_eq!(
        (part.status.as_u16(), part.text.as_str(), part.header("content-range")),
        (206, "script", "bytes 1-6/18")
    );
    assert_eq!(ines.get_with(&path, &[("range", "bytes=99-")]).await.status, 416);
}

#[tokio::test]
async fn an_outsider_a_former_member_and_before_filing_another_member_get_no_file() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (camille, outsider) = (server.person("Camille").await, server.person("Ondine").await);
    ines.add(&group, &camille, "member").await;
    let upload = format!("/api/v1/groups/{}/files", group.id);
    let file = ines.upload(&upload, &[], &[("a.txt", b"secret")]).await.json();
    let (id, path) = (file["id"].clone(), format!("/files/{}", file["id"].as_str().unwrap()));
    assert_eq!((ines.get(&path).await.status.as_u16(), camille.get(&path).await.status.as_u16()), (200, 404));
    let stolen = camille
        .post(&format!("/api/v1/threads/{}/messages", group.standing), json!({ "body": "x", "attachments": [id] }))
        .await;
    assert_eq!(stolen.json()["errors"][0]["field"], "attachments", "another’s unfiled file cannot be attached");
    let posted = ines
        .post(&format!("/api/v1/threads/{}/messages", group.standing), json!({ "body": "", "attachments": [id] }))
        .await;
    assert_eq!(posted.status, 201, "{}", posted.text);
    assert_eq!(camille.get(&path).await.status, 200);
    let document = posted.json()["attachments"][0]["document"].as_str().unwrap().to_owned();
    ines.remove(&group, &camille).await;
    for actor in [&camille, &outsider] {
        for path in [
            path.clone(),
            format!("/documents/{document}"),
            format!("/api/v1/documents/{document}"),
            format!("/api/v1/groups/{}/documents", group.id),
        ] {
            assert_eq!(actor.get(&path).await.status, 404, "{path}");
        }
        assert_eq!(actor.upload(&upload, &[], &[("b.txt", b"x")]).await.status, 404);
        assert!(!actor.page("/documents").await.text.contains("a.txt"));
    }
}

#[tokio::test]
async fn a_file_that_is_too_heavy_is_refused_with_its_limit() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let heavy = vec![0; (1 << 20) + 1];
    let refused = ines.upload(&format!("/api/v1/groups/{}/files", group.id), &[], &[("lourd.bin", &heavy)]).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].clone()), (413, json!("too_large")));
    assert!(refused.json()["detail"].as_str().unwrap().contains("1,04\u{a0}Mo"), "{}", refused.text);
}
