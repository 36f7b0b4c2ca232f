//! Sharing: uploads, the library, and the bytes of files.

use std::time::Duration;

use chrono::TimeDelta;
use preau::{
    clock::Clock,
    documents::{self, Swept},
};
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Server, following};

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

#[tokio::test]
async fn who_sends_to_the_end_before_reading_learns_why_it_was_refused() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let outsider = server.person("Ondine").await;
    for (actor, status) in [(&ines, "HTTP/1.1 413"), (&outsider, "HTTP/1.1 404")] {
        let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
        // Far more than the buffers between the two hold.
        let weight = 64 << 20;
        let head = format!(
            "POST /api/v1/groups/{}/files HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: multipart/form-data; boundary=x\r\ncontent-length: {weight}\r\nconnection: close\r\n\r\n\
             --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
            group.id, actor.token
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let part = head.len() - head.find("--x").unwrap();
        socket.write_all(&vec![0; weight - part]).await.expect("the server reads on");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(status), "{answer}");
    }
}

#[tokio::test]
async fn a_form_with_a_file_that_is_sent_again_posts_once() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/threads/{}/messages", group.standing);
    let id = uuid::Uuid::now_v7().to_string();
    let (fields, files) = ([("id", id.as_str()), ("body", "voici")], [("a.txt", b"un".as_slice()), ("a.txt", b"un")]);
    let (first, second) = (ines.upload(&path, &fields, &files).await, ines.upload(&path, &fields, &files).await);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (303, 303), "{}", second.text);
    let messages = ines.get(&format!("/api/v1/threads/{}/messages", group.standing)).await.json();
    assert_eq!(messages["items"].as_array().unwrap().len(), 1);
    assert_eq!(messages["items"][0]["attachments"].as_array().unwrap().len(), 2);
    let list = ines.get(&format!("/api/v1/groups/{}/documents", group.id)).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2, "nothing is in the library twice");
    let other = ines.upload(&path, &[("id", &id), ("body", "voici")], &[("a.txt", b"deux")]).await;
    assert_eq!(other.status, 409, "another file is another message");
}

#[tokio::test]
async fn a_form_that_is_too_heavy_keeps_what_was_typed() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let heavy = vec![0; (1 << 20) + 1];
    let library = ines
        .upload("/groups/reseau-cpo/documents", &[("title", "Mon titre"), ("type", "guide")], &[("a.bin", &heavy)])
        .await;
    let message = ines
        .upload(&format!("/threads/{}/messages", group.standing), &[("body", "mon texte")], &[("a.bin", &heavy)])
        .await;
    for (page, typed) in [(&library, "Mon titre"), (&message, "mon texte")] {
        assert!(page.text.contains(typed) && page.text.contains("C’est trop lourd"), "{}", page.text);
    }
    assert!(library.text.contains("value=\"guide\" selected"), "{}", library.text);
    let neither = ines.upload("/groups/reseau-cpo/documents", &[("title", "t")], &[]).await;
    assert!(neither.text.contains("id=\"file-fault\""), "{}", neither.text);
    let json = ines.post(&format!("/api/v1/groups/{}/documents", group.id), json!({})).await;
    assert_eq!((json.status.as_u16(), json.json()["code"].clone()), (415, json!("unsupported_media_type")));
}

#[tokio::test]
async fn a_link_is_described_changed_and_removed_by_who_shared_it() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let (camille, guest) = (server.person("Camille").await, server.person("Gaël").await);
    ines.add(&group, &camille, "member").await;
    ines.add(&group, &guest, "guest").await;
    let path = format!("/api/v1/groups/{}/documents", group.id);
    let fields = [("title", "IREV"), ("url", "https://irev.example/page"), ("tags", "cadre, label"), ("type", "link")];
    assert_eq!(guest.upload(&path, &fields, &[]).await.status, 403, "guests read");
    for wrong in ["javascript:alert(1)", "irev", ""] {
        let refused = camille.upload(&path, &[("title", "x"), ("url", wrong), ("type", "link")], &[]).await;
        assert_eq!((refused.status.as_u16(), refused.json()["errors"][0]["field"].clone()), (422, json!("url")));
    }
    let added = camille.upload(&path, &fields, &[]).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let link = added.json();
    assert_eq!((&link["url"], &link["tags"]), (&json!("https://irev.example/page"), &json!(["cadre", "label"])));
    let own = format!("/api/v1/documents/{}", link["id"].as_str().unwrap());
    let version = camille.upload(&format!("{own}/versions"), &[], &[("a.txt", b"x")]).await;
    assert_eq!((version.status.as_u16(), version.json()["code"].clone()), (409, json!("conflict")));
    let other = server.person("Nadia").await;
    ines.add(&group, &other, "member").await;
    let change = json!({ "purpose": "Le cadre national" });
    assert_eq!(other.request(Method::PATCH, &own, Some(change.clone())).await.status, 403);
    let changed = camille.request(Method::PATCH, &own, Some(change)).await.json();
    assert_eq!((&changed["title"], &changed["purpose"]), (&json!("IREV"), &json!("Le cadre national")));
    let tool = camille.request(Method::PATCH, &own, Some(json!({ "type": "tool" }))).await;
    assert_eq!(tool.json()["errors"][0]["field"], "type", "a link stays one");
    let page = format!("/documents/{}", link["id"].as_str().unwrap());
    assert!(camille.page(&page).await.text.contains("Retirer de la bibliothèque"));
    assert!(!other.page(&page).await.text.contains("Retirer de la bibliothèque"));
    assert_eq!(other.form(&format!("{page}/remove"), &[]).await.status, 403);
    let form = [("title", ""), ("purpose", "tapé"), ("type", "link"), ("tags", "")];
    let refused = camille.form(&page, &form).await;
    assert!(refused.text.contains("tapé") && refused.text.contains("title-fault"), "{}", refused.text);
    assert_eq!(camille.form(&page, &[("title", "IREV !"), ("type", "link")]).await.status, 303);
    assert_eq!(ines.request(Method::DELETE, &own, None).await.status, 204, "an animator may too");
    assert_eq!(camille.get(&own).await.status, 404);
}

#[tokio::test]
async fn a_list_is_paged_and_filtered_without_repeating_or_losing() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/api/v1/groups/{}/documents", group.id);
    for number in 0..5 {
        let kind = if number % 2 == 0 { "guide" } else { "tool" };
        ines.upload(&path, &[("title", &format!("n{number}")), ("type", kind)], &[("a.txt", b"x")]).await;
    }
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ines.get(&format!("{path}?limit=2{cursor}")).await.json();
        titles.extend(page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(titles, ["n4", "n3", "n2", "n1", "n0"]);
    let guides = ines.get(&format!("{path}?type=guide")).await.json();
    assert_eq!(guides["items"].as_array().unwrap().len(), 3);
    for wrong in ["type=autre", "limit=0", "limit=201", "cursor=x"] {
        assert_eq!(ines.get(&format!("{path}?{wrong}")).await.status, 422, "{wrong}");
    }
    let library = ines.page("/documents?group=reseau-cpo").await.text;
    assert!(library.contains("Guides (3)") && library.contains("Outils de suivi (2)"), "{library}");
}

#[tokio::test]
async fn a_removed_document_leaves_its_messages_and_tells_who_follows() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let path = format!("/threads/{}/messages", group.standing);
    ines.upload(&path, &[("body", "voici")], &[("a.txt", b"un")]).await;
    let thread = format!("/api/v1/threads/{}/messages", group.standing);
    let message = ines.get(&thread).await.json()["items"][0].clone();
    let document = message["attachments"][0]["document"].as_str().unwrap().to_owned();
    let file = format!("/files/{}", message["attachments"][0]["id"].as_str().unwrap());
    let mut socket = following(&ines, &group).await;
    assert_eq!(ines.request(Method::DELETE, &format!("/api/v1/documents/{document}"), None).await.status, 204);
    assert_eq!(ines.get(&file).await.status, 404, "also for who uploaded it once");
    let told = [socket.next_of("event").await, socket.next_of("event").await];
    assert_eq!((&told[0]["kind"], &told[1]["kind"]), (&json!("document.deleted"), &json!("message.edited")));
    assert_eq!(told[1]["data"]["attachments"], json!([]));
    assert_eq!(ines.get(&thread).await.json()["items"][0], told[1]["data"], "what was told is what is read");
}

/// The beginning of a PNG of a size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let header = [width.to_be_bytes(), height.to_be_bytes(), [8, 6, 0, 0], [0; 4], [0; 4]].concat();
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &header[..17], b"\0\0\0\0IDAT\0\0\0\0"].concat()
}

#[tokio::test]
async fn a_picture_is_shown_in_its_message_by_its_size_to_who_may_read_it() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let path = format!("/threads/{}/messages", group.standing);
    let posted = ines.upload(&path, &[("body", "le plan")], &[("plan.png", &png(1200, 800))]).await;
    assert_eq!(posted.status, 303, "{}", posted.text);
    let thread = format!("/api/v1/threads/{}/messages", group.standing);
    let attachment = camille.get(&thread).await.json()["items"][0]["attachments"][0].clone();
    assert_eq!((&attachment["width"], &attachment["height"]), (&json!(1200), &json!(800)));
    let (file, document) = (attachment["id"].as_str().unwrap(), attachment["document"].as_str().unwrap());
    let shown = |title: &str| {
        format!(
            "<a class=\"picture\" href=\"/documents/{document}\"><img src=\"/files/{file}\" width=\"480\" height=\"320\" \
             loading=\"lazy\" decoding=\"async\" alt=\"{title}\"></a>"
        )
    };
    let page = format!("/threads/{}", group.standing);
    let read = camille.page(&page).await.text;
    assert!(read.contains(&shown("plan.png")) && read.contains("<strong>plan.png</strong>"), "{read}");
    let bytes = camille.get(&format!("/files/{file}")).await;
    assert_eq!((bytes.status.as_u16(), bytes.header("content-type")), (200, "image/png"));
    assert_eq!(
        (bytes.header("x-content-type-options"), bytes.header("content-security-policy")),
        ("nosniff", "sandbox; default-src 'none'")
    );
    let mut socket = following(&ines, &group).await;
    let described = json!({ "title": "Le plan du quartier" });
    ines.request(Method::PATCH, &format!("/api/v1/documents/{document}"), Some(described)).await;
    let told = [socket.next_of("event").await, socket.next_of("event").await];
    assert_eq!((&told[0]["kind"], &told[1]["kind"]), (&json!("document.updated"), &json!("message.edited")));
    assert!(camille.page(&page).await.text.contains(&shown("Le plan du quartier")), "its title stands for it");
    ines.remove(&group, &camille).await;
    for path in [format!("/files/{file}"), page, thread] {
        assert_eq!(camille.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(ines.get(&format!("/files/{file}")).await.status, 200);
}

#[tokio::test]
async fn what_is_no_picture_is_a_file_whatever_it_says_of_itself() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let cut = &png(40, 30)[..20];
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='30' onload='alert(1)'/>";
    let files: [(&str, &[u8]); 6] = [
        ("immense.png", &png(u32::MAX, u32::MAX)),
        ("vide.png", &png(0, 0)),
        ("coupe.png", cut),
        ("dessin.svg", svg),
        ("faux.jpg", b"\xff\xd8\xff\xe1\xff\xff"),
        ("anime.gif", b"GIF89a\x28\0\x1e\0\0\0\0!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"),
    ];
    let posted = ines.upload(&format!("/threads/{}/messages", group.standing), &[("body", "")], &files).await;
    assert_eq!(posted.status, 303, "{}", posted.text);
    let messages = ines.get(&format!("/api/v1/threads/{}/messages", group.standing)).await.json();
    let attachments = messages["items"][0]["attachments"].as_array().unwrap();
    assert_eq!(attachments.len(), files.len());
    assert!(attachments.iter().all(|file| file.get("width").is_none()), "{attachments:?}");
    let page = ines.page(&format!("/threads/{}", group.standing)).await.text;
    assert!(!page.contains("<img") && page.contains("<strong>dessin.svg</strong>"), "{page}");
}

#[tokio::test]
async fn what_nobody_needs_goes_and_what_is_named_stays() {
    let server = Server::start_with(Clock::at(Clock::system().now()), 1 << 20).await;
    let (ines, group) = server.group().await;
    let upload = format!("/api/v1/groups/{}/files", group.id);
    let forgotten = ines.upload(&upload, &[], &[("oubli.txt", b"oubli")]).await.json();
    let path = format!("/api/v1/groups/{}/documents", group.id);
    let kept = ines.upload(&path, &[("title", "gardé")], &[("a.txt", b"bon")]).await.json();
    let removed = ines.upload(&path, &[("title", "retiré")], &[("b.txt", b"retrait")]).await.json();
    let own = format!("/api/v1/documents/{}", removed["id"].as_str().unwrap());
    ines.request(Method::DELETE, &own, None).await;
    let kept_by = |file: &serde_json::Value| {
        let digits = file["sha256"].as_str().unwrap().to_owned();
        let sha256: Vec<_> = (0..32).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect();
        let files = server.files.clone();
        async move { files.open_at(&sha256, 0).await.is_ok() }
    };
    let removed = &removed["versions"][0]["file"];
    let swept = || documents::sweep(&server.db, &server.files);
    assert_eq!(swept().await.unwrap(), Swept::default(), "all is young");
    server.clock.advance(TimeDelta::hours(25));
    assert_eq!(swept().await.unwrap(), Swept { files: 1, blobs: 0, uploads: 0 }, "what nothing named");
    assert_eq!(ines.get(&format!("/files/{}", forgotten["id"].as_str().unwrap())).await.status, 404);
    assert!(kept_by(&forgotten).await, "a copy of the database that was begun before finds its bytes");
    server.clock.advance(TimeDelta::days(7) + TimeDelta::hours(1));
    assert_eq!(swept().await.unwrap(), Swept { files: 1, blobs: 1, uploads: 0 }, "what was removed");
    assert!(!kept_by(&forgotten).await && kept_by(removed).await);
    server.clock.advance(TimeDelta::days(8));
    assert_eq!(swept().await.unwrap(), Swept { files: 0, blobs: 1, uploads: 0 });
    assert!(!kept_by(removed).await);
    let file = &kept["versions"][0]["file"];
    let read = ines.get(&format!("/files/{}", file["id"].as_str().unwrap())).await;
    assert_eq!((read.status.as_u16(), read.text.as_str()), (200, "bon"));
}

#[tokio::test]
async fn a_download_ends_with_the_membership() {
    let server = Server::start_with(Clock::at(Clock::system().now()), 64 << 20).await;
    let (ines, group) = server.group().await;
    let camille = server.person("Camille").await;
    ines.add(&group, &camille, "member").await;
    let path = format!("/api/v1/groups/{}/documents", group.id);
    // More than the buffers between the two hold.
    let heavy: Vec<u8> = (0..(32_u32 << 20)).map(|at| at.to_le_bytes()[0]).collect();
    let document = ines.upload(&path, &[("title", "lourd")], &[("a.bin", &heavy)]).await;
    assert_eq!(document.status, 201, "{}", document.text);
    let file = document.json()["versions"][0]["file"]["id"].as_str().unwrap().to_owned();
    let whole = camille.begin(&format!("/files/{file}")).await.bytes().await.unwrap();
    assert!(whole == heavy, "a member reads all of it");
    let mut reading = camille.begin(&format!("/files/{file}")).await;
    let mut read = reading.chunk().await.unwrap().unwrap().len();
    ines.remove(&group, &camille).await;
    server.clock.advance(TimeDelta::seconds(5));
    let broken = loop {
        match tokio::time::timeout(Duration::from_secs(10), reading.chunk()).await.expect("it ends") {
            Ok(Some(chunk)) => read += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken && read < heavy.len(), "{read} bytes were read");
}
