//! B6: a reconnect storm. The server is killed and started again; 5,000 members (and 10,000) come back all at once, each
//! from where they were in 5 channels that hold 20 messages they missed.
//!
//! The clock runs from the first connection that stands to the last member who has everything. The divisor is as many
//! bare handshakes, and then the same bytes to everybody, one broadcast a message.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{
    cast::{self, Group},
    crowd::{
        Crowd, Pace, Seat,
        bare::{Bare, Framing},
        preau::Preau,
        socketio::SocketIo,
    },
    peers::{self, Postgres},
    report::{Bound, Line, Report, median, note, rounded},
    room::{self, follower},
    server::{Folder, Person, Server},
    sides::Program,
};

/// How many come back, and how often that is tried.
const STORMS: [(usize, usize); 2] = [(5000, 3), (10_000, 1)];
/// The channels that each follows.
const CHANNELS: usize = 5;
/// How many messages each missed, over all their channels.
const MISSED: u32 = 20;
/// How long PostgreSQL may keep its counters to itself.
const COUNTED: Duration = Duration::from_secs(11);

/// What a storm of Préau's came to.
struct Storm {
    took: Duration,
    /// How many did not come back in time.
    missing: usize,
    /// How many have not all that their streams hold, and how many times some of it was passed over.
    behind: usize,
    resets: u64,
    /// How many connections were refused, and tried again.
    refusals: usize,
    /// How often events, sessions and memberships were read.
    scans: Value,
    event_scans: u64,
    /// The bytes of a missed message, with all that stands around it.
    weight: usize,
}

/// Measures Préau, the bare limit and socket.io, in turns.
pub(crate) async fn measure(binary: &Path, postgres: &Postgres, report: &mut Report) -> Result<()> {
    for (members, rounds) in STORMS {
        note(&format!("B6: {members} members come back"));
        let folder = Folder::fresh()?;
        let mut server = Server::start(binary, &folder).await?;
        let animator = server.animator().await?;
        cast::people(&server, members)?;
        let mut groups = Vec::new();
        for number in 0..CHANNELS {
            groups.push(cast::group(&server, &animator, &format!("Salon {number}"), 0, members).await?);
        }
        server.sql("analyze;")?;
        let (mut preau, mut bare, mut socketio) = (Vec::new(), Vec::new(), Vec::new());
        let (mut scans, mut refusals, mut missing, mut most) = (Vec::new(), Vec::new(), Vec::new(), 0);
        let (mut behind, mut resets) = (0, 0);
        for _ in 0..rounds {
            let (next, storm) = storm(server, binary, &folder, &animator, members, &groups).await?;
            server = next;
            preau.push(storm.took.as_secs_f64());
            scans.push(storm.scans);
            refusals.push(storm.refusals);
            missing.push(storm.missing);
            behind += storm.behind;
            resets += storm.resets;
            most = most.max(storm.event_scans);
            bare.push(limit(members, storm.weight)?.as_secs_f64());
            socketio.push(peer(members, postgres)?.as_secs_f64());
            note(&format!("  preau {:?}, bare {:?}, socket.io {:?}", preau.last(), bare.last(), socketio.last()));
        }
        server.stop().await?;
        let (preau, bare, socketio) = (median(preau), median(bare), median(socketio));
        let mut line =
            Line::new("B6", &format!("reconnect storm: {members} members, 20 missed messages in 5 channels"));
        line.bound("in bare handshakes and a bare broadcast", preau / bare, Bound::AtMost(3.0));
        line.bound("reads of events", most as f64, Bound::AtMost(200.0));
        let seconds = json!({ "preau": rounded(preau), "bare": rounded(bare), "socketio": rounded(socketio) });
        line.with("seconds_until_the_last_has_everything", seconds);
        line.with("scans_of_tables_in_a_storm", scans);
        line.with("connections_refused_and_tried_again", refusals);
        line.bound(
            "members who were not back after a minute",
            missing.iter().sum::<usize>() as f64,
            Bound::AtMost(0.0),
        );
        line.valid(behind == 0 && resets == 0);
        line.with("validity", json!({ "members_without_their_last_events": behind, "told_to_fetch_again": resets }));
        report.line(line);
    }
    Ok(())
}

/// Connects everybody, kills the server, posts what they miss to the next one, and lets them come back.
async fn storm(
    server: Server,
    binary: &Path,
    folder: &Folder,
    animator: &Person,
    members: usize,
    groups: &[Group],
) -> Result<(Server, Storm)> {
    let port = server.address().port();
    let protocol = Preau::new(server.url(), (0..members).map(|number| follower(number, groups)).collect());
    let crowd = Crowd::connect(server.address(), protocol, &readers(members))?;
    server.kill().await?;
    let server = Server::start_on(binary, folder, port).await?;
    let animator = animator.at(&server);
    for number in 0..MISSED as usize {
        let path = format!("/api/v1/threads/{}/messages", groups[number % groups.len()].thread);
        animator.post(&path, &json!({ "body": body(number) })).await?;
    }
    tokio::time::sleep(COUNTED).await;
    let before = scans(&server)?;
    let (crowd, took) = crowd.again(server.address())?;
    let (bytes, missing) = (crowd.bytes(), members - crowd.ready());
    let refusals = crowd.refusals();
    let lasts = lasts(&server, groups)?;
    let behind = crowd.memories().filter(|memory| memory.positions() != lasts).count();
    let resets = crowd.memories().map(|memory| memory.resets).sum();
    tokio::time::sleep(COUNTED).await;
    let after = scans(&server)?;
    drop(crowd);
    let counted = |index: usize| after[index] - before[index];
    let scans = json!({ "events": counted(0), "sessions": counted(1), "members": counted(2), "messages": counted(3) });
    let weight = usize::try_from(bytes)? / members / MISSED as usize;
    Ok((server, Storm { took, missing, behind, resets, refusals, scans, event_scans: counted(0), weight }))
}

/// As many bare handshakes, and the same bytes to everybody.
fn limit(members: usize, weight: usize) -> Result<Duration> {
    let program = Program::limit(Framing::WebSocket)?;
    let seats = room::seats(1, 1, members);
    let crowd = Crowd::connect(program.address, Bare::new(Framing::WebSocket, weight, 1), &seats)?;
    drop(program);
    let program = Program::limit(Framing::WebSocket)?;
    let (mut crowd, handshakes) = crowd.again(program.address)?;
    let round = crowd.talk(Pace::Once(MISSED), Duration::from_millis(1))?;
    ensure!(crowd.faults().are_none(), "{:?}", crowd.faults());
    Ok(handshakes + round.elapsed)
}

/// socket.io, whose clients ask for what is after the last that they have.
fn peer(members: usize, postgres: &Postgres) -> Result<Duration> {
    let program = peers::socketio(postgres, 0)?;
    let rooms = vec![((0..CHANNELS).collect(), false); members];
    let mut crowd = Crowd::connect(program.address, SocketIo::new(rooms), &readers(members))?;
    let last: u64 = postgres.sql("socketio", "select coalesce(max(id), 0) from messages")?.parse()?;
    drop(program);
    for number in 0..MISSED as usize {
        let (channel, body) = (number % CHANNELS, body(number));
        let insert = format!("insert into messages (channel, author, body) values ({channel}, 0, '{body}')");
        postgres.sql("socketio", &insert)?;
    }
    let program = peers::socketio(postgres, 0)?;
    crowd.protocol_mut().resume_from(last, MISSED);
    let (_, took) = crowd.again(program.address)?;
    Ok(took)
}

/// Where the stream of each group ends.
fn lasts(server: &Server, groups: &[Group]) -> Result<Vec<u64>> {
    let last = |group: &Group| {
        let last = server.sql(&format!("select last_seq from streams where id = '{}';", group.id))?;
        Ok(last.parse()?)
    };
    groups.iter().map(last).collect()
}

fn readers(members: usize) -> Vec<Seat> {
    vec![Seat { speaks: false, listens: true, channel: 0 }; members]
}

fn body(number: usize) -> String {
    format!("Message {number} : {}", &crate::crowd::text::WORDS[..280])
}

/// How often PostgreSQL has begun to read the tables that a storm reads.
fn scans(server: &Server) -> Result<Vec<u64>> {
    let counted = server.sql(
        "select string_agg((coalesce(seq_scan, 0) + coalesce(idx_scan, 0))::text, ' ' order by ordinality)
         from unnest(array['events', 'sessions', 'members', 'messages']) with ordinality wanted (name, ordinality)
         join pg_stat_user_tables on relname = name;",
    )?;
    Ok(counted.split(' ').map(str::parse).collect::<Result<_, _>>()?)
}
