//! What nodes say to each other: who speaks, its beat, and how far some streams go. Unknown fields are passed over, so
//! that two versions run side by side (I20).

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use words::{PersonId, StreamId, ThreadId};

use crate::live::hub::Typing;

/// How long a message may be, in bytes: PostgreSQL takes fewer than 8000.
const LONGEST: usize = 7999;
/// How many hints one message holds: 128 of at most 59 bytes, `["` a UUID of 36 `",` a number of 20 `],`.
const HINTS: usize = 128;
/// How many people who write one message holds: 64 of at most 119 bytes, three UUIDs.
const TYPINGS: usize = 64;

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub(super) struct Message {
    /// Who speaks.
    pub(super) node: Uuid,
    /// The number of its beat, if this is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) beat: Option<u64>,
    /// The last sequences of streams, ids only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) hints: Vec<(StreamId, i64)>,
    /// Who writes in which thread, ids only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) typing: Vec<(StreamId, ThreadId, PersonId)>,
}

impl Message {
    /// As many messages as these hints need.
    pub(super) fn batch(node: Uuid, hints: impl IntoIterator<Item = (StreamId, i64)>) -> Vec<String> {
        let hints: Vec<_> = hints.into_iter().collect();
        hints.chunks(HINTS).map(|hints| Self { hints: hints.to_vec(), ..Self::of(node) }.to_text()).collect()
    }

    /// As many messages as these people need.
    pub(super) fn typings(node: Uuid, typings: &[(StreamId, Typing)]) -> Vec<String> {
        let ids = |&(stream, Typing { thread, person }): &(StreamId, Typing)| (stream, thread, person);
        let message = |typings: &[_]| Self { typing: typings.iter().map(ids).collect(), ..Self::of(node) }.to_text();
        typings.chunks(TYPINGS).map(message).collect()
    }

    /// That a node is there, and which beat of it this is.
    pub(super) fn beat(node: Uuid, number: u64) -> String {
        Self { beat: Some(number), ..Self::of(node) }.to_text()
    }

    fn of(node: Uuid) -> Self {
        Self { node, beat: None, hints: Vec::new(), typing: Vec::new() }
    }

    fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a message holds ids and numbers")
    }

    /// None for what is no message.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_any_size_goes_through_and_each_message_fits_a_notification() {
        let node = Uuid::max();
        let hints: Vec<_> = (0..1000).map(|_| (StreamId(Uuid::max()), i64::MAX)).collect();
        let texts = Message::batch(node, hints.clone());
        assert_eq!(texts.len(), 8);
        assert!(texts.iter().all(|text| text.len() <= LONGEST), "{:?}", texts.iter().map(String::len).max());
        let read = texts.iter().flat_map(|text| Message::of_text(text).unwrap().hints).collect::<Vec<_>>();
        assert_eq!(read, hints);
        assert!(Message::batch(node, []).is_empty(), "nothing is said of nothing");
    }

    #[test]
    fn any_number_of_people_who_write_go_through_and_each_message_fits_a_notification() {
        let typing = Typing { thread: ThreadId(Uuid::max()), person: PersonId(Uuid::max()) };
        let texts = Message::typings(Uuid::max(), &vec![(StreamId(Uuid::max()), typing); 200]);
        assert_eq!(texts.len(), 4);
        assert!(texts.iter().all(|text| text.len() <= LONGEST), "{:?}", texts.iter().map(String::len).max());
        let read: Vec<_> = texts.iter().flat_map(|text| Message::of_text(text).unwrap().typing).collect();
        assert_eq!(read, vec![(StreamId(Uuid::max()), typing.thread, typing.person); 200]);
    }

    #[test]
    fn what_a_newer_version_says_is_understood_as_far_as_it_goes() {
        let said = r#"{"node":"018f0000-0000-7000-8000-000000000000","beat":7,"load":0.5,"hints":[]}"#;
        assert_eq!(Message::of_text(said).unwrap().beat, Some(7));
    }

    #[test]
    fn what_is_no_message_is_nothing() {
        let node = Uuid::max();
        for said in [
            "",
            "{}",
            "null",
            "[]",
            "{\"node\":7}",
            r#"{"node":"018f0000-0000-7000-8000-000000000000","hints":[["x",1]]}"#,
            r#"{"node":"018f0000-0000-7000-8000-000000000000","hints":[["018f0000-0000-7000-8000-000000000000",1e99]]}"#,
            r#"{"node":"018f0000-0000-7000-8000-000000000000","beat":-1}"#,
            &format!("{{\"node\":\"{node}\",\"pad\":\"{}\"}}", "x".repeat(LONGEST)),
        ] {
            assert_eq!(Message::of_text(said), None, "{said}");
        }
    }
}
