//! B5: what a connected member weighs: 5,000 of them, signed in, following 20 channels each, idle for 30 seconds.
//!
//! ejabberd's members are in one of the 20 rooms each, which is in its favour: to have 5,000 of them join 20 takes it more
//! than a quarter of an hour.

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::Result;
use serde_json::json;

use crate::{
    cast,
    crowd::{
        Crowd, Protocol, Seat,
        bare::{Bare, Framing},
        preau::{Member, Preau},
        ws::Ws,
        xmpp::Xmpp,
    },
    peers::{self, Ejabberd, Postgres},
    processor,
    report::{Bound, Line, Report, median, note, rounded},
    room::follower,
    server::{Folder, Server},
    sides::Program,
};

/// How many are connected.
const MEMBERS: usize = 5000;
/// How many channels each follows.
const CHANNELS: usize = 20;
/// How long they are left alone before the server is weighed.
const IDLE: Duration = Duration::from_secs(30);
/// How often each side is weighed.
const ROUNDS: usize = 3;
/// How many posts there are in what nobody says here.
const UNUSED: usize = 300;

/// Weighs each side, started afresh each time.
pub(crate) async fn measure(binary: &Path, postgres: &Postgres, report: &mut Report) -> Result<()> {
    note("B5: 5,000 members of 20 channels");
    let folder = Folder::fresh()?;
    let members = prepare(binary, &folder).await?;
    let mut weights = [const { Vec::new() }; 4];
    for round in 0..ROUNDS {
        let server = Server::start(binary, &folder).await?;
        let preau = Preau::new(server.url(), members.clone());
        weights[0].push(weigh(server.address(), preau, || server.memory())?);
        server.stop().await?;
        let ws = peers::ws()?;
        let follower = Ws { channels: (0..CHANNELS).collect() };
        weights[1].push(weigh(ws.address, follower, || processor::memory(&[ws.pid()]))?);
        let ejabberd = Ejabberd::start(postgres)?;
        let rooms = Xmpp::new((0..MEMBERS).map(|member| (vec![member % CHANNELS], false)).collect(), UNUSED);
        weights[2].push(weigh(ejabberd.address, rooms, || processor::memory(&[ejabberd.pid()]))?);
        let tcp = Program::limit(Framing::Length)?;
        let bare = Bare::new(Framing::Length, UNUSED, 0);
        weights[3].push(weigh(tcp.address, bare, || processor::memory(&[tcp.pid()]))?);
        let last: Vec<_> = weights.iter().filter_map(|weights| weights.last()).map(|&weight| rounded(weight)).collect();
        note(&format!("  round {}: KiB a connection, preau, ws, ejabberd, tcp: {last:?}", round + 1));
    }
    let [preau, ws, ejabberd, tcp] = weights.map(median);
    let mut line =
        Line::new("B5", "memory a connected member, KiB of PSS: 5,000 members of 20 channels, idle for 30 s");
    line.bound("KiB", preau, Bound::AtMost(8.0));
    line.bound("in ws's", preau / ws, Bound::AtMost(0.6));
    line.bound("in ejabberd's", preau / ejabberd, Bound::AtMost(0.15));
    let figures = json!({
        "preau": rounded(preau), "ws": rounded(ws), "ejabberd": rounded(ejabberd), "tcp": rounded(tcp),
    });
    line.with("kib_per_connection", figures);
    report.line(line);
    Ok(())
}

/// Puts the members into a folder of their own, and stops the server.
async fn prepare(binary: &Path, folder: &Folder) -> Result<Vec<Member>> {
    let server = Server::start(binary, folder).await?;
    let animator = server.animator().await?;
    cast::people(&server, MEMBERS)?;
    let mut groups = Vec::new();
    for number in 0..CHANNELS {
        groups.push(cast::group(&server, &animator, &format!("Salon {number}"), 0, MEMBERS).await?);
    }
    server.sql("analyze;")?;
    server.stop().await?;
    Ok((0..MEMBERS).map(|number| follower(number, &groups)).collect())
}

/// The KiB by which a server grows for each connection.
fn weigh<P: Protocol>(address: SocketAddr, protocol: P, memory: impl Fn() -> Result<f64>) -> Result<f64> {
    let before = memory()?;
    let seats = vec![Seat { speaks: false, listens: true, channel: 0 }; MEMBERS];
    let mut crowd = Crowd::connect(address, protocol, &seats)?;
    note(&format!("  {MEMBERS} are connected, {} tries were refused", crowd.refusals()));
    crowd.idle(IDLE)?;
    let faults = crowd.faults();
    anyhow::ensure!(faults.are_none(), "{faults:?}");
    Ok((memory()? - before) / 1024.0 / MEMBERS as f64)
}
