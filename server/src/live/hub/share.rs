//! Who is given the same bytes: followers who want the same forms of the same events share one chunk of them.

use std::collections::BTreeMap;

use words::PersonId;

use super::{ConnectionId, Follower, Format, PRINTED, Variant};
use crate::live::{log::Entry, wire::Chunk};

/// How many bytes of events one connection is given at once: of a replay, before its queue must have emptied a little.
const BURST_BYTES: usize = 256 << 10;

/// The forms in which somebody wants some events, from one of them on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Forms {
    /// The first event that is wanted.
    first: usize,
    format: Format,
    /// Of which of the wanted events the thread is watched: a bit each.
    watched: u32,
    /// The first event whose content is given.
    shown: usize,
}

/// Followers by the forms that they want.
pub(super) type Shares = BTreeMap<Forms, Vec<ConnectionId>>;

// A bit for each event that is printed at once.
const _: () = assert!(PRINTED <= u32::BITS as usize);

impl Forms {
    /// The index of the first event that is wanted.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// The form of the event of that index; none for who has it already.
    pub(super) fn variant(&self, index: usize) -> Option<Variant> {
        (index >= self.first).then_some(match self.format {
            format if index < self.shown => Variant::Withheld { html: format != Format::Json },
            Format::Json => Variant::Json,
            Format::Html(locale) => Variant::Html { locale, watched: (self.watched >> index) & 1 == 1 },
        })
    }
}

/// The followers of some consecutive events who are given one of them next, by the forms that they want. Whose
/// membership ends after an event is not given its content any more: it may be newer than that end.
pub(super) fn shares<'f>(
    followers: impl Iterator<Item = (&'f ConnectionId, &'f Follower)>,
    events: &[&Entry],
    ends: &[(PersonId, i64)],
) -> Shares {
    let mut shares = Shares::new();
    let Some(from) = events.first().map(|event| event.seq) else { return shares };
    for (&connection, follower) in followers {
        let Some(first) = usize::try_from(follower.next - from).ok().filter(|&first| first < events.len()) else {
            continue;
        };
        let own = ends.iter().filter(|&&(person, end)| person == follower.person && end >= follower.began);
        let end = own.map(|&(_, end)| end).min();
        let shown = end.map_or(0, |end| usize::try_from(end - from).unwrap_or(0).min(events.len()));
        let mut forms = Forms { first, format: follower.format, watched: 0, shown };
        if matches!(follower.format, Format::Html(_)) {
            for (index, event) in events.iter().enumerate().skip(first) {
                let watched = event.thread.is_some_and(|thread| follower.watched.contains(thread));
                forms.watched |= u32::from(watched) << index;
            }
        }
        shares.entry(forms).or_default().push(connection);
    }
    shares
}

/// The forms of an event that somebody wants, each once.
pub(super) fn variants(shares: &Shares, index: usize) -> Vec<Variant> {
    let mut variants: Vec<_> = shares.keys().filter_map(|forms| forms.variant(index)).collect();
    variants.sort_unstable();
    variants.dedup();
    variants
}

/// The first of some frames in one chunk: as many as a connection is given at once, and at least one.
pub(super) fn burst(frames: &[&str]) -> Chunk {
    let mut size = 0;
    let fits = |frame: &&&str| {
        let fits = size < BURST_BYTES;
        size += frame.len();
        fits
    };
    let count = frames.iter().take_while(fits).count();
    Chunk::texts(frames[..count].iter().copied())
}
