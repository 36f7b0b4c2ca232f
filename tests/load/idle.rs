//! What 1,000 connected members cost who do nothing: heartbeats, and where their streams stand every 30 seconds.

use std::time::Duration;

use anyhow::Result;

use crate::{
    cast,
    crowd::{Crowd, preau::Preau},
    lineup::{members, seats},
    processor,
    report::{Bound, Line, Report, note, rounded},
    server::{Person, Server},
};

/// How many are connected, and for how long they are looked at: two rounds of heartbeats.
const MEMBERS: usize = 1000;
const LASTING: Duration = Duration::from_mins(1);

/// Measures the processor and the bytes of idle members, over what the server alone takes.
pub(crate) async fn measure(server: &Server, animator: &Person, report: &mut Report) -> Result<()> {
    note("1,000 idle members");
    cast::people(server, MEMBERS)?;
    let group = cast::group(server, animator, "Silence", 0, MEMBERS).await?;
    let seats = seats(0, 1, MEMBERS);
    let mut crowd = Crowd::connect(server.address(), Preau::new(server.url(), members(&seats, &[group])), &seats)?;
    let (programs, bytes) = (server.programs()?, crowd.bytes());
    let before = processor::time(&programs)?;
    crowd.idle(LASTING)?;
    let cores = (processor::time(&programs)? - before) / LASTING.as_secs_f64();
    let received = (crowd.bytes() - bytes) as f64 / MEMBERS as f64 / LASTING.as_secs_f64();
    let faults = crowd.faults();
    let mut line =
        Line::new("idle", "1,000 members connected, nobody says anything: heartbeats and positions, for a minute");
    line.valid(faults.are_none());
    line.ratio("processors", cores, Bound::AtMost(0.05));
    line.ratio("bytes a second to each member", received, Bound::AtMost(200.0));
    line.with("cut", faults.cut);
    line.with("processors", rounded(cores));
    report.line(line);
    Ok(())
}
