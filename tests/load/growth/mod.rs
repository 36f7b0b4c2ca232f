//! B7, B8 and B12: what a page, what is unread, and what a message cost in a network of 10,000 messages and in one of a
//! million. Both are served side by side, and take turns.

pub(crate) mod network;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::{
    cast,
    crowd::Pace,
    peers, pgbench, processor,
    report::{Bound, Line, Report, median, note, rounded},
    room::{Room, seats},
    server::{Folder, Server},
    sides::percentile,
};

/// How many channels there are, and how many in the widest network.
const CHANNELS: usize = 200;
const MANY_CHANNELS: usize = 2_000;
/// How many messages the small network holds, the large one, and the large one of the long run.
const FEW: usize = 10_000;
const MESSAGES: usize = 1_000_000;
const MANY: usize = 10_000_000;
/// How often all take their turn.
const ROUNDS: usize = 5;
/// How often a page is read in a turn by one reader, and by each of several at once: a percentile of fewer is that of a
/// few that were interrupted.
const PAGES: usize = 500;
/// How often something is new in a turn, and every busy thread is read once.
const STIRS: usize = 3;
const READERS: usize = 8;
/// How long messages are sent in a turn, by how many to how many, each with so many under way.
const TALK: Duration = Duration::from_secs(3);
const SPEAKERS: usize = 4;
const LISTENERS: usize = 10;
const PACE: Pace = Pace::Acked(4);
/// How long a statement is put again and again in a turn.
const ASKED: Duration = Duration::from_secs(2);
/// What Zulip publishes of the same: its page and its messages, in ms.
const ZULIP_MS: f64 = 370.0;

/// A network that is served.
struct Network {
    _folder: Folder,
    server: Server,
    group: cast::Group,
    turns: Turns,
}

/// What the turns of a network came to, each one figure or one list a turn.
#[derive(Default)]
struct Turns {
    alone: Vec<Vec<Duration>>,
    together: Vec<Vec<Duration>>,
    /// Those of which something is new since they were read.
    anew: Vec<Vec<Duration>>,
    /// Pages, those of which something is new, and lightest answers a second, for several readers: for these, too, who asks
    /// is read from the database.
    rate: Vec<f64>,
    rate_anew: Vec<f64>,
    floor: Vec<f64>,
    /// The processor time of a page of which something is new and of a message, in µs, PostgreSQL's too.
    page: Vec<f64>,
    message: Vec<f64>,
    /// The processor time of a page of which something is new and of a lightest answer, in µs, of the server alone.
    page_alone: Vec<f64>,
    floor_alone: Vec<f64>,
    /// The turns in which something that was said went astray.
    astray: usize,
}

/// Fills the networks, lets them take turns, and tells.
pub(crate) async fn measure(binary: &Path, full: bool, report: &mut Report) -> Result<()> {
    let many = if full { MANY } else { MESSAGES };
    note(&format!("B7, B8, B12: 10,000 and {many} messages"));
    let mut small = Network::of(binary, CHANNELS, FEW).await?;
    let mut large = Network::of(binary, CHANNELS, many).await?;
    let mut wide = Network::of(binary, MANY_CHANNELS, FEW * 10).await?;
    let (mut nearly, mut all, mut counted, mut sidebar) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        note(&format!("  round {} of {ROUNDS}", round + 1));
        for network in [&mut small, &mut large, &mut wide] {
            network.take_turn().await?;
        }
        nearly.push(asked(&large.server, &unread(0))?);
        all.push(asked(&large.server, &unread(2))?);
        counted.push(asked(&large.server, &counted_unread(1))?);
        sidebar.push(read(&large.server, 2, "/conversations", PAGES).await?);
    }
    let pages = tell_pages(&small.turns, &large.turns, many);
    report.line(pages);
    report.line(tell_unread(&large.server, [&nearly, &all, &counted, &sidebar], many)?);
    report.line(tell_growth(&small, &large, &wide, many));
    for network in [small, large, wide] {
        network.server.stop().await?;
    }
    Ok(())
}

impl Network {
    async fn of(binary: &Path, channels: usize, messages: usize) -> Result<Self> {
        let folder = Folder::fresh()?;
        let server = Server::start(binary, &folder).await?;
        let began = Instant::now();
        network::found(&server, channels)?;
        network::say(&server, channels, messages)?;
        note(&format!(
            "  {messages} messages in {channels} channels: loaded in {:.0} s",
            began.elapsed().as_secs_f64()
        ));
        let animator = server.animator().await?;
        let group = Room::of(&server, &animator, "Parole", seats(SPEAKERS, 1, LISTENERS)).await?.groups[0];
        let page = page(&server, 0, &busy()).await?;
        let outside = page.split("<template").map(|part| part.rsplit("</template>").next().unwrap_or_default());
        let shown: usize = outside.map(|part| part.matches("<li id=\"message-").count()).sum();
        ensure!(shown == 50, "the page shows {shown} messages, not 50");
        Ok(Self { _folder: folder, server, group, turns: Turns::default() })
    }

    async fn take_turn(&mut self) -> Result<()> {
        let (server, programs) = (&self.server, self.server.programs()?);
        let (mut anew, mut rates, mut used, mut alone) = (Vec::new(), Vec::new(), 0.0, 0.0);
        for _ in 0..STIRS {
            network::stir(server)?;
            let before = (processor::time(&programs)?, server.processor()?);
            let (took, rate) = crowded(server, &|reader| every_busy(reader)).await?;
            used += processor::time(&programs)? - before.0;
            alone += server.processor()? - before.1;
            anew.extend(took);
            rates.push(rate);
        }
        self.turns.page.push(used * 1e6 / anew.len() as f64);
        self.turns.page_alone.push(alone * 1e6 / anew.len() as f64);
        self.turns.anew.push(anew);
        self.turns.rate_anew.push(median(rates));
        read(server, 0, &busy(), PAGES / 25).await?;
        self.turns.alone.push(read(server, 0, &busy(), PAGES).await?);
        let (together, rate) = crowded(server, &|_| vec![busy(); PAGES]).await?;
        self.turns.together.push(together);
        self.turns.rate.push(rate);
        let before = server.processor()?;
        let (lightest, rate) = crowded(server, &|_| vec!["/livez".to_owned(); PAGES]).await?;
        self.turns.floor_alone.push((server.processor()? - before) * 1e6 / lightest.len() as f64);
        self.turns.floor.push(rate);
        // Nobody stays connected for the turns of the others: nobody answers the server's pings there.
        let mut crowd = Room { server, seats: seats(SPEAKERS, 1, LISTENERS), groups: vec![self.group] }.crowd()?;
        let before = processor::time(&programs)?;
        let round = crowd.talk(PACE, TALK)?;
        ensure!(round.acks > 0, "nothing of what was said was acked");
        self.turns.message.push((processor::time(&programs)? - before) * 1e6 / round.acks as f64);
        self.turns.astray += usize::from(!crowd.faults().are_none());
        Ok(())
    }
}

impl Turns {
    fn figures(&self) -> Value {
        let of = |rounds: &[Vec<Duration>], percent| {
            rounded(median(rounds.iter().map(|round| percentile(round, percent)).collect()))
        };
        json!({
            "one_reader_ms": { "p50": of(&self.alone, 50), "p99": of(&self.alone, 99) },
            "eight_readers_ms": { "p50": of(&self.together, 50), "p99": of(&self.together, 99) },
            "something_new_ms": { "p50": of(&self.anew, 50), "p99": of(&self.anew, 99) },
            "pages_per_s": median(self.rate.clone()).round(),
            "pages_with_something_new_per_s": median(self.rate_anew.clone()).round(),
            "lightest_answers_per_s": median(self.floor.clone()).round(),
            "processor_us_per_page": median(self.page.clone()).round(),
            "processor_us_per_message": median(self.message.clone()).round(),
            "server_us_per_page": median(self.page_alone.clone()).round(),
            "server_us_per_lightest_answer": median(self.floor_alone.clone()).round(),
        })
    }
}

fn tell_pages(small: &Turns, large: &Turns, many: usize) -> Line {
    let mut line = Line::new("B7", &format!("open a busy channel: 50 messages of {many}, 200 channels, 8 connections"));
    let alone = median(large.alone.iter().map(|round| percentile(round, 50)).collect());
    let p99 = |rounds: &[Vec<Duration>]| median(rounds.iter().map(|round| percentile(round, 99)).collect());
    line.bound(
        "p99 with something new, in that of 10,000 messages",
        p99(&large.anew) / p99(&small.anew),
        Bound::AtMost(1.2),
    );
    let floor = median(large.floor.clone());
    let rate = |rounds: &[f64]| median(rounds.to_vec()) / floor;
    line.bound(
        "pages a second with something new, in the lightest answers'",
        rate(&large.rate_anew),
        Bound::AtLeast(0.07),
    );
    line.bound("pages a second, in the lightest answers'", rate(&large.rate), Bound::AtLeast(0.5));
    line.bound("p99, ms", p99(&large.together), Bound::AtMost(3.0));
    line.bound("what Zulip publishes, in the p50 of one reader", ZULIP_MS / alone, Bound::AtLeast(100.0));
    line.with("of_10000", small.figures());
    line.with("of_many", large.figures());
    line
}

fn tell_unread(
    server: &Server,
    [nearly, all, counted, sidebar]: [&Vec<Vec<Duration>>; 4],
    many: usize,
) -> Result<Line> {
    let mut line = Line::new("B8", &format!("what is unread in 200 channels, of {many} messages"));
    // The two statements speak of the same threads, and the page shows as many.
    let told = |statement: &str| server.sql(&format!("select count(*) from ({statement}) told where unread > 0;"));
    line.valid(told(&unread(1))? == told(&counted_unread(1))? && told(&unread(2))?.parse::<usize>()? >= CHANNELS);
    let of =
        |rounds: &[Vec<Duration>], percent| median(rounds.iter().map(|round| percentile(round, percent)).collect());
    line.bound("all unread, in nearly nothing: p50", of(all, 50) / of(nearly, 50), Bound::AtMost(1.05));
    line.bound("counting 150 of each, in ours: p50", of(counted, 50) / of(all, 50), Bound::AtLeast(40.0));
    line.bound("page of nothing else, p99, ms", of(sidebar, 99), Bound::AtMost(3.0));
    for (name, rounds) in [("nearly_nothing", nearly), ("all", all), ("counted", counted), ("page", sidebar)] {
        line.with(name, json!({ "p50_ms": rounded(of(rounds, 50)), "p99_ms": rounded(of(rounds, 99)) }));
    }
    Ok(line)
}

fn tell_growth(small: &Network, large: &Network, wide: &Network, many: usize) -> Line {
    let mut line = Line::new("B12", &format!("what growth costs: 10,000 to {many} messages, 200 to 2,000 channels"));
    for network in [small, large, wide] {
        line.valid(network.turns.astray == 0);
    }
    let of = |rounds: &[f64]| median(rounds.to_vec());
    let (small, large, wide) = (&small.turns, &large.turns, &wide.turns);
    line.bound(
        "processor time of a message, with messages",
        of(&large.message) / of(&small.message),
        Bound::AtMost(1.15),
    );
    line.bound("processor time of a page, with messages", of(&large.page) / of(&small.page), Bound::AtMost(1.15));
    line.bound(
        "processor time of a message, with channels",
        of(&wide.message) / of(&small.message),
        Bound::AtMost(1.15),
    );
    // Its navigation names ten times as many channels.
    line.with("page_with_channels", rounded(of(&wide.page) / of(&small.page)));
    line.with("of_10000", small.figures());
    line.with("of_many", large.figures());
    line.with("of_2000_channels", wide.figures());
    line
}

fn busy() -> String {
    format!("/threads/{}", network::busy_thread(7))
}

/// The pages of all the busy threads, each once, for several readers: those of one of them.
fn every_busy(reader: usize) -> Vec<String> {
    (reader..CHANNELS).step_by(READERS).map(|channel| format!("/threads/{}", network::busy_thread(channel))).collect()
}

/// A page as one of the cast reads it.
async fn page(server: &Server, reader: usize, path: &str) -> Result<String> {
    server.visit(&cast::session(reader), path).await
}

/// Reads a page again and again; how long each took.
async fn read(server: &Server, reader: usize, path: &str, times: usize) -> Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        page(server, reader, path).await?;
        took.push(began.elapsed());
    }
    Ok(took)
}

/// The pages that each of several reads, all at once; and how many a second.
async fn crowded(server: &Server, paths: &dyn Fn(usize) -> Vec<String>) -> Result<(Vec<Duration>, f64)> {
    let began = Instant::now();
    let readers = stream::iter((0..READERS).map(|reader| read_all(server, paths(reader))));
    let took: Vec<_> = readers.buffer_unordered(READERS).try_concat().await?;
    let rate = took.len() as f64 / began.elapsed().as_secs_f64();
    Ok((took, rate))
}

async fn read_all(server: &Server, paths: Vec<String>) -> Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(paths.len());
    for path in paths {
        took.extend(read(server, 0, &path, 1).await?);
    }
    Ok(took)
}

/// How long a statement took, put again and again.
fn asked(server: &Server, statement: &str) -> Result<Vec<Duration>> {
    let folder = Folder::fresh()?;
    let script = folder.path().join("asked.sql");
    std::fs::write(&script, format!("{statement};\n"))?;
    let output = Command::new(peers::programs()?.join("pgbench"))
        .args(["--no-vacuum", "--protocol", "prepared", "--username", "preau", "--host", &server.socket()?])
        .args(["--client", "1", "--time", &ASKED.as_secs().to_string(), "--log", "--file"])
        .arg(&script)
        .arg("preau")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    pgbench::logged(&folder)
}

/// The channels of one of the cast with what is unread in them, as the product asks it for a navigation that it has not
/// read, or of which something has changed.
fn unread(reader: usize) -> String {
    format!(
        "select channels.id, coalesce(cardinality(unread.threads), 0) as unread
         from members
         join groups on groups.id = members.group_id and groups.kind = 'thematic'
         join streams on streams.id = groups.id
         join channels on channels.group_id = groups.id and channels.archived_at is null
         left join channel_levels
           on channel_levels.channel_id = channels.id and channel_levels.person_id = members.person_id
         left join (
           select threads.channel_id, array_agg(threads.id order by threads.id) as threads
           from members
           join threads on threads.group_id = members.group_id
           left join read_positions on read_positions.thread_id = threads.id and read_positions.person_id = '{0}'
           left join follows on follows.thread_id = threads.id and follows.person_id = '{0}'
           where members.person_id = '{0}' and members.ended_seq is null
             and threads.last_position > coalesce(read_positions.position, 0)
             and coalesce(follows.level, '') <> 'muted'
           group by threads.channel_id
         ) unread on unread.channel_id = channels.id
         where members.person_id = '{0}' and members.ended_seq is null",
        cast::person(reader)
    )
}

/// The same, counted message by message.
fn counted_unread(reader: usize) -> String {
    format!(
        "select channels.id, count(messages.id) as unread
         from members
         join channels on channels.group_id = members.group_id and channels.archived_at is null
         join threads on threads.channel_id = channels.id
         left join read_positions
           on read_positions.thread_id = threads.id and read_positions.person_id = members.person_id
         left join messages
           on messages.thread_id = threads.id and messages.position > coalesce(read_positions.position, 0)
         where members.person_id = '{}' and members.ended_seq is null
         group by channels.id",
        cast::person(reader)
    )
}
