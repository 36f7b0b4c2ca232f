//! B17: what rights cost. The load of B1 on a group of plain members, and on one whose members have every role, belong to
//! 20 groups, and lose one of theirs every second.
//!
//! The rights that the product has are measured: private threads, mutes and roles by channel are none of them.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::{
    cast::{self, Group},
    crowd::{Crowd, Pace, Seat, preau::Preau},
    lineup::Lineup,
    peers::Postgres,
    report::{Bound, Line, Report, note},
    room::{Room, follower, seats},
    server::{Person, Server},
    sides::{Rounds, Turns, percentile, tell},
};

/// How many read, and how many of them are removed one after another.
const READERS: usize = 1000;
const LEAVERS: usize = 60;
const PACE: Pace = Pace::Delivered(32);
/// How many groups the members are in.
const GROUPS: usize = 20;
/// How often each side has its turn, and for how long.
const ROUNDS: usize = 5;
const LASTING: Duration = Duration::from_secs(4);

/// What the removals came to.
struct Removals {
    /// Up to where each removed person was told, by their number.
    told: HashMap<usize, u64>,
    /// From the answer to the removal to the last word to the removed.
    took: Vec<Duration>,
}

/// Measures the group of plain members and the one with rights, in turns.
pub(crate) async fn measure(
    server: &Server,
    animator: &Person,
    postgres: &Postgres,
    report: &mut Report,
) -> Result<()> {
    note("B17: what rights cost");
    let seats = seats(1, 1, READERS);
    let all = seats.len() + LEAVERS;
    cast::people(server, all)?;
    let plain = Room::of(server, animator, "Sans façon", seats.clone()).await?;
    let group = cast::group(server, animator, "Avec des droits", 0, all).await?;
    for number in 1..GROUPS {
        cast::group(server, animator, &format!("Voisin {number}"), 0, all).await?;
    }
    server.sql(&format!(
        "update members set role = (array['animator', 'member', 'member', 'guest'])[1 + abs(hashtext(id::text)) % 4]
         where group_id = '{}' and person_id != '{}' and role = 'member'; analyze;",
        group.id,
        cast::person(0)
    ))?;
    let first = seats.len();
    let (_, without) = Lineup::preau("preau_plain", plain, PACE, postgres)?;
    let (_, with) = Lineup::preau("preau", Room { server, seats, groups: vec![group] }, PACE, postgres)?;
    let mut sides = vec![without, with];
    let leavers = Leavers {
        address: server.address(),
        url: server.url().to_owned(),
        token: animator.token().to_owned(),
        group,
        first,
    };
    let mut rounds = vec![Rounds::default(); sides.len()];
    let mut removals = Removals { told: HashMap::new(), took: Vec::new() };
    let turns = Turns { pace: PACE, times: ROUNDS, lasting: LASTING };
    for _ in 0..turns.times {
        rounds[0].rounds.push(turns.round(&mut sides[..1], 0)?);
        let (stop, leavers) = (Arc::new(AtomicBool::new(false)), leavers.clone());
        let leaving = std::thread::spawn({
            let (stop, done) = (Arc::clone(&stop), removals.took.len());
            move || leavers.leave(done, &stop)
        });
        rounds[1].rounds.push(turns.round(&mut sides[1..], 0)?);
        stop.store(true, Ordering::Relaxed);
        let round = leaving.join().ok().context("the removals ended well")??;
        removals.told.extend(round.told);
        removals.took.extend(round.took);
        sides[0].idle()?;
    }
    let mut line =
        Line::new("B17", "what rights cost: roles, 20 groups each, and a removal every second, under the load of B1");
    judge(&mut line, &rounds, &removals, late(server, group, &removals)?);
    tell(&mut line, &sides, &rounds)?;
    report.line(line);
    Ok(())
}

fn judge(line: &mut Line, rounds: &[Rounds], removals: &Removals, late: usize) {
    let cost = rounds[1].per_delivery() / rounds[0].per_delivery();
    line.bound("processor time a delivery, in that of plain members", cost, Bound::AtMost(1.1));
    line.bound("removed people who were told of anything later", late as f64, Bound::AtMost(0.0));
    line.valid(!removals.told.is_empty());
    line.with("removals", removals.told.len());
    let told = json!({ "p50": percentile(&removals.took, 50), "p99": percentile(&removals.took, 99) });
    line.with("removal_answered_to_last_word_ms", told);
}

/// How many of the removed were told of an event after that of their removal, or not of that one.
fn late(server: &Server, group: Group, removals: &Removals) -> Result<usize> {
    let mut late = 0;
    for (number, told) in &removals.told {
        let ended = server.sql(&format!(
            "select ended_seq from members where group_id = '{}' and person_id = '{}';",
            group.id,
            cast::person(*number)
        ))?;
        late += usize::from(ended.parse::<u64>()? != *told);
    }
    Ok(late)
}

/// People who are removed from a group, one after another.
#[derive(Clone)]
struct Leavers {
    address: SocketAddr,
    url: String,
    token: String,
    group: Group,
    /// The number of the first of them.
    first: usize,
}

impl Leavers {
    /// Removes one person a second, after so many others.
    fn leave(&self, done: usize, stop: &AtomicBool) -> Result<Removals> {
        let mut removals = Removals { told: HashMap::new(), took: Vec::new() };
        let mut number = self.first + done;
        while !stop.load(Ordering::Relaxed) && number < self.first + LEAVERS {
            let began = Instant::now();
            let member = follower(number, &[self.group]);
            let seat = [Seat { speaks: false, listens: true, channel: 0 }];
            let mut crowd = Crowd::connect(self.address, Preau::new(&self.url, vec![member]), &seat)?;
            crowd.idle(Duration::from_millis(200))?;
            self.remove(number)?;
            let answered = Instant::now();
            while crowd.memories().any(|memory| !memory.denied) {
                ensure!(answered.elapsed() < Duration::from_secs(10), "a removed person is not told");
                crowd.idle(Duration::from_millis(1))?;
            }
            removals.took.push(answered.elapsed());
            // What comes after the last word would be told of now.
            crowd.idle(Duration::from_millis(300))?;
            removals.told.extend(crowd.memories().map(|memory| (number, memory.applied())));
            number += 1;
            std::thread::sleep(Duration::from_secs(1).saturating_sub(began.elapsed()));
        }
        Ok(removals)
    }

    fn remove(&self, number: usize) -> Result<()> {
        let person = cast::person(number);
        let mut stream = TcpStream::connect(self.address)?;
        write!(
            stream,
            "DELETE /api/v1/groups/{}/members/{person} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-length: 0\r\nconnection: close\r\n\r\n",
            self.group.id, self.address, self.token
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 20"), "{answer}");
        Ok(())
    }
}
