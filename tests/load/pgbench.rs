//! The limits of PostgreSQL, by its own pgbench: on the very database and schema of the server under measure, the
//! statement with which the product writes messages, and nothing else.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use crate::{
    cast::{self, Group},
    peers,
    report::note,
    server::{Folder, Server},
};

/// What one transaction writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writing {
    /// The group; nobody else may write to it meanwhile.
    pub(crate) group: Group,
    /// How many messages one transaction writes.
    pub(crate) rows: u32,
    /// How many connections write at once.
    pub(crate) clients: u32,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Messages a second.
    pub(crate) rows: f64,
    /// How long each transaction took.
    pub(crate) took: Vec<Duration>,
}

impl Writing {
    /// Writes for so long.
    pub(crate) fn run(self, server: &Server, lasting: Duration) -> Result<Run> {
        let folder = Folder::fresh()?;
        let script = folder.path().join("write.sql");
        std::fs::write(&script, self.script())?;
        let output = Command::new(peers::programs()?.join("pgbench"))
            .args(["--no-vacuum", "--protocol", "prepared", "--username", "preau", "--host", &server.socket()?])
            .args(["--client", &self.clients.to_string(), "--time", &lasting.as_secs().to_string(), "--log"])
            .arg("--file")
            .arg(&script)
            .arg("preau")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .context("pgbench is not installed: run deploy/install-deps.sh bench")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let took = logged(&folder)?;
        let rows = took.len() as f64 * f64::from(self.rows) / lasting.as_secs_f64();
        note(&format!("  pgbench, {} rows a commit, {} clients: {rows:.0} rows/s", self.rows, self.clients));
        Ok(Run { rows, took })
    }

    /// The product's lock and its one statement for a whole batch, with the rows made on the spot.
    fn script(self) -> String {
        let Self { group: Group { id: group, thread }, rows, .. } = self;
        let author = cast::person(0);
        format!(
            "begin;
select last_seq as last from streams where id = '{group}' for update \\gset
select last_position as position from threads where id = '{thread}' \\gset
with item as (
  select gen_random_uuid() as id, '{thread}'::uuid as thread_id, :position::integer + number as position,
    '{author}'::uuid as author_id, null::uuid as assignment_id, body, '<p>' || body || '</p>' as html,
    decode(repeat('00', 32), 'hex') as fingerprint, :last::bigint + number as seq
  from generate_series(1, {rows}) number
  cross join lateral (
    select substr(words, 1 + (:last::bigint + number)::integer * 37 % 600, 300) as body
    from (values ('{}')) text (words)) said
), said as (
  insert into messages
    (id, thread_id, group_id, position, created_seq, author_id, assignment_id, body, html, fingerprint, created_at)
  select id, thread_id, '{group}', position, seq, author_id, assignment_id, body, html, fingerprint, now() from item
), counted as (
  update threads set last_position = last.position, active_at = now()
  from (select thread_id, max(position) as position from item group by thread_id) last
  where threads.id = last.thread_id
), read as (
  insert into read_positions (person_id, thread_id, position)
  select author_id, thread_id, max(position) from item group by author_id, thread_id
  on conflict (person_id, thread_id) do update
    set position = greatest(read_positions.position, excluded.position)
), logged as (
  insert into events (stream_id, seq, kind, subject_id, thread_id, actor_id, at)
  select '{group}', seq, 'message.created', id, thread_id, author_id, now() from item
)
update streams set last_seq = :last::bigint + {rows} where id = '{group}';
commit;
",
            crate::crowd::text::WORDS
        )
    }
}

/// How long each transaction took, from the logs of all threads: the third word of a line, in µs.
pub(crate) fn logged(folder: &Folder) -> Result<Vec<Duration>> {
    let mut took = Vec::new();
    for entry in std::fs::read_dir(folder.path())? {
        let path = entry?.path();
        if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pgbench_log")) {
            continue;
        }
        for line in std::fs::read_to_string(path)?.lines() {
            let word = line.split(' ').nth(2).context("a transaction has its time")?;
            took.push(Duration::from_micros(word.parse()?));
        }
    }
    Ok(took)
}
