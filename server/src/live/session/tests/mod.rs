mod properties;

use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use web::Text;
use words::{Locale, StreamId, ThreadId};

use super::{Action, Close, LIMITS, READ_AGAIN, READS, Session, Standing, TURNS, Turn};
use crate::live::allowance::FOLLOWS;

const STREAM: &str = "00000000-0000-7000-8000-000000000001";

fn session(counted: bool) -> Session {
    Session::new(Text::of(Locale::En), counted)
}

fn stream(number: u128) -> StreamId {
    StreamId(uuid::Uuid::from_u128(number))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The frame that a session sends at once.
fn sent(actions: &[Action]) -> String {
    match actions {
        [Action::Send(text)] => text.to_string(),
        other => format!("{other:?}"),
    }
}

/// The refusal whose turn it is.
fn refused(session: &mut Session) -> String {
    match session.turn(false, 0) {
        Some(Turn::Refuse(frame)) => frame.to_string(),
        other => format!("{other:?}"),
    }
}

fn subscribe(number: u128) -> String {
    format!(r#"{{"type":"subscribe","id":1,"stream":"{}"}}"#, stream(number))
}

fn read(thread: u128, position: i32) -> String {
    format!(r#"{{"type":"read","thread":"{}","position":{position}}}"#, stream(thread))
}

fn delete() -> String {
    format!(r#"{{"type":"delete","id":1,"op":"{STREAM}","message":"{STREAM}"}}"#)
}

fn send(id: u64) -> String {
    format!(r#"{{"type":"send","id":{id},"message":{{"id":"{STREAM}","thread":"{STREAM}","body":"x"}}}}"#)
}

#[test]
fn what_is_not_json_ends_the_connection_and_a_bad_frame_does_not() {
    let mut session = session(true);
    assert_eq!(session.frame("hello", Duration::ZERO), [Action::Close(Close::BadFrame)]);
    assert_eq!(session.frame("[1]", Duration::ZERO), [Action::Close(Close::BadFrame)]);
    assert_eq!(session.frame(r#"{"type":"dance","id":9}"#, Duration::ZERO), []);
    let unknown = refused(&mut session);
    assert!(unknown.starts_with(r#"{"type":"error","id":9,"code":"bad_frame","message":"The request"#), "{unknown}");
    session.frame(r#"{"type":"send","id":3,"message":{"id":"x"}}"#, Duration::ZERO);
    let invalid = refused(&mut session);
    assert!(invalid.starts_with(r#"{"type":"error","id":3,"code":"invalid","message":"#), "{invalid}");
}

#[test]
fn a_refusal_is_in_the_language_of_its_reader() {
    let mut session = Session::new(Text::of(Locale::Fr), true);
    session.frame(r#"{"type":"dance"}"#, Duration::ZERO);
    let refused = refused(&mut session);
    assert!(refused.contains("La demande n’est pas lisible"), "{refused}");
}

#[test]
fn the_sixty_first_command_in_ten_seconds_waits_and_a_ping_never_does() {
    let mut session = session(true);
    for _ in 0..LIMITS.commands_per_10s {
        session.frame(&delete(), seconds(1));
        assert!(matches!(session.turn(false, 0), Some(Turn::Run(_))));
    }
    session.frame(&delete(), seconds(4));
    let limited = refused(&mut session);
    assert!(limited.contains(r#""code":"rate_limited""#) && limited.contains(r#""retry_after_ms":7000"#), "{limited}");
    assert_eq!(sent(&session.frame(r#"{"type":"ping"}"#, seconds(4))), r#"{"type":"pong"}"#);
    assert!(matches!(session.frame(&subscribe(1), seconds(4))[..], [Action::Join { .. }]), "following is no command");
    session.frame(&delete(), seconds(11));
    assert!(matches!(session.turn(false, 0), Some(Turn::Run(_))));
}

#[test]
fn a_page_may_follow_all_its_streams_at_once_and_not_for_ever() {
    let mut session = session(true);
    for number in 0..FOLLOWS {
        let actions = session.frame(&subscribe(number as u128 % 300), Duration::ZERO);
        assert!(matches!(actions[..], [Action::Join { .. }]));
    }
    assert!(sent(&session.frame(&subscribe(1), seconds(1))).contains("rate_limited"));
}

#[test]
fn without_rates_nothing_is_counted() {
    let mut session = session(false);
    for _ in 0..1000 {
        session.frame(&delete(), Duration::ZERO);
        assert!(matches!(session.turn(false, 0), Some(Turn::Run(_))));
    }
}

#[test]
fn sends_share_a_commit_and_everything_else_sees_what_was_before_it() {
    let mut session = session(true);
    for frame in [send(1), send(2), delete(), send(3)] {
        session.frame(&frame, Duration::ZERO);
    }
    assert!(session.turn(false, 0).is_some());
    assert_eq!(session.turn(true, 0), None, "one is handed in after the other");
    assert!(session.turn(false, 1).is_some(), "without waiting for the first one's commit");
    assert_eq!(session.turn(false, 2), None, "a removal waits for both answers");
    assert!(session.turn(false, 0).is_some());
    assert!(session.turn(false, 1).is_some());
    assert_eq!(session.turn(false, 0), None);
}

#[test]
fn who_sends_faster_than_it_is_done_is_not_read_on() {
    let mut session = session(false);
    for id in 0..TURNS {
        assert!(session.reads_on());
        session.frame(&send(id as u64), Duration::ZERO);
    }
    assert!(!session.reads_on());
    session.turn(false, 0);
    assert!(session.reads_on());
}

#[test]
fn a_silent_connection_is_asked_and_then_closed() {
    let mut session = session(true);
    assert_eq!(session.tick(seconds(24)), []);
    assert_eq!(session.tick(seconds(25)), [Action::Ping]);
    session.heard(seconds(26));
    assert_eq!(session.tick(seconds(60)), [Action::Ping]);
    assert_eq!(session.tick(seconds(86)), [Action::Close(Close::Heartbeat)]);
}

#[test]
fn streams_have_a_bound() {
    let mut session = session(false);
    for number in 0..LIMITS.streams {
        assert!(matches!(session.frame(&subscribe(number as u128), Duration::ZERO)[..], [Action::Join { .. }]));
    }
    assert!(sent(&session.frame(&subscribe(999), Duration::ZERO)).contains(r#""code":"invalid""#));
    assert!(matches!(session.frame(&subscribe(0), Duration::ZERO)[..], [Action::Join { .. }]), "a second request");
    let denied = Standing::Answered { stream: stream(7), number: 8, from: None };
    assert_eq!(session.sent(denied), Some(stream(7)));
    assert!(matches!(session.frame(&subscribe(999), Duration::ZERO)[..], [Action::Join { .. }]), "a place was left");
}

fn positions(session: &mut Session, at: u64) -> Option<Utf8Bytes> {
    session.heard(seconds(at));
    session.tick(seconds(at)).into_iter().find_map(|action| match action {
        Action::Send(frame) => Some(frame),
        _ => None,
    })
}

#[test]
fn positions_tell_of_what_is_followed_and_of_nothing_else() {
    let mut session = session(true);
    session.frame(&subscribe(1), Duration::ZERO);
    session.frame(&subscribe(2), Duration::ZERO);
    assert_eq!(positions(&mut session, 30), None, "nothing is answered yet");
    session.sent(Standing::Answered { stream: stream(1), number: 1, from: Some(40) });
    session.sent(Standing::Answered { stream: stream(2), number: 2, from: None });
    session.sent(Standing::At(stream(1), 41));
    session.sent(Standing::At(stream(2), 7));
    let expected = format!(r#"{{"type":"positions","streams":{{"{}":41}}}}"#, stream(1));
    assert_eq!(positions(&mut session, 60).unwrap().as_str(), expected);
    assert_eq!(session.sent(Standing::Out(stream(1))), Some(stream(1)));
    assert_eq!(positions(&mut session, 90), None, "put out");
}

#[test]
fn the_answer_to_an_earlier_request_does_not_undo_a_later_one() {
    let mut session = session(true);
    session.frame(&subscribe(1), Duration::ZERO);
    session.frame(&subscribe(1), Duration::ZERO);
    assert_eq!(session.sent(Standing::Answered { stream: stream(1), number: 1, from: None }), None);
    assert_eq!(session.sent(Standing::Out(stream(1))), None, "it was of the follower that the request replaced");
    assert_eq!(session.sent(Standing::Answered { stream: stream(1), number: 2, from: Some(3) }), None);
    assert!(positions(&mut session, 30).is_some());
}

#[test]
fn what_is_read_within_a_second_is_moved_once_and_never_back() {
    let mut session = session(true);
    for position in (1..=50).chain([7]) {
        session.frame(&read(1, position), Duration::ZERO);
    }
    assert_eq!(session.turn(false, 0), None, "it waits for nothing else, and nothing else for it");
    assert_eq!(session.due_reads(), None);
    session.tick(seconds(1));
    assert_eq!(session.due_reads(), Some(vec![(ThreadId(stream(1).0), 50)]));
    session.tick(seconds(2));
    assert_eq!(session.due_reads(), None, "once");
    session.frame(&read(1, 51), seconds(3));
    assert_eq!(session.all_reads(), [(ThreadId(stream(1).0), 51)], "at the end, due or not");
}

#[test]
fn what_is_read_of_many_threads_is_moved_at_once_and_has_a_bound() {
    let mut session = session(false);
    for thread in 0..READS {
        assert_eq!(session.due_reads(), None);
        session.frame(&read(thread as u128, 1), Duration::ZERO);
    }
    // While these are not taken, since others are being moved, more may come, up to a bound.
    for thread in READS..2 * READS {
        assert!(session.reads_on());
        session.frame(&read(thread as u128, 1), Duration::ZERO);
    }
    assert!(!session.reads_on());
    assert_eq!(session.due_reads().map(|reads| reads.len()), Some(2 * READS));
    assert!(session.reads_on());
}

#[test]
fn what_could_not_be_moved_is_tried_again_with_what_was_read_since() {
    let mut session = session(true);
    let thread = ThreadId(stream(1).0);
    session.frame(&read(1, 5), Duration::ZERO);
    session.tick(seconds(1));
    let moving = session.due_reads().unwrap();
    session.frame(&read(1, 7), seconds(2));
    session.unmoved(moving, seconds(3));
    assert_eq!(session.due(), seconds(3) + READ_AGAIN);
    session.tick(seconds(4));
    assert_eq!(session.due_reads(), None, "not at once");
    session.tick(seconds(3) + READ_AGAIN);
    assert_eq!(session.due_reads(), Some(vec![(thread, 7)]), "the furthest of both");
    session.unmoved(vec![(thread, 7)], seconds(9));
    session.frame(&read(1, 6), seconds(10));
    assert_eq!(session.all_reads(), [(thread, 7)], "at the end, due or not");
    session.unmoved(Vec::new(), seconds(11));
    assert_eq!(session.due(), seconds(25), "nothing is left");
}

#[test]
fn what_could_not_be_moved_has_a_bound_and_holds_nobody_up() {
    let mut session = session(false);
    for thread in 0..2 * READS {
        session.frame(&read(thread as u128, 1), Duration::ZERO);
    }
    let moving = session.due_reads().unwrap();
    session.unmoved(moving, seconds(2));
    assert!(session.reads_on());
    assert_eq!(session.due_reads(), None, "no sooner for their number");
    assert_eq!(session.all_reads().len(), READS);
}

#[test]
fn a_connection_whose_read_positions_are_being_moved_sleeps() {
    let mut session = session(true);
    session.frame(&read(1, 1), Duration::ZERO);
    session.tick(seconds(1));
    assert_eq!(session.due(), seconds(25), "those that are due wait for no time");
}

#[test]
fn what_is_watched_may_be_said_before_the_stream_is_followed() {
    let mut session = session(true);
    let watch = format!(r#"{{"type":"watch","stream":"{}","threads":["{STREAM}"]}}"#, stream(1));
    let threads = vec![ThreadId(STREAM.parse().unwrap())];
    assert_eq!(session.frame(&watch, Duration::ZERO), [], "there is no follower yet");
    let joined = |actions: Vec<Action>| match actions.into_iter().next() {
        Some(Action::Join { watched, .. }) => watched,
        other => panic!("{other:?}"),
    };
    assert_eq!(joined(session.frame(&subscribe(1), Duration::ZERO)), threads);
    assert_eq!(session.frame(&watch, Duration::ZERO), [Action::Watch(stream(1), threads.clone())]);
    assert_eq!(joined(session.frame(&subscribe(1), Duration::ZERO)), threads, "and it is kept");
    session.frame(&format!(r#"{{"type":"unsubscribe","stream":"{}"}}"#, stream(1)), Duration::ZERO);
    assert_eq!(joined(session.frame(&subscribe(1), Duration::ZERO)), [], "until it is followed no more");
}

#[test]
fn a_connection_sleeps_until_the_passing_of_time_asks_for_something() {
    let mut session = session(true);
    let mut wakes = Vec::new();
    for _ in 0..4 {
        let due = session.due();
        session.heard(due);
        assert_eq!(session.tick(due.saturating_sub(Duration::from_millis(1))), [], "nothing before");
        session.tick(due);
        wakes.push(due.as_secs());
    }
    assert_eq!(wakes, [25, 30, 50, 60]);
    session.frame(&read(1, 1), seconds(61));
    assert_eq!(session.due(), seconds(62), "a read position waits a second for others");
    session.tick(seconds(62));
    assert!(session.due_reads().is_some());
    assert_eq!(session.due(), seconds(75));
}

#[test]
fn who_says_that_they_write_more_often_than_once_a_second_is_not_heard_and_not_answered() {
    let mut session = session(true);
    let typing = format!(r#"{{"type":"typing","thread":"{STREAM}"}}"#);
    let thread = ThreadId(STREAM.parse().unwrap());
    for _ in 0..10 {
        assert_eq!(session.frame(&typing, seconds(1)), [Action::Typing(thread)]);
    }
    assert_eq!(session.frame(&typing, seconds(10)), []);
    assert_eq!(session.turn(false, 0), None);
    assert_eq!(session.frame(&typing, seconds(11)), [Action::Typing(thread)]);
    session.frame(&delete(), seconds(11));
    assert!(matches!(session.turn(false, 0), Some(Turn::Run(_))), "it is no command");
}
