//! B18: 1,000 online who are idle, and who type. All chose to show that they write and to see that others do; a tenth of
//! them write in the same thread, and 5 % a second lose their connection and come back, with their subscription.
//!
//! The same crowd is measured idle, writing, coming and going, and doing both. The model is a server that passes each
//! word of each who writes to each who reads, as it comes.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::{
    crowd::{Crowd, preau::Preau},
    processor,
    report::{Bound, Line, Report, note, rounded},
    room::{Room, seats},
    server::{Person, Server},
};

/// How many are there, how many of them write, and how many lose their connection each second.
const MEMBERS: usize = 1000;
const TYPISTS: usize = 100;
const COMINGS: usize = 50;
/// How often who writes says so.
const EVERY: Duration = Duration::from_secs(3);
const LASTING: Duration = Duration::from_secs(30);
/// The same of who is idle: two rounds of heartbeats, and of where the streams stand.
const IDLE: Duration = Duration::from_mins(1);
/// What happens is spread in steps of this length.
const STEP: Duration = Duration::from_millis(5);
/// Who comes back next: a number that has no divisor in common with that of the members reaches all of them.
const STRIDE: usize = 377;

/// How many write, and come back each second.
#[derive(Clone, Copy)]
struct Life {
    name: &'static str,
    typists: usize,
    comings: usize,
    lasting: Duration,
}

/// What a stretch of life came to.
struct Figures {
    cores: f64,
    /// Bytes a second to each member: all of them, and those of the frames of who writes.
    received: f64,
    typing: f64,
    /// Frames a second to each member.
    frames: f64,
    /// What the model would send, in bytes a second to each member.
    model: f64,
}

/// Measures the processors and the bytes of each of four lives.
pub(crate) async fn measure(server: &Server, animator: &Person, report: &mut Report) -> Result<()> {
    note("B18: typing at 1,000 online");
    let room = Room::of(server, animator, "Vive voix", seats(0, 1, MEMBERS)).await?;
    server.sql(&format!(
        "update people set shows_typing = true where id in (select person_id from members where group_id = '{}');
         analyze people;",
        room.groups[0].id
    ))?;
    let mut crowd = room.crowd()?;
    let lives = [
        Life { name: "idle", typists: 0, comings: 0, lasting: IDLE },
        Life { name: "typing", typists: TYPISTS, comings: 0, lasting: LASTING },
        Life { name: "coming_and_going", typists: 0, comings: COMINGS, lasting: LASTING },
        Life { name: "both", typists: TYPISTS, comings: COMINGS, lasting: LASTING },
    ];
    let mut figures = Vec::new();
    for life in lives {
        let came_to = lead(&mut crowd, server, life)?;
        let Figures { cores, received, .. } = came_to;
        note(&format!("  {}: {cores:.3} processors, {received:.0} bytes/s to each", life.name));
        figures.push(came_to);
    }
    let [idle, typing, coming, both] = &figures[..] else { anyhow::bail!("a life is missing") };
    let what = "1,000 members who see each other write: 10 % write in one thread, 5 % a second reconnect";
    let mut line = Line::new("B18", what);
    line.valid(crowd.faults().are_none() && crowd.ready() == MEMBERS);
    line.valid(crowd.memories().skip(TYPISTS).all(|memory| memory.typings > 0));
    line.bound("processors of 1,000 idle members", idle.cores, Bound::AtMost(0.05));
    line.bound("bytes a second to each idle member", idle.received, Bound::AtMost(200.0));
    line.bound(
        "processors of typing, over those of the same crowd idle",
        typing.cores - idle.cores,
        Bound::AtMost(0.05),
    );
    line.bound("processors of typing while members come and go", both.cores - coming.cores, Bound::AtMost(0.05));
    line.bound("bytes a second to each member, with both", both.received, Bound::AtMost(200.0));
    line.bound("bytes of typing, in those of the model", typing.typing / typing.model, Bound::AtMost(0.05));
    for (life, figures) in lives.iter().zip(&figures) {
        line.with(life.name, told(figures));
    }
    report.line(line);
    Ok(())
}

/// Lets the crowd live for a while.
fn lead(crowd: &mut Crowd<Preau>, server: &Server, life: Life) -> Result<Figures> {
    let (programs, bytes, heard) = (server.programs()?, crowd.bytes(), typings(crowd));
    let before = processor::time(&programs)?;
    let began = Instant::now();
    let (mut said, mut came) = (0, 0);
    while began.elapsed() < life.lasting {
        let passed = began.elapsed().as_secs_f64();
        while (said as f64) < passed * life.typists as f64 / EVERY.as_secs_f64() {
            let who = said % life.typists;
            crowd.say_beside(who, |preau, out| preau.typing(who, out));
            said += 1;
        }
        while (came as f64) < passed * life.comings as f64 {
            crowd.come_back(came * STRIDE % MEMBERS, server.address())?;
            came += 1;
        }
        crowd.idle(STEP)?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let cores = (processor::time(&programs)? - before) / seconds;
    let received = (crowd.bytes() - bytes) as f64;
    let (frames, typing) = typings(crowd);
    let (frames, typing) = ((frames - heard.0) as f64, (typing - heard.1) as f64);
    let weight = if frames > 0.0 { typing / frames } else { 0.0 };
    // Whoever has just come back is ready for the next life.
    crowd.idle(Duration::from_secs(1))?;
    let each = |sum: f64| sum / MEMBERS as f64 / seconds;
    let model = each(said as f64 * (MEMBERS - 1) as f64 * weight);
    Ok(Figures { cores, received: each(received), typing: each(typing), frames: each(frames), model })
}

/// How many frames of who writes the crowd was told, and in how many bytes.
fn typings(crowd: &Crowd<Preau>) -> (u64, u64) {
    crowd.memories().fold((0, 0), |(frames, bytes), memory| (frames + memory.typings, bytes + memory.typing_bytes))
}

fn told(figures: &Figures) -> Value {
    json!({
        "processors": rounded(figures.cores),
        "bytes_per_s_each": figures.received.round(),
        "typing_bytes_per_s_each": figures.typing.round(),
        "typing_frames_per_s_each": rounded(figures.frames),
        "model_bytes_per_s_each": figures.model.round(),
    })
}
