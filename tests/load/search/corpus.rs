//! What is searched: messages and documents of words that are as frequent as those of people, the same for every run.
//!
//! The n-th word is said 1/(n + 3) times as often as all together, as Zipf found of every language: a few are in every
//! third message, and most in hardly any.

use std::{
    io::{BufWriter, Write},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::server::Server;

/// How many words there are.
const WORDS: usize = 120_000;
/// How many words a message has, at least and at most.
const LENGTHS: (usize, usize) = (20, 70);
/// How many groups there are, each with so many threads; the asker is a member of every second one.
pub(super) const GROUPS: usize = 20;
const THREADS: usize = 25;
/// How many people write.
const PEOPLE: usize = 50;
/// What words are made of; some of it has accents.
const SYLLABLES: [&str; 40] = [
    "ba", "ca", "ré", "mi", "té", "lo", "ver", "sion", "par", "tra", "vail", "por", "tu", "cha", "gen", "mon", "pli",
    "sou", "ter", "ven", "dé", "con", "pro", "for", "mar", "bri", "qua", "lu", "né", "ro", "sa", "ti", "vo", "fé",
    "gra", "jou", "lan", "mé", "cœu", "zou",
];

/// Draws numbers, the same ones each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut drawn = self.0;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((drawn ^ (drawn >> 31)) % sides as u64).unwrap_or_default()
    }
}

/// The words, and how often each is said.
pub(super) struct Corpus {
    words: Vec<String>,
    /// For each word, how often it or one before it is said, in parts of the last.
    said: Vec<u64>,
    dice: Dice,
}

impl Corpus {
    pub(super) fn new() -> Self {
        let mut dice = Dice(7);
        let mut known = std::collections::HashSet::new();
        let mut words = Vec::with_capacity(WORDS);
        while words.len() < WORDS {
            let length = 3 + dice.roll(3);
            let word: String = (0..length).map(|_| SYLLABLES[dice.roll(SYLLABLES.len())]).collect();
            // Endings that a stemmer would cut make two words one.
            let word = format!("{word}bo");
            if known.insert(word.clone()) {
                words.push(word);
            }
        }
        let weight = |rank: usize| 1_000_000_000 / (rank as u64 + 3);
        let said = (0..WORDS).scan(0, |sum, rank| {
            *sum += weight(rank);
            Some(*sum)
        });
        Self { words, said: said.collect(), dice }
    }

    /// The word that is said so often: 0 is the most frequent one.
    pub(super) fn word(&self, rank: usize) -> &str {
        &self.words[rank]
    }

    fn draw(&mut self) -> &str {
        let all = usize::try_from(self.said[WORDS - 1]).unwrap_or(usize::MAX);
        let drawn = self.dice.roll(all) as u64;
        &self.words[self.said.partition_point(|said| *said <= drawn)]
    }

    fn sentence(&mut self, least: usize, most: usize, out: &mut String) {
        out.clear();
        for _ in 0..least + self.dice.roll(most - least) {
            let word = self.draw();
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }

    /// Makes the groups, and the asker a member of every second one.
    pub(super) fn found(server: &Server, asker: &str) -> Result<()> {
        crate::cast::people(server, PEOPLE)?;
        let (person, group) = (id("'9000'", "number"), id("'a000'", "number"));
        let (channel, thread) = (id("'b000'", "number"), id("'c000'", "number"));
        let within = id("'a000'", &format!("number / {THREADS}"));
        let of = id("'b000'", &format!("number / {THREADS}"));
        server.sql(&format!(
            "insert into streams (id, kind) select {group}, 'group' from generate_series(0, {GROUPS} - 1) number;
             insert into groups (id, slug, name, purpose, access, created_by, created_at)
               select {group}, 'recherche-' || number, 'Recherche ' || number, '', 'invite', people.id, '2020-01-01'
               from generate_series(0, {GROUPS} - 1) number, people where email = '{asker}';
             insert into members (id, group_id, person_id, role, began_seq, began_at)
               select gen_random_uuid(), {group}, people.id, 'member', 0, now()
               from generate_series(0, {GROUPS} - 1, 2) number, people where email = '{asker}';
             insert into members (id, group_id, person_id, role, began_seq, began_at)
               select gen_random_uuid(), {}, {person}, 'member', 0, now()
               from generate_series(0, {GROUPS} - 1) place, generate_series(0, {PEOPLE} - 1) number;
             insert into channels (id, group_id, name, purpose, created_by, created_at)
               select {channel}, {group}, 'Salon ' || number, '', {}, now() from generate_series(0, {GROUPS} - 1) number;
             insert into threads (id, group_id, channel_id, title, kind, created_by, created_at, active_at)
               select {thread}, {within}, {of}, 'Sujet ' || number, 'message', {}, now(), now()
               from generate_series(0, {GROUPS} * {THREADS} - 1) number;",
            id("'a000'", "place"),
            id("'9000'", "0"),
            id("'9000'", "0"),
        ))?;
        Ok(())
    }

    /// Adds messages, numbered from `from`, a minute apart.
    pub(super) fn messages(&mut self, server: &Server, from: usize, to: usize) -> Result<()> {
        let mut copy = Copy::begin(
            server,
            "messages (id, thread_id, group_id, position, created_seq, author_id, body, html, fingerprint, created_at)",
        )?;
        let mut body = String::new();
        for number in from..to {
            // Some groups talk much more than others.
            let group = self.dice.roll(GROUPS).min(self.dice.roll(GROUPS));
            let thread = group * THREADS + self.dice.roll(THREADS);
            let author = self.dice.roll(PEOPLE);
            self.sentence(LENGTHS.0, LENGTHS.1, &mut body);
            let (place, minute) = (number + 1, 26_000_000 + number);
            copy.row(format_args!(
                "{}\t{}\t{}\t{place}\t{place}\t{}\t{body}\t<p>{body}</p>\t\\\\x{}\t{}",
                uuid(0xd000, number),
                uuid(0xc000, thread),
                uuid(0xa000, group),
                uuid(0x9000, author),
                "00".repeat(32),
                instant(minute),
            ))?;
        }
        copy.end()
    }

    /// Adds documents, an hour apart.
    pub(super) fn documents(&mut self, server: &Server, count: usize) -> Result<()> {
        let mut copy =
            Copy::begin(server, "documents (id, group_id, title, purpose, type, created_by, created_at, updated_at)")?;
        let (mut title, mut purpose) = (String::new(), String::new());
        for number in 0..count {
            self.sentence(3, 7, &mut title);
            self.sentence(8, 16, &mut purpose);
            let kind = if number % 20 == 0 { "minutes" } else { "tool" };
            let at = instant(26_000_000 + number * 10);
            let (group, author) = (self.dice.roll(GROUPS), self.dice.roll(PEOPLE));
            copy.row(format_args!(
                "{}\t{}\t{title}\t{purpose}\t{kind}\t{}\t{at}\t{at}",
                uuid(0xe000, number),
                uuid(0xa000, group),
                uuid(0x9000, author),
            ))?;
        }
        copy.end()
    }
}

/// The id of a thing by its kind and number.
pub(super) fn uuid(kind: u16, number: usize) -> String {
    format!("00000000-0000-7000-{kind:04x}-{number:012x}")
}

/// The same in SQL.
fn id(kind: &str, number: &str) -> String {
    format!("('00000000-0000-7000-' || {kind} || '-' || lpad(to_hex(({number})::bigint), 12, '0'))::uuid")
}

/// So many minutes after 1970, as PostgreSQL reads it.
fn instant(minute: usize) -> String {
    let seconds = i64::try_from(minute * 60).unwrap_or_default();
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339()
}

/// Rows on their way into a table.
struct Copy {
    psql: std::process::Child,
    rows: BufWriter<std::process::ChildStdin>,
}

impl Copy {
    fn begin(server: &Server, table: &str) -> Result<Self> {
        let mut psql = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--username", "preau", "--dbname", "preau", "--host", &server.socket()?])
            .args(["--command", &format!("copy {table} from stdin")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let rows = BufWriter::new(psql.stdin.take().context("psql reads")?);
        Ok(Self { psql, rows })
    }

    fn row(&mut self, row: std::fmt::Arguments<'_>) -> Result<()> {
        self.rows.write_fmt(row)?;
        Ok(self.rows.write_all(b"\n")?)
    }

    fn end(mut self) -> Result<()> {
        drop(self.rows.into_inner()?);
        let status = self.psql.wait()?;
        ensure!(status.success(), "psql ended with {status}");
        Ok(())
    }
}
