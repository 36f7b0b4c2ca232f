//! A reader whose client is the shipped one, in a real browser.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};
use uuid::Uuid;

use crate::{
    cast::Part,
    history::{Form, What, digest_of},
};

/// How long it may take to start, and to say what it shows.
const PATIENCE: Duration = Duration::from_secs(100);

/// A browser with an open page. Its program ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    part: Part,
    program: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

/// What the page shows after all events, and what a fresh one shows.
#[derive(Deserialize)]
struct Compared {
    live: Vec<String>,
    fresh: Vec<String>,
    /// How long it took until both were equal.
    ms: u64,
}

impl Browser {
    /// Opens a thread's page, with a session.
    pub(crate) async fn open(part: Part, secret: &str, thread: Uuid) -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("chaos/browser.mjs");
        let url = format!("http://{}", part.network.address());
        let mut program = Command::new("node")
            .arg(script)
            .args([&url, secret, &format!("/threads/{thread}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("node cannot be run")?;
        let input = program.stdin.take().context("a program that was started reads")?;
        let output = program.stdout.take().context("a program that was started writes")?;
        let mut browser = Self { part, program, input, output: BufReader::new(output).lines() };
        browser.hear().await.context("a browser does not open the page")?;
        // What a page shows is read as it comes.
        browser.part.note(What::Marking { thread, position: i64::MAX });
        Ok(browser)
    }

    /// Notes what the page shows beside what a fresh one does, and closes it.
    pub(crate) async fn compare(mut self) -> Result<()> {
        self.input.write_all(b"compare\n").await?;
        let said = self.hear().await.context("a browser does not say what it shows")?;
        let Compared { live, fresh, ms } = serde_json::from_str(&said)?;
        self.part.note(What::PageCaught { ms });
        for index in 0..live.len().max(fresh.len()) {
            let (live, fresh) = (live.get(index), fresh.get(index));
            let subject = if live == fresh { format!("part {index}") } else { format!("{live:?} for {fresh:?}") };
            let (live, fresh) = (digest_of(&live), digest_of(&fresh));
            self.part.note(What::Compared { form: Form::Dom, subject, live, fresh });
        }
        // It closes in good order once there is nothing more to hear; what does not is ended as it is dropped.
        drop(self.input);
        timeout(PATIENCE / 10, self.program.wait()).await.ok();
        Ok(())
    }

    async fn hear(&mut self) -> Result<String> {
        let line = timeout(PATIENCE, self.output.next_line()).await.context("too long")??;
        line.context("it has ended")
    }
}
