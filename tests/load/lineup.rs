//! Who takes part in a benchmark: for the same seats, Préau, its peers and the limits, each with its crowd connected.

use std::time::Duration;

use anyhow::Result;

use crate::{
    cast,
    crowd::{
        Crowd, Pace, Seat,
        bare::{Bare, Framing},
        preau::BODY,
        socketio::SocketIo,
        xmpp::Xmpp,
    },
    peers::{self, Ejabberd, Postgres},
    room::Room,
    sides::{Connected, Program, Role, Side},
};

/// How a side is made ready, before anything is measured.
const WARM_UP: Duration = Duration::from_secs(1);

/// The seats of a benchmark, and the pace at which they are warmed up.
pub(crate) struct Lineup<'a> {
    pub(crate) seats: Vec<Seat>,
    pub(crate) pace: Pace,
    /// The PostgreSQL of the peers.
    pub(crate) postgres: &'a Postgres,
    /// The bytes of a delivery on every side: what Préau's weighs.
    pub(crate) weight: usize,
}

impl<'a> Lineup<'a> {
    /// Préau's members in their seats; its delivery is the measure of the others'.
    pub(crate) fn preau(
        name: &'static str,
        room: Room<'a>,
        pace: Pace,
        postgres: &'a Postgres,
    ) -> Result<(Self, Box<dyn Side + 'a>)> {
        let mut crowd = room.crowd()?;
        let weighed = crowd.talk(pace, WARM_UP)?;
        let weight = usize::try_from(weighed.bytes / weighed.deliveries.max(1))?;
        let Room { server, seats, groups } = room;
        let side = Connected {
            name,
            role: Role::Own,
            crowd,
            programs: server.programs()?,
            rows: Some(Box::new(move || cast::rows(server, &groups))),
            owned: Box::new(()),
        };
        Ok((Self { seats, pace, postgres, weight }, Box::new(side)))
    }

    /// One of the bare limits.
    pub(crate) fn limit(&self, framing: Framing) -> Result<Box<dyn Side + 'a>> {
        let program = Program::limit(framing)?;
        let speakers = self.seats.iter().filter(|seat| seat.speaks).count();
        let mut crowd = Crowd::connect(program.address, Bare::new(framing, self.weight, speakers), &self.seats)?;
        crowd.talk(self.pace, WARM_UP)?;
        let name = if framing == Framing::Length { "tcp" } else { "web_socket" };
        let programs = vec![program.pid()];
        Ok(Box::new(Connected { name, role: Role::Own, crowd, programs, rows: None, owned: Box::new(program) }))
    }

    /// ejabberd: a room a channel, archived.
    pub(crate) fn ejabberd(&self) -> Result<Box<dyn Side + 'a>> {
        let program = Ejabberd::start(self.postgres)?;
        let before = archived(self.postgres)?;
        let mut crowd = Crowd::connect(program.address, Xmpp::new(self.rooms(), BODY), &self.seats)?;
        let weighed = crowd.talk(self.pace, WARM_UP)?;
        let heavier = self.weight.saturating_sub(usize::try_from(weighed.bytes / weighed.deliveries.max(1))?);
        crowd.protocol_mut().body += heavier;
        let postgres = self.postgres;
        Ok(Box::new(Connected {
            name: "ejabberd",
            role: Role::Peer,
            crowd,
            programs: vec![program.pid(), postgres.pid()],
            rows: Some(Box::new(move || Ok(archived(postgres)? - before))),
            owned: Box::new(program),
        }))
    }

    /// socket.io with pg.
    pub(crate) fn socketio(&self) -> Result<Box<dyn Side + 'a>> {
        let program = peers::socketio(self.postgres, self.weight)?;
        let before = inserted(self.postgres)?;
        let mut crowd = Crowd::connect(program.address, SocketIo::new(self.rooms()), &self.seats)?;
        crowd.talk(self.pace, WARM_UP)?;
        let postgres = self.postgres;
        Ok(Box::new(Connected {
            name: "socketio",
            role: Role::Peer,
            crowd,
            programs: vec![program.pid(), postgres.pid()],
            rows: Some(Box::new(move || Ok(inserted(postgres)? - before))),
            owned: Box::new(program),
        }))
    }

    /// The rooms of each seat, and whether it posts.
    fn rooms(&self) -> Vec<(Vec<usize>, bool)> {
        self.seats.iter().map(|seat| (vec![seat.channel], seat.speaks)).collect()
    }
}

fn archived(postgres: &Postgres) -> Result<u64> {
    Ok(postgres.sql("ejabberd", "select count(*) from archive where txt like 'zq:%'")?.parse()?)
}

fn inserted(postgres: &Postgres) -> Result<u64> {
    Ok(postgres.sql("socketio", "select count(*) from messages")?.parse()?)
}
