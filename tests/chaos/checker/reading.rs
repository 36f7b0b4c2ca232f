//! How far everybody has read: never less than they were told, never more than they said: P10.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Check, Findings, Wrong, highest::Highest, index::Index};
use crate::history::{Line, Verb, What};

/// Somebody's place in a thread.
type Place = (Uuid, Uuid);

pub(super) fn what_was_read_stays_read(index: &Index, history: &[Line], findings: &mut Findings) {
    let mut known: HashMap<Place, Highest> = HashMap::new();
    let mut said: HashMap<Place, i64> = HashMap::new();
    let mut owed: HashMap<Place, i64> = HashMap::new();
    for op in index.ops.values().filter(|op| op.verb == Verb::Send) {
        let mut rows = index.stored.get(&op.message).into_iter().flatten().filter(|row| row.thread == op.thread);
        if let (Some(person), Some(row)) = (index.people.get(&op.who), rows.next_back()) {
            raise(&mut said, (*person, op.thread), row.position.into());
            raise(&mut owed, (*person, op.thread), row.position.into());
        }
    }
    for line in history {
        let Some(person) = index.people.get(&line.who).copied() else { continue };
        match line.what {
            What::Marking { thread, position } => raise(&mut said, (person, thread), position),
            What::Marked { thread, position, asked_us } => {
                let known = known.entry((person, thread)).or_default();
                let before = known.before(asked_us);
                findings.expect(position >= before, Check::P10, Wrong::Reordered, || {
                    format!("{person} has read {position} of {thread}, and had read {before}")
                });
                known.note(line.at_us, position);
            }
            What::Moved { thread, position } => {
                known.entry((person, thread)).or_default().note(line.at_us, position);
            }
            What::Owed { thread, position } => raise(&mut owed, (person, thread), position),
            _ => {}
        }
    }
    for line in history {
        let What::Position { person, thread, position } = line.what else { continue };
        let place = (person, thread);
        let least = known.get(&place).map_or(0, Highest::last).max(owed.remove(&place).unwrap_or(0));
        findings.expect(position >= least, Check::P10, Wrong::Reordered, || {
            format!("{person} has read {position} of {thread} in the end, and had read {least}")
        });
        // Who opened a thread has read how it begins.
        let most = said.get(&place).copied().unwrap_or(1);
        findings.expect(position <= most, Check::P10, Wrong::Unasked, || {
            format!("{person} has read {position} of {thread} in the end, and said {most}")
        });
    }
    for ((person, thread), position) in owed.into_iter().filter(|(_, position)| *position > 0) {
        let seen = format!("{person} has read nothing of {thread} in the end, and had read {position}");
        findings.find(Check::P10, Wrong::Lost, seen);
    }
}

fn raise(places: &mut HashMap<Place, i64>, place: Place, position: i64) {
    let highest = places.entry(place).or_default();
    *highest = position.max(*highest);
}
