//! What is under test: nodes, their PostgreSQL, the proxy in front of them, and the folder that holds it all. Whatever
//! way a run ends, dropping the arena leaves no process, no mount and no folder behind.

mod clock;
mod folder;
mod nats;
mod node;
mod postgres;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;

use crate::{history::Recorder, proxy::Proxy};
pub(crate) use clock::Clock;
pub(crate) use folder::Folder;
pub(crate) use nats::Nats;
pub(crate) use node::Node;
pub(crate) use postgres::Postgres;

/// The longest that anything here may take to start or to stop.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How an arena is laid out.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The program under test.
    pub(crate) binary: PathBuf,
    /// The same program with its points, which the last of several nodes is.
    pub(crate) faulty: PathBuf,
    /// How many nodes.
    pub(crate) nodes: usize,
    /// How large the disks of the database and of files are, in MiB.
    pub(crate) disk_mib: u32,
    /// Whether nodes tell each other of new events by NATS, instead of by their database.
    pub(crate) nats: bool,
}

/// What is under test. The fields are dropped in order: processes first, their folder last.
#[derive(Debug)]
pub(crate) struct Arena {
    /// The nodes.
    pub(crate) nodes: Vec<Node>,
    /// Their database's server.
    pub(crate) postgres: Postgres,
    /// By what they tell each other of new events, where it is not the database.
    pub(crate) nats: Option<Nats>,
    /// What clients connect to.
    pub(crate) proxy: Proxy,
    /// The time in which the first of several nodes lives.
    pub(crate) clock: Clock,
    /// Where everything is.
    pub(crate) folder: Folder,
}

impl Arena {
    /// Starts everything. One node has the private PostgreSQL that it starts itself, as a small network runs it, so
    /// that its adoption after a crash is under test too; several share one that is supervised here.
    pub(crate) async fn start(plan: &Plan, recorder: &Recorder) -> Result<Self> {
        let folder = Folder::fresh(plan.disk_mib)?;
        let ports: Vec<u16> = (0..plan.nodes).map(|_| free_port()).collect::<Result<_>>()?;
        let proxy = Proxy::start(&ports).await?;
        let mut environment = vec![("PREAU_PUBLIC_URL".to_owned(), format!("http://{}", proxy.address()))];
        let nats = if plan.nats { Some(Nats::start().await?) } else { None };
        environment.extend(nats.iter().map(|nats| ("PREAU_NATS_URL".to_owned(), nats.url())));
        let supervised = if plan.nodes > 1 {
            let postgres = Postgres::start(&folder).await?;
            environment.push(("DATABASE_URL".to_owned(), postgres.url()));
            Some(postgres)
        } else {
            None
        };
        let launch = |port: u16| Node::new(&plan.binary, port, (&folder, recorder), &environment);
        let mut nodes = ports.into_iter().map(launch).collect::<Vec<_>>();
        let clock = Clock::new(folder.path())?;
        if let [_, .., last] = nodes.as_mut_slice() {
            *last = launch(last.port()).faulty(&plan.faulty);
        }
        if let [first, _, ..] = nodes.as_mut_slice() {
            clock.environment().iter().for_each(|(name, value)| first.set(name, value));
        }
        for node in &mut nodes {
            node.start()?;
            node.wait_until_ready(PATIENCE).await?;
        }
        let postgres = match supervised {
            Some(postgres) => postgres,
            None => Postgres::attach(&folder).await?,
        };
        Ok(Self { nodes, postgres, nats, proxy, clock, folder })
    }

    /// Starts every node again, with a seeded bug.
    pub(crate) async fn plant(&mut self, bug: &str) -> Result<()> {
        for node in &mut self.nodes {
            node.set("PREAU_BUG", bug);
            node.kill().await?;
            node.start()?;
            node.wait_until_ready(PATIENCE).await?;
        }
        Ok(())
    }

    /// Stops everything in good order.
    pub(crate) async fn stop(mut self) -> Result<()> {
        for node in &mut self.nodes {
            node.terminate(PATIENCE).await?;
        }
        self.postgres.stop().await
    }

    /// What the nodes had to say, for who looks into a failure: the last lines of each.
    pub(crate) fn last_words(&self) -> String {
        let words = self.nodes.iter().map(|node| format!("node {}: {}", node.port(), node.last_words()));
        words.collect::<Vec<_>>().join("\n")
    }
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Whether a process lives: one that has ended and was not asked for its status does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    state(pid).is_some_and(|state| state != 'Z')
}

/// What a process does (`/proc/PID/stat`, field 3), if there is one.
fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Sends a signal; a process that is gone needs none.
pub(crate) fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        rustix::process::kill_process(pid, signal).ok();
    }
}
