//! Replays: followers who are behind catch up together, each as fast as it reads.

use super::{Follower, Hub, PRINTED, Pass, Printed, Todo, Variant, Wanted, follower::Place};
use crate::live::{frame::Outcome, log::Entry};

impl Hub {
    /// Has the next events printed for who is furthest behind, and for everybody else whom they bring further.
    pub(super) fn replay(&mut self) {
        self.give_up_on_the_lost();
        if self.under_way.replay || self.stalled {
            return;
        }
        let behind = || self.followers.values().filter(|follower| follower.place == Place::Behind);
        let Some(first) = behind().map(|follower| follower.next).min() else { return };
        let wanted = (first..).map_while(|seq| self.window.held(seq)).take(PRINTED).map(|entry| {
            let mut variants: Vec<Variant> = behind()
                .filter(|follower| follower.next <= entry.seq)
                .map(|follower| follower.variant(entry))
                .collect();
            variants.sort_unstable();
            variants.dedup();
            Wanted { entry: entry.clone(), variants }
        });
        let wanted: Vec<_> = wanted.collect();
        self.under_way.replay = true;
        self.todo.push(Todo::Print(Pass::Replay, wanted));
    }

    /// Gives what was printed to those who are behind, until their queues are rather full or they are up to date.
    pub(super) fn hand_on(&mut self, printed: &[Printed]) {
        let done = self.window.done();
        for (&connection, follower) in &mut self.followers {
            if follower.place != Place::Behind {
                continue;
            }
            let mut given = 0;
            for Printed { seq, forms } in printed {
                let Some(entry) = self.window.held(*seq).filter(|_| *seq == follower.next) else { continue };
                let Some(bytes) = form(follower, entry, forms).filter(|_| given < Follower::burst()) else { break };
                given += bytes.len();
                follower.next += 1;
                self.todo.push(Todo::Event { connection, seq: *seq, bytes: bytes.clone() });
            }
            if follower.next > done {
                follower.place = Place::Live;
                self.todo.push(Todo::Live { connection, seq: done });
            } else if given > 0 {
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

fn form<'p>(
    follower: &Follower,
    entry: &Entry,
    forms: &'p [(Variant, Option<axum::extract::ws::Utf8Bytes>)],
) -> Option<&'p axum::extract::ws::Utf8Bytes> {
    let variant = follower.variant(entry);
    forms.iter().find(|(printed, _)| *printed == variant).and_then(|(_, bytes)| bytes.as_ref())
}
