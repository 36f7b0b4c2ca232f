//! What nodes say to each other: who speaks, its beat, and how far some streams go. Unknown fields are passed over, so
//! that two versions run side by side (I20).

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use words::StreamId;

/// How long a message may be, in bytes: PostgreSQL takes fewer than 8000.
const LONGEST: usize = 7999;
/// How many hints one message holds: 128 of at most 59 bytes, `["` a UUID of 36 `",` a number of 20 `],`.
const HINTS: usize = 128;

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
}

impl Message {
    /// As many messages as these hints need.
    pub(super) fn batch(node: Uuid, hints: impl IntoIterator<Item = (StreamId, i64)>) -> Vec<String> {
        let hints: Vec<_> = hints.into_iter().collect();
        hints.chunks(HINTS).map(|hints| Self { node, beat: None, hints: hints.to_vec() }.to_text()).collect()
    }

    pub(super) fn to_text(&self) -> String {
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
