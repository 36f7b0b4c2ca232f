//! B9: how soon one is answered in a million messages and a hundred thousand documents, of which one may read some. Beside
//! the plain query on the same data: all that holds the words, by the time of its writing.

mod corpus;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use self::corpus::Corpus;
use crate::{
    peers, pgbench,
    report::{Bound, Line, Report, median, note, rounded},
    server::{Folder, Person, Server},
    sides::percentile,
};

/// How many messages there are, and how many in the long run.
const MESSAGES: usize = 1_000_000;
const MANY: usize = 5_000_000;
const DOCUMENTS: usize = 100_000;
/// How often all take their turn.
const ROUNDS: usize = 5;
/// How many questions of a class are put in a turn, each of its ten several times.
const ASKED: usize = 40;
/// How long the plain query may go on in a turn: it is slow.
const PLAIN: Duration = Duration::from_secs(4);

/// Questions that are alike in what they cost.
struct Class {
    name: &'static str,
    /// What is typed, and the same as the plain query has it.
    questions: Vec<(String, String)>,
}

/// What the rounds of a class came to, in ms.
#[derive(Default)]
struct Times {
    /// The whole answer: messages, documents, and all else.
    whole: Vec<Vec<Duration>>,
    /// Messages alone.
    messages: Vec<Vec<Duration>>,
    plain: Vec<Vec<Duration>>,
}

/// The percentiles of the rounds, each the median of them.
fn of(rounds: &[Vec<Duration>], percent: usize) -> f64 {
    median(rounds.iter().map(|round| percentile(round, percent)).collect())
}

/// Loads, asks, and compares; five times as much for the long run.
pub(crate) async fn measure(binary: &Path, full: bool, report: &mut Report) -> Result<()> {
    note("B9: search in 1,000,000 messages and 100,000 documents");
    let folder = Folder::fresh()?;
    let server = Server::start(binary, &folder).await?;
    let asker = server.animator().await?;
    let mut corpus = Corpus::new();
    Corpus::found(&server, "ines.charge@reseau.example")?;
    fill(&server, &mut corpus, 0, MESSAGES)?;
    let worst = compare(&server, &asker, &corpus, "1,000,000 messages", None, report).await?;
    if full {
        fill(&server, &mut corpus, MESSAGES, MANY)?;
        compare(&server, &asker, &corpus, "5,000,000 messages", Some(worst), report).await?;
    }
    server.stop().await
}

/// Puts messages into the database, and documents beside the first; what finds them is made afterwards.
fn fill(server: &Server, corpus: &mut Corpus, from: usize, to: usize) -> Result<()> {
    let began = Instant::now();
    server.sql("drop index messages_search; drop index messages_created;")?;
    corpus.messages(server, from, to)?;
    if from == 0 {
        corpus.documents(server, DOCUMENTS)?;
    }
    server.sql(
        "set maintenance_work_mem = '512MB';
         create index messages_search on messages using gin (search);
         create index messages_created on messages using brin (created_at) with (pages_per_range = 64);
         update threads set last_position = (select count(*) from messages where thread_id = threads.id);",
    )?;
    server.vacuum()?;
    // What the program takes over from these statistics by itself within the hour.
    server.sql(
        "delete from common_lexemes;
         insert into common_lexemes select distinct name
         from pg_stats cross join unnest(most_common_elems::text::text[]) name
         where tablename = 'messages' and attname = 'search' and name is not null;",
    )?;
    note(&format!("  loaded in {:.0} s", began.elapsed().as_secs_f64()));
    Ok(())
}

fn classes(corpus: &Corpus) -> Vec<Class> {
    let word = |rank: usize| corpus.word(rank).to_owned();
    let class = |name, of: &dyn Fn(usize) -> (String, String)| Class { name, questions: (0..10).map(of).collect() };
    let same = |typed: String| (typed.clone(), typed);
    let bare = |text: String| text.replace('é', "e").replace('œ', "oe");
    vec![
        class("rare", &|number| same(word(80_000 + number * 1_000))),
        class("middling", &|number| same(word(1_000 + number * 300))),
        class("two common", &|number| same(format!("{} {}", word(20 + number * 3), word(60 + number * 3)))),
        class("very common", &|number| same(word(2 + number))),
        class("beginning", &|number| {
            let begins: String = word(500 + number * 97).chars().take(6).collect();
            (format!("{begins}*"), format!("{}:*", bare(begins)))
        }),
        class("without accents", &|number| {
            let first = 2_000 + number * 150;
            let accented = (first..first + 150).map(word).find(|word| word.contains('é')).unwrap_or_default();
            (bare(accented.clone()), accented)
        }),
        class("rare and common", &|number| same(format!("{} {}", word(5_000 + number * 700), word(10 + number)))),
    ]
}

/// Asks in turns, and tells; the 95th percentile of the slowest class, in ms.
async fn compare(
    server: &Server,
    asker: &Person,
    corpus: &Corpus,
    what: &str,
    smaller: Option<f64>,
    report: &mut Report,
) -> Result<f64> {
    let classes = classes(corpus);
    let mut line = Line::new("B9", &format!("search, {what}, rights on"));
    for class in &classes {
        let mut wrong = 0;
        for (typed, plainly) in &class.questions {
            wrong += usize::from(found(asker, typed).await? != holding(server, plainly)?);
        }
        line.valid(wrong == 0);
        ensure!(wrong == 0, "{}: {wrong} questions were answered wrongly", class.name);
    }
    let (mut times, mut lightest) = (Vec::new(), Vec::new());
    times.resize_with(classes.len(), Times::default);
    for round in 0..ROUNDS {
        note(&format!("  round {} of {ROUNDS}", round + 1));
        lightest.push(ask(asker, &["/api/v1/me".to_owned()], ASKED).await?);
        for (class, times) in classes.iter().zip(&mut times) {
            let address = |more: &str| -> Vec<_> {
                class.questions.iter().map(|(typed, _)| format!("/api/v1/search?q={}{more}", encoded(typed))).collect()
            };
            times.whole.push(ask(asker, &address(""), ASKED).await?);
            times.messages.push(ask(asker, &address("&kind=message"), ASKED).await?);
            times.plain.push(plain(server, class)?);
        }
    }
    Ok(tell(line, &classes, &times, of(&lightest, 50), smaller, report))
}

/// Puts the figures into the line, and prints it.
fn tell(
    mut line: Line,
    classes: &[Class],
    times: &[Times],
    lightest: f64,
    smaller: Option<f64>,
    report: &mut Report,
) -> f64 {
    let mut worst: f64 = 0.0;
    for (class, times) in classes.iter().zip(times) {
        worst = worst.max(of(&times.whole, 95));
        match class.name {
            // What the plain query goes without: a request, and who asks.
            "rare" => line.bound(
                "rare word: messages less the lightest answer, p50, in the plain query's",
                (of(&times.messages, 50) - lightest) / of(&times.plain, 50),
                Bound::AtMost(1.5),
            ),
            "very common" => line.bound(
                "very common word: the plain query's p95, in that of messages",
                of(&times.plain, 95) / of(&times.messages, 95),
                Bound::AtLeast(50.0),
            ),
            _ => {}
        }
        let figures =
            |rounds: &[Vec<Duration>]| json!({ "p50": rounded(of(rounds, 50)), "p95": rounded(of(rounds, 95)) });
        line.with(
            class.name,
            json!({ "all_ms": figures(&times.whole), "messages_ms": figures(&times.messages),
                "plain_ms": figures(&times.plain) }),
        );
    }
    line.bound("slowest class, everything, p95, ms", worst, Bound::AtMost(20.0));
    if let Some(smaller) = smaller {
        line.bound("the same, in that of 1,000,000 messages", worst / smaller, Bound::AtMost(1.5));
    }
    line.with("lightest_answer_ms", rounded(lightest));
    report.line(line);
    worst
}

/// Asks each in turn; how long the answers took.
async fn ask(asker: &Person, addresses: &[String], times: usize) -> Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(times);
    for address in addresses.iter().cycle().take(times) {
        let began = Instant::now();
        asker.page(address).await?;
        took.push(began.elapsed());
    }
    Ok(took)
}

/// The messages that are found first.
async fn found(asker: &Person, typed: &str) -> Result<Vec<String>> {
    let found = asker.get(&format!("/api/v1/search?kind=message&q={}", encoded(typed))).await?;
    let items = found["messages"]["items"].as_array().context("messages are a list")?;
    Ok(items.iter().filter_map(|item| item["id"].as_str()).map(str::to_owned).collect())
}

/// Those that hold the words, by the plain query.
fn holding(server: &Server, plainly: &str) -> Result<Vec<String>> {
    let ids = server.sql(&format!("select string_agg(id::text, ' ') from ({}) found;", plain_query(plainly)))?;
    Ok(ids.split_whitespace().map(str::to_owned).collect())
}

/// What one would write first: the asker's twenty latest messages that hold the words, with their extracts.
fn plain_query(plainly: &str) -> String {
    let query = match plainly.strip_suffix(":*") {
        // What is shorter than its beginning is the stem of some of the words that begin so.
        Some(begins) => format!(
            "('{plainly}'::tsquery || plainto_tsquery('public.fr', '{begins}') || plainto_tsquery('public.fr', '{begins}ion'))"
        ),
        None => format!("websearch_to_tsquery('public.fr', '{plainly}')"),
    };
    format!(
        "with found as (
           select messages.id, messages.thread_id, messages.body, messages.author_id, messages.created_at
           from messages
           join members on members.group_id = messages.group_id and members.ended_seq is null
           join people asker on asker.id = members.person_id and asker.email = 'ines.charge@reseau.example'
           where messages.search @@ {query}
           order by messages.created_at desc
           limit 20)
         select found.id, people.name, threads.title, ts_headline('public.fr', found.body, {query})
         from found
         join people on people.id = found.author_id
         join threads on threads.id = found.thread_id
         order by found.created_at desc"
    )
}

/// How long the plain query took, for questions of a class that are drawn at random.
fn plain(server: &Server, class: &Class) -> Result<Vec<Duration>> {
    let folder = Folder::fresh()?;
    let mut pgbench = Command::new(peers::programs()?.join("pgbench"));
    pgbench.args(["--no-vacuum", "--protocol", "prepared", "--username", "preau", "--host", &server.socket()?]).args([
        "--client",
        "1",
        "--time",
        &PLAIN.as_secs().to_string(),
        "--log",
        "--random-seed",
        "7",
    ]);
    for (number, (_, plainly)) in class.questions.iter().enumerate() {
        let script = folder.path().join(format!("{number}.sql"));
        std::fs::write(&script, format!("{};\n", plain_query(plainly)))?;
        pgbench.arg("--file").arg(&script);
    }
    let output = pgbench.arg("preau").current_dir(folder.path()).stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    pgbench::logged(&folder)
}

/// As an address has it.
fn encoded(typed: &str) -> String {
    let part = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    typed.bytes().map(part).collect()
}
