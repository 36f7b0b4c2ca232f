//! Replays: followers who are behind catch up together, each as fast as it reads.

use litemap::LiteMap;

use super::{
    ConnectionId, Follower, Hub, PRINTED, Pass, Printed, Todo, Wanted, follower::Place, share, window::length,
};
use crate::live::frame::Outcome;

impl Hub {
    /// Has the next events printed for who is furthest behind, and for everybody else whom they bring further.
    pub(super) fn replay(&mut self) {
        if !self.behind {
            return;
        }
        self.give_up_on_the_lost();
        self.behind = self.followers.values().any(|follower| follower.place != Place::Live);
        if self.under_way.replay || self.stalled {
            return;
        }
        let Some(first) = behind(&self.followers).map(|(_, follower)| follower.next).min() else { return };
        let entries: Vec<_> = (first..).map_while(|seq| self.window.held(seq)).take(PRINTED).collect();
        let shares = share::shares(behind(&self.followers), &entries, &self.ends);
        let wanted = entries
            .iter()
            .enumerate()
            .map(|(index, &entry)| Wanted { entry: entry.clone(), variants: share::variants(&shares, index) });
        let wanted: Vec<_> = wanted.collect();
        self.under_way.replay = true;
        self.todo.push(Todo::Print(Pass::Replay, wanted));
    }

    /// Gives what was printed to those who are behind, until their queues are rather full or they are up to date.
    pub(super) fn hand_on(&mut self, printed: &[Printed]) {
        let (mut entries, mut forms) = (Vec::new(), Vec::new());
        for event in printed {
            if let Some(entry) = self.window.held(event.seq) {
                entries.push(entry);
                forms.push(event);
            }
        }
        let shares = share::shares(behind(&self.followers), &entries, &self.ends);
        for (wanted, connections) in shares {
            let wanted_forms = forms.iter().enumerate().skip(wanted.first());
            let frames: Vec<_> = wanted_forms.map_while(|(index, event)| event.form(wanted.variant(index)?)).collect();
            if frames.is_empty() {
                continue;
            }
            let chunk = share::burst(&frames);
            let from = forms[wanted.first()].seq;
            let up_to = from + length(chunk.frames()) - 1;
            let (pass, seqs) = (Pass::Replay, from..=up_to);
            self.todo.push(Todo::Events { pass, connections: connections.clone(), seqs, chunk });
            self.go_on_from(up_to, &connections);
        }
    }

    /// Notes how far these followers were brought.
    fn go_on_from(&mut self, seq: i64, connections: &[ConnectionId]) {
        let done = self.window.done();
        for &connection in connections {
            let Some(follower) = self.followers.get_mut(&connection) else { continue };
            follower.next = seq + 1;
            if follower.next > done {
                follower.place = Place::Live;
                self.todo.push(Todo::Live { connection, seq: done });
            } else {
                follower.place = Place::Full;
                self.todo.push(Todo::AwaitRoom(connection));
            }
        }
    }

    /// Who reads so slowly that the hub holds their next event no more fetches again.
    fn give_up_on_the_lost(&mut self) {
        let seq = self.window.done();
        self.followers.retain(|&connection, follower| {
            let lost = follower.place != Place::Live && self.window.held(follower.next).is_none();
            if lost {
                self.todo.push(Todo::Out { connection, seq, outcome: Outcome::Reset });
            }
            !lost
        });
    }
}

/// The followers who are behind, with room in their queues.
fn behind(followers: &LiteMap<ConnectionId, Follower>) -> impl Iterator<Item = (&ConnectionId, &Follower)> {
    followers.iter().filter(|(_, follower)| follower.place == Place::Behind)
}
