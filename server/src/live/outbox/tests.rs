use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    time::Instant,
};
use uuid::Uuid;
use words::StreamId;

use super::{BYTES, Chunk, Close, FRAMES, Outbox, Parcel, Standing, Turn, WRITE};

/// A text whose frame has this size.
fn sized(bytes: usize) -> Chunk {
    let header = if bytes > 0xffff { 10 } else { 4 };
    let chunk = Chunk::text(&"x".repeat(bytes - header));
    assert_eq!(chunk.bytes().len(), bytes);
    chunk
}

fn small() -> Chunk {
    Chunk::text("x")
}

fn stream(number: u128) -> StreamId {
    StreamId(Uuid::from_u128(number))
}

/// A queue onto a stream, and the other side of that.
async fn connected() -> (Outbox, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (ours, theirs) = tokio::join!(listener.accept(), TcpStream::connect(listener.local_addr().unwrap()));
    (Outbox::onto(Arc::new(ours.unwrap().0), Arc::default()), theirs.unwrap())
}

/// Gives numbered frames of some size until the system takes no more of them; all that was given.
fn fill(outbox: &Outbox) -> Vec<u8> {
    let mut given = Vec::new();
    for number in 0_i64.. {
        let chunk = Chunk::texts([format!("{number:>60000}").as_str(), "and a small one"]);
        given.extend_from_slice(chunk.bytes());
        outbox.give(Parcel { chunk, standing: Standing::At(stream(1), number) });
        outbox.flush();
        if outbox.lock().blocked.is_some() {
            break;
        }
    }
    assert!(!outbox.is_cut());
    given
}

#[test]
fn a_reader_that_does_not_read_is_cut_at_the_bound_and_not_before() {
    let outbox = Outbox::default();
    for _ in 0..FRAMES {
        outbox.push(small());
        assert!(!outbox.is_cut());
    }
    outbox.push(small());
    assert!(outbox.is_cut());
    assert_eq!(outbox.take(), None, "what a cut connection was owed is let go");
    let outbox = Outbox::default();
    outbox.push(sized(BYTES));
    assert!(!outbox.is_cut());
    assert!(outbox.take().is_some());
    outbox.push(sized(BYTES));
    assert!(!outbox.is_cut(), "what was taken does not count");
    outbox.push(small());
    assert!(outbox.is_cut());
}

#[test]
fn a_chunk_counts_for_all_its_frames() {
    let outbox = Outbox::default();
    let chunk = Chunk::texts(["x"; FRAMES]);
    outbox.push(chunk.clone());
    assert!(!outbox.is_cut());
    assert_eq!(outbox.take().map(|parcel| parcel.chunk), Some(chunk));
    outbox.push(small());
    outbox.push(Chunk::texts(["x"; FRAMES]));
    assert!(outbox.is_cut());
}

#[test]
fn a_replay_waits_until_a_quarter_of_the_queue_is_left() {
    let outbox = Outbox::default();
    assert_eq!(outbox.has_room().now_or_never(), Some(()));
    for _ in 0..=FRAMES / 4 {
        outbox.push(small());
    }
    let mut room = std::pin::pin!(outbox.has_room());
    assert_eq!(room.as_mut().now_or_never(), None);
    assert!(outbox.take().is_some());
    assert_eq!(room.now_or_never(), Some(()));
}

#[test]
fn who_waits_for_room_in_a_cut_queue_is_let_go() {
    let outbox = Outbox::default();
    outbox.push(sized(BYTES));
    let mut room = std::pin::pin!(outbox.has_room());
    assert_eq!(room.as_mut().now_or_never(), None);
    outbox.cut();
    assert_eq!(room.now_or_never(), Some(()));
}

#[test]
fn who_waits_for_room_of_a_connection_that_must_end_is_let_go() {
    let outbox = Outbox::default();
    outbox.push(sized(BYTES));
    outbox.ending().reach(Close::Replaced);
    let (sender, let_go) = std::sync::mpsc::channel();
    // Beside, or a wait that goes round and round would hold the test up too.
    std::thread::spawn(move || sender.send(outbox.has_room().now_or_never()));
    assert_eq!(let_go.recv_timeout(Duration::from_secs(10)), Ok(Some(())));
}

#[test]
fn a_frame_wakes_who_waits_for_one() {
    let outbox = Outbox::default();
    let mut filled = std::pin::pin!(outbox.filled());
    assert_eq!(filled.as_mut().now_or_never(), None);
    outbox.push(small());
    assert_eq!(filled.now_or_never(), Some(()));
    assert_eq!(outbox.filled().now_or_never(), Some(()), "until it is taken");
}

#[tokio::test]
async fn what_several_leave_is_written_together_by_the_connection() {
    let (outbox, mut other) = connected().await;
    let mut turn = Box::pin(outbox.turn());
    assert_eq!(turn.as_mut().now_or_never(), None);
    for text in ["one", "two"] {
        outbox.defer(Parcel { chunk: Chunk::text(text), standing: Standing::Same });
    }
    let mut read = [0; 64];
    let nothing = tokio::time::timeout(Duration::from_millis(50), other.read(&mut read)).await;
    assert!(nothing.is_err(), "it waits for the connection's turn");
    assert_eq!(turn.await, Turn::Note);
    let size = Chunk::texts(["one", "two"]).bytes().len();
    assert_eq!(other.read(&mut read).await.unwrap(), size);
}

#[tokio::test]
async fn what_is_left_keeps_its_place_among_what_is_given() {
    let (outbox, mut other) = connected().await;
    let parcel = |text: &str| Parcel { chunk: Chunk::text(text), standing: Standing::Same };
    outbox.defer(parcel("one"));
    outbox.give(parcel("two"));
    outbox.flush();
    outbox.defer(parcel("three"));
    {
        let mut left = std::pin::pin!(outbox.write_deferred());
        assert!(left.as_mut().now_or_never().is_none());
    }
    let all = Chunk::texts(["one", "two", "three"]);
    let mut read = vec![0; all.bytes().len()];
    other.read_exact(&mut read).await.unwrap();
    assert!(read == all.bytes()[..]);
    let mut turn = Box::pin(outbox.turn());
    assert_eq!(turn.as_mut().now_or_never(), None, "nothing is left to do");
}

#[tokio::test]
async fn what_is_left_for_who_does_not_read_ends_like_all_else() {
    let (outbox, _other) = connected().await;
    fill(&outbox);
    outbox.defer(Parcel { chunk: small(), standing: Standing::Same });
    let mut turn = Box::pin(outbox.turn());
    assert_eq!(turn.as_mut().now_or_never(), Some(Turn::Note), "it was tried");
    let mut turn = Box::pin(outbox.turn());
    assert_eq!(turn.as_mut().now_or_never(), None, "and waits with the rest");
    drop(turn);
    outbox.lock().blocked = Some(Instant::now().checked_sub(WRITE).unwrap());
    let turn = tokio::time::timeout(Duration::from_secs(5), outbox.turn()).await;
    assert_eq!(turn, Ok(Turn::Cut));
    outbox.cut();
    let held = outbox.lock().frames;
    outbox.defer(Parcel { chunk: small(), standing: Standing::Same });
    let waiting = outbox.lock();
    assert_eq!((waiting.frames, waiting.is_deferred), (held, false), "nothing more is taken in");
}

#[tokio::test]
async fn what_the_system_takes_is_written_without_waking_the_connection() {
    let (outbox, mut other) = connected().await;
    let mut turn = Box::pin(outbox.turn());
    assert_eq!(turn.as_mut().now_or_never(), None);
    let chunk = Chunk::texts(["one", "two"]);
    for seq in [1, 2] {
        outbox.give(Parcel { chunk: chunk.clone(), standing: Standing::At(stream(1), seq) });
        outbox.give(Parcel { chunk: chunk.clone(), standing: Standing::At(stream(2), seq + 10) });
    }
    outbox.flush();
    let mut read = vec![0; 4 * chunk.bytes().len()];
    other.read_exact(&mut read).await.unwrap();
    assert_eq!(read, chunk.bytes().repeat(4));
    assert_eq!(turn.as_mut().now_or_never(), None);
    assert_eq!(outbox.sent(), [Standing::At(stream(1), 2), Standing::At(stream(2), 12)], "the latest of each");
    let denied = Standing::Answered { stream: stream(1), number: 1, from: None };
    outbox.give(Parcel { chunk, standing: denied });
    outbox.flush();
    assert_eq!(turn.now_or_never(), Some(Turn::Note), "the end of a following is of note");
    assert_eq!(outbox.sent(), [denied]);
}

#[tokio::test]
async fn what_the_system_does_not_take_waits_and_nothing_is_lost_or_out_of_order() {
    let (outbox, mut other) = connected().await;
    let given = fill(&outbox);
    let mut read = vec![0; given.len()];
    tokio::select! {
        turn = outbox.turn() => panic!("{turn:?}, while the other side reads"),
        done = other.read_exact(&mut read) => assert_eq!(done.unwrap(), given.len()),
    }
    assert!(read == given, "the same bytes");
    assert!(matches!(outbox.sent()[..], [Standing::At(..)]), "and their standing is that of the last");
}

#[tokio::test]
async fn an_end_comes_after_the_frame_that_is_half_written_and_in_place_of_the_rest() {
    let (outbox, mut other) = connected().await;
    let given = fill(&outbox);
    let mut read = Vec::new();
    let read_all = async {
        other.read_to_end(&mut read).await.unwrap();
    };
    let close = async {
        outbox.close(Chunk::close(4501)).await;
        outbox.end();
    };
    tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(read_all, close) }).await.unwrap();
    let end = Chunk::close(4501);
    assert!(read.ends_with(end.bytes()));
    let whole = &read[..read.len() - end.bytes().len()];
    assert!(whole.len() < given.len() && given.starts_with(whole), "the rest is let go");
    let frame = Chunk::text(&"x".repeat(60_000)).bytes().len();
    let pair = frame + Chunk::text("and a small one").bytes().len();
    assert!([0, frame].contains(&(whole.len() % pair)), "between two frames");
}

#[tokio::test]
async fn who_takes_too_long_to_read_is_cut() {
    let (outbox, _other) = connected().await;
    fill(&outbox);
    assert_eq!(outbox.turn().now_or_never(), None);
    outbox.lock().blocked = Some(Instant::now().checked_sub(WRITE).unwrap());
    let turn = tokio::time::timeout(Duration::from_secs(5), outbox.turn()).await;
    assert_eq!(turn, Ok(Turn::Cut));
}

#[tokio::test]
async fn a_stream_is_let_go_at_the_end_whoever_still_holds_the_queue() {
    let (outbox, mut other) = connected().await;
    let outbox = Arc::new(outbox);
    let _held = Arc::clone(&outbox);
    outbox.end();
    assert_eq!(other.read(&mut [0; 8]).await.unwrap(), 0);
    outbox.push(small());
    outbox.flush();
}

#[tokio::test]
async fn what_passes_is_written_at_once_or_lost_and_never_fills_the_queue() {
    let (outbox, mut other) = connected().await;
    let passing = Chunk::text("somebody writes");
    outbox.pass(passing.clone());
    outbox.flush();
    let mut read = vec![0; passing.bytes().len()];
    other.read_exact(&mut read).await.unwrap();
    assert!(read == passing.bytes()[..]);
    let given = fill(&outbox);
    let held = outbox.lock().frames;
    for _ in 0..10 * FRAMES {
        outbox.pass(passing.clone());
        outbox.flush();
    }
    assert_eq!((outbox.lock().frames, outbox.is_cut()), (held, false));
    let mut read = vec![0; given.len()];
    tokio::select! {
        turn = outbox.turn() => panic!("{turn:?}, while the other side reads"),
        done = other.read_exact(&mut read) => assert_eq!(done.unwrap(), given.len()),
    }
    assert!(read == given, "and nothing else came");
}

#[tokio::test]
async fn what_passes_gives_way_when_the_system_takes_no_more() {
    let (outbox, mut other) = connected().await;
    let (large, passing) = (sized(60_000), Chunk::text("somebody writes"));
    let mut lasting = 0;
    while outbox.lock().blocked.is_none() {
        for _ in 0..8 {
            outbox.give(Parcel { chunk: large.clone(), standing: Standing::Same });
            outbox.pass(passing.clone());
            lasting += large.bytes().len();
        }
        outbox.flush();
    }
    let waiting = outbox.lock().parcels.iter().filter(|parcel| parcel.standing == Standing::Passing).count();
    assert!(waiting <= 1, "at most the rest of one of which the other side has a part: {waiting}");
    {
        let waiting = outbox.lock();
        let (frames, bytes) = (waiting.parcels.len(), waiting.parcels.iter().map(|parcel| parcel.chunk.bytes().len()));
        assert_eq!((waiting.frames, waiting.bytes), (frames, bytes.sum()));
    }
    let mut read = vec![0; lasting];
    tokio::select! {
        turn = outbox.turn() => panic!("{turn:?}, while the other side reads"),
        done = other.read_exact(&mut read) => assert_eq!(done.unwrap(), lasting),
    }
    assert!(!outbox.is_cut());
}

#[test]
fn who_takes_the_parcels_out_is_told_nothing_that_passes() {
    let outbox = Outbox::default();
    outbox.pass(small());
    assert_eq!(outbox.take(), None);
}

#[tokio::test]
async fn who_waits_for_room_hears_of_it_whoever_finds_it() {
    let (outbox, mut other) = connected().await;
    fill(&outbox);
    let large = sized(60_000);
    while outbox.lock().fits(&large) {
        outbox.give(Parcel { chunk: large.clone(), standing: Standing::Same });
    }
    let mut room = Box::pin(outbox.has_room());
    assert_eq!(room.as_mut().now_or_never(), None);
    let mut read = vec![0; BYTES];
    while tokio::time::timeout(Duration::from_millis(200), other.read(&mut read)).await.is_ok() {}
    outbox.give(Parcel { chunk: large, standing: Standing::Same });
    assert_eq!(room.now_or_never(), Some(()));
}

#[tokio::test]
async fn what_the_system_does_not_take_of_a_full_queue_is_seen_to_as_well() {
    let (outbox, mut other) = connected().await;
    let large = sized(60_000);
    let mut turn = Box::pin(outbox.turn());
    assert_eq!(turn.as_mut().now_or_never(), None);
    let mut given = 0;
    while outbox.lock().blocked.is_none() {
        outbox.give(Parcel { chunk: large.clone(), standing: Standing::Same });
        given += large.bytes().len();
    }
    assert!(!outbox.is_cut());
    let mut read = vec![0; given];
    let all = tokio::time::timeout(Duration::from_secs(5), async {
        tokio::select! {
            turn = turn => panic!("{turn:?}, while the other side reads"),
            done = other.read_exact(&mut read) => done.unwrap(),
        }
    });
    assert_eq!(all.await, Ok(given));
}
