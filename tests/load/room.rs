//! The room of a benchmark: its seats, and who of the cast sits in them.

use anyhow::Result;

use crate::{
    cast::{self, Group},
    crowd::{
        Crowd, Seat,
        preau::{Member, Preau},
    },
    server::{Person, Server},
};

/// Seats on a server, each of whose channels is a group.
pub(crate) struct Room<'a> {
    pub(crate) server: &'a Server,
    pub(crate) seats: Vec<Seat>,
    pub(crate) groups: Vec<Group>,
}

impl<'a> Room<'a> {
    /// One group, whose members are the people in the seats.
    pub(crate) async fn of(server: &'a Server, animator: &Person, name: &str, seats: Vec<Seat>) -> Result<Self> {
        cast::people(server, seats.len())?;
        let group = cast::group(server, animator, name, 0, seats.len()).await?;
        Ok(Self { server, seats, groups: vec![group] })
    }

    /// Everybody in their seat, connected. Who does not listen follows nothing.
    pub(crate) fn crowd(&self) -> Result<Crowd<Preau>> {
        let sitting = |(number, seat): (usize, &Seat)| {
            let group = self.groups[seat.channel];
            let streams = if seat.listens { vec![group.id] } else { Vec::new() };
            Member { session: cast::session(number), streams, thread: group.thread }
        };
        let members = self.seats.iter().enumerate().map(sitting).collect();
        Crowd::connect(self.server.address(), Preau::new(self.server.url(), members), &self.seats)
    }
}

/// So many who post, and so many who read each channel, over so many channels.
pub(crate) fn seats(speakers: usize, channels: usize, readers: usize) -> Vec<Seat> {
    let speaking = (0..speakers).map(|number| Seat { speaks: true, listens: false, channel: number % channels });
    let reading =
        (0..readers * channels).map(|number| Seat { speaks: false, listens: true, channel: number % channels });
    speaking.chain(reading).collect()
}

/// Somebody who follows groups, and would post in the first.
pub(crate) fn follower(number: usize, groups: &[Group]) -> Member {
    let streams = groups.iter().map(|group| group.id).collect();
    Member { session: cast::session(number), streams, thread: groups[0].thread }
}
