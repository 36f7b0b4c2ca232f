//! Both directions of the format against `tests/it/golden`, which was written by hand from its description.

pub(in crate::live) mod properties;

use axum::extract::ws::Utf8Bytes;
use serde_json::{Value, json};
use uuid::Uuid;
use words::{Locale, ReactionName, StreamId, ThreadKind};

use super::{
    Action, Change, ClientFrame, Content, Fault, FirstMessage, NewMessage, OpenThread, Outcome, ServerFrame, Somebody,
    parse, print, print_event,
};
use crate::live::{hub::Variant, log::Entry, session::LIMITS};

const CLIENT: &str = include_str!("../../../../../tests/it/golden/client.jsonl");
const SERVER: &str = include_str!("../../../../../tests/it/golden/server.jsonl");
const REFUSED: &str = include_str!("../../../../../tests/it/golden/refused.jsonl");

fn id<T: From<Uuid>>(last: u8) -> T {
    Uuid::from_u128(0x0190_a000_0000_7000_8000_0000_0000_0000 + u128::from(last)).into()
}

fn said() -> Vec<ClientFrame> {
    let (stream, thread) = (id(0x51), id(0xaa));
    let body = str::to_owned;
    vec![
        ClientFrame::Subscribe { id: Some(1), stream, since: Some(41), epoch: Some(id(0xee)) },
        ClientFrame::Subscribe { id: Some(1), stream, since: None, epoch: None },
        ClientFrame::Watch { stream, threads: vec![thread, id(0xab)] },
        ClientFrame::Unsubscribe { stream },
        ClientFrame::Open {
            id: Some(2),
            thread: OpenThread {
                id: Some(thread),
                channel: id(0xc1),
                title: Some(body("Évaluation")),
                kind: Some(ThreadKind::Message),
            },
            message: FirstMessage { id: Some(id(0xb1)), body: body("Bonjour à tous") },
        },
        ClientFrame::Send {
            id: Some(3),
            message: NewMessage { id: id(0xb2), thread, body: body("Oui"), attachments: vec![id(0xf1)] },
        },
        ClientFrame::Edit { id: Some(4), op: id(0xd1), message: id(0xb2), body: body("Oui, merci") },
        ClientFrame::Delete { id: Some(5), op: id(0xd2), message: id(0xb2) },
        ClientFrame::React { id: Some(6), op: id(0xd3), message: id(0xb1), name: ReactionName::Thanks, on: true },
        ClientFrame::Read { thread, position: 7 },
        ClientFrame::Typing { thread },
        ClientFrame::Ping,
    ]
}

#[test]
fn every_frame_of_a_client_is_understood_as_it_is_written() {
    let parsed: Vec<_> = CLIENT.lines().map(|line| parse(line).unwrap()).collect();
    assert_eq!(parsed, said());
}

#[test]
fn unknown_fields_are_ignored() {
    for (line, expected) in CLIENT.lines().zip(said()) {
        let longer = line.replacen('{', r#"{"colour":"blue","#, 1);
        assert_eq!(parse(&longer), Ok(expected));
    }
}

#[test]
fn a_frame_that_is_not_understood_says_why() {
    for line in REFUSED.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["frame"]["id"].as_i64();
        let expected = match case["code"].as_str().unwrap() {
            "bad_frame" => Fault::Unknown(id),
            _ => Fault::Invalid(id),
        };
        assert_eq!(parse(&case["frame"].to_string()), Err(expected), "{line}");
    }
}

#[test]
fn what_is_no_json_is_no_frame() {
    for text in ["", "bonjour", r#"{"type":"ping""#, "{'type':'ping'}", r#"{"type":"ping"}{}"#] {
        assert_eq!(parse(text), Err(Fault::NotJson), "{text}");
    }
    let nested = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
    assert_eq!(parse(&nested), Err(Fault::NotJson), "the depth is bounded");
}

#[test]
fn a_stream_has_at_most_a_hundred_watched_threads() {
    let watch = |count: u8| {
        let threads: Vec<Uuid> = (0..count).map(id).collect();
        parse(&json!({ "type": "watch", "stream": Uuid::max(), "threads": threads }).to_string())
    };
    assert!(watch(100).is_ok());
    assert_eq!(watch(101), Err(Fault::Invalid(None)));
}

fn created() -> Entry {
    Entry {
        seq: 42,
        kind: "message.created".into(),
        subject: id(0xb1),
        thread: Some(id(0xaa)),
        person: None,
        actor: Some(id(0x71)),
        at: "2026-11-24T09:00:00Z".parse().unwrap(),
    }
}

fn html() -> Content {
    let change = |target: &str, action, html: &str| Change { target: target.to_owned(), action, html: html.to_owned() };
    let message = r#"<li id="message-0190a000-0000-7000-8000-0000000000b1">Bonjour</li>"#;
    Content::Html {
        change: change("thread-messages-0190a000-0000-7000-8000-0000000000aa", Action::Append, message),
        also: vec![change("thread-row-0190a000-0000-7000-8000-0000000000aa", Action::Replace, "<li></li>")],
        data: None,
    }
}

fn printed() -> Vec<Utf8Bytes> {
    let stream: StreamId = id(0x51);
    let subscribed =
        |id, result| print(&ServerFrame::Subscribed { id, stream, epoch: self::id(0xee), seq: 42, result });
    let error = |id, code, message, retry_after_ms| print(&ServerFrame::Error { id, code, message, retry_after_ms });
    let streams = [(0x51, 42), (0x52, 7)].map(|(stream, seq)| (id::<StreamId>(stream).to_string(), seq.into()));
    vec![
        print(&ServerFrame::Welcome {
            version: 1,
            connection: id(0xcc),
            build: "0.1.0",
            heartbeat_ms: 25_000,
            limits: LIMITS,
            now: super::instant("2026-11-24T09:00:00Z".parse().unwrap()),
        }),
        subscribed(Some(1), Outcome::Ok),
        subscribed(Some(1), Outcome::Reset),
        subscribed(None, Outcome::Denied),
        print_event(stream, &created(), &Content::Json { data: json!({ "body": "Bonjour" }) }),
        print_event(stream, &created(), &html()),
        print(&ServerFrame::Live { stream, seq: 42 }),
        print(&ServerFrame::Ack { id: Some(3), message: id(0xb1), stream, seq: 42, position: 7, duplicate: false }),
        error(Some(3), "rate_limited", "Trop de commandes, patientez un instant.", Some(1500)),
        error(None, "bad_frame", "Trame inconnue.", None),
        print(&ServerFrame::Positions { streams: streams.into_iter().collect() }),
        print(&ServerFrame::Ephemeral {
            stream,
            kind: "typing",
            thread: id(0xaa),
            by: Somebody { id: id(0x71), name: "Nadia Verhaeghe" },
            ttl_ms: 8000,
        }),
        print(&ServerFrame::Pong),
        print(&ServerFrame::Bye { after_ms: 1200 }),
    ]
}

#[test]
fn every_frame_of_the_server_is_printed_as_it_is_written() {
    let lines: Vec<&str> = SERVER.lines().collect();
    assert_eq!(printed().iter().map(Utf8Bytes::as_str).collect::<Vec<_>>(), lines);
}

#[test]
fn a_subject_is_named_by_what_has_the_id() {
    let subject = |kind: &str| {
        let entry = Entry { kind: kind.into(), ..created() };
        let printed = print_event(id(0x51), &entry, &Content::unknown(Variant::Json));
        let event: Value = serde_json::from_str(&printed).unwrap();
        event["subject"]["type"].as_str().unwrap().to_owned()
    };
    assert_eq!(subject("member.removed"), "member");
    assert_eq!(subject("reaction.set"), "message");
    assert_eq!(subject("rsvp.set"), "meeting");
    assert_eq!(subject("read.moved"), "thread");
    assert_eq!(subject("settings.updated"), "user");
    assert_eq!(subject("poll.closed"), "poll", "a kind that this build does not know");
}

#[test]
fn what_cannot_be_shown_is_asked_for_again() {
    let form = |variant| serde_json::to_value(Content::unknown(variant)).unwrap();
    assert_eq!(form(Variant::Json), json!({ "data": null }));
    let html = form(Variant::Html { locale: Locale::Fr, watched: true });
    assert_eq!((&html["action"], &html["also"]), (&json!("reload"), &json!([])));
}
