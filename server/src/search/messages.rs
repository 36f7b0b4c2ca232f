//! How messages are found in a time that does not grow with their number.
//!
//! The index of words answers in no order: sorting what it finds is quick for a rare word, and slow for one that every
//! third message holds, since each must be read. The latest messages are read in order, which is quick for such a word
//! and hopeless for a rare one. So:
//!
//! 1. a question with a rare word asks the index, for a bounded number. Mostly that is all there is;
//! 2. any other is looked for among the latest messages of each group: a sample first, then as many more as it says;
//! 3. what is between the two asks the index for a span of time that should hold enough, and for eight times as much until
//!    there is: the spans are known by a block index, so that no message outside is read. What takes long ends there, and
//!    goes on when the reader asks for more.
//!
//! Whichever way: the same messages, by the same rule, the latest first.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    narrow::earliest,
    store::{
        Key, Said,
        messages::{Ask, Hit, Looked, among_latest, by_index, looked, since},
        plan_anew, plan_once,
    },
};
use crate::error::Result;

/// How many messages the index is asked for, of a word that may be rare, alone or together with others: each of these has
/// the index read a list, so that to ask it twice takes longer than to look into a thousand messages more.
const RARE: i64 = 500;
const RARE_TOGETHER: i64 = 1_500;
/// How many messages of the liveliest group are looked into first, with what was said in the others meanwhile.
const SAMPLE: i64 = 80;
/// Of how many messages one is looked into, and how many there are at least and at most: the index reads long lists of each
/// word, the longer the more messages there are. Of several words that messages are full of it reads the longest.
const ONE_OF: i64 = 500;
const ONE_OF_FULL: i64 = 150;
const FEW: i64 = 2_000;
const MOST: i64 = 16_000;
/// About how many messages the first span holds at least.
const SPAN: i64 = 20_000;
/// How many times as many as are wanted a span is to hold, by what is known of it: to ask for another takes longer.
const ENOUGH: usize = 3;
/// How much longer each next span is, if that was not enough.
const GROWTH: i32 = 8;
/// After how long no longer span is begun.
const PATIENCE: Duration = Duration::from_millis(60);

/// What was found, the latest first.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) hits: Vec<Hit>,
    /// Down to where was looked; none if everywhere.
    pub(super) down_to: Option<DateTime<Utc>>,
}

impl Reach {
    fn whole(hits: Vec<Hit>) -> Self {
        Self { hits, down_to: None }
    }
}

/// Finds the latest `want` of so many messages, or some more; fewer only if there are no others down to where was looked.
pub(super) async fn find(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    (said, messages): (Said, i64),
    want: usize,
) -> Result<Reach> {
    if ask.groups.is_empty() {
        return Ok(Reach::default());
    }
    let at_most = |one_of: i64| (messages / one_of).clamp(FEW, MOST);
    match said {
        Said::Seldom { together } => {
            let most = if together { RARE_TOGETHER } else { RARE };
            let mut hits = by_index(connection, ask, ask.narrow.from, most).await?;
            if hits.iter().all(|hit| hit.one_of == 1) {
                hits.retain(|hit| hit.counts);
                return Ok(Reach::whole(hits));
            }
            let (span, looked) = (span_of(&hits, want), looked(connection, ask, SAMPLE).await?);
            match span.zip(looked) {
                Some((span, Looked { from, .. })) => by_spans(connection, ask, from, span, want).await,
                None => latest(connection, ask, want, at_most(ONE_OF)).await,
            }
        }
        Said::Unknown => latest(connection, ask, want, at_most(ONE_OF)).await,
        Said::Often => latest(connection, ask, want, at_most(ONE_OF_FULL)).await,
    }
}

/// How long it takes until enough are said, as those tell that the index gives first, which are the oldest; none if nobody said
/// any of them to the asker.
fn span_of(hits: &[Hit], want: usize) -> Option<TimeDelta> {
    let counted: i32 = hits.iter().filter(|hit| hit.counts).map(|hit| hit.one_of).sum();
    if counted == 0 {
        return None;
    }
    let times = || hits.iter().map(|hit| hit.key.at);
    let enough = i32::try_from(want * ENOUGH).ok()?;
    Some(((times().max()? - times().min()?).checked_mul(enough)? / counted).max(TimeDelta::seconds(1)))
}

/// Looks into the latest messages of each group, about `most` in all if that is worth it, and then into spans of time.
async fn latest(connection: &mut PgConnection, ask: &Ask<'_>, want: usize, most: i64) -> Result<Reach> {
    let (mut hits, mut read, mut each, mut below, mut from) = (Vec::new(), 0, SAMPLE, ask.below, None);
    loop {
        let ask_below = Ask { below, ..*ask };
        let Some(looked) = looked(connection, &ask_below, each).await? else {
            hits.extend(among_latest(connection, &ask_below, ask.narrow.from, each).await?);
            return Ok(Reach::whole(hits));
        };
        let found = among_latest(connection, &ask_below, looked.down_to, each).await?;
        // Of that very instant there may be others.
        hits.extend(found.into_iter().filter(|hit| hit.key.at > looked.down_to));
        read += looked.messages;
        if hits.len() >= want {
            return Ok(Reach::whole(hits));
        }
        let from = *from.get_or_insert(looked.from);
        let count = |messages: usize| i64::try_from(messages).unwrap_or(i64::MAX);
        let said = count(hits.len()).max(1);
        // Half as many again as those so far say, since they are a sample; and not in small steps.
        let missing = (read.saturating_mul(count(want - hits.len())) / said * 3 / 2).max(read / 2);
        // Whoever is half way down goes on, or would have gone for nothing.
        let bound = if hits.len() * 2 < want { most } else { most * 2 };
        // Nothing is gained where there are more messages of one instant than were looked into.
        if looked.down_to == below.at || read + missing > bound {
            let messages = (read.saturating_mul(count(want * ENOUGH)) / said).max(SPAN);
            let one = (from - looked.down_to).max(TimeDelta::seconds(1)) / i32::try_from(read).unwrap_or(i32::MAX);
            let span = i32::try_from(messages).ok().and_then(|messages| one.checked_mul(messages));
            let span = span.unwrap_or(TimeDelta::MAX).max(from - looked.down_to);
            return by_spans(connection, ask, from, span, want).await;
        }
        each = (each.saturating_mul(missing) / looked.messages).clamp(SAMPLE, each.saturating_mul(8));
        below = Key { at: looked.down_to, id: Uuid::max() };
    }
}

/// Asks the index for one span of time after the other, each from its beginning up to the end, which is not before `latest`.
async fn by_spans(
    connection: &mut PgConnection,
    ask: &Ask<'_>,
    latest: DateTime<Utc>,
    mut span: TimeDelta,
    want: usize,
) -> Result<Reach> {
    let (began, most) = (Instant::now(), i64::try_from(want).unwrap_or(i64::MAX));
    plan_anew(connection).await?;
    loop {
        let from = latest.checked_sub_signed(span).map_or(ask.narrow.from, |from| from.max(ask.narrow.from));
        let hits = since(connection, ask, from, most).await?;
        let all = hits.len() >= want || from <= ask.narrow.from.max(earliest());
        if all || began.elapsed() > PATIENCE {
            plan_once(connection).await?;
            return Ok(Reach { hits, down_to: (!all).then_some(from) });
        }
        span = span.checked_mul(GROWTH).unwrap_or(TimeDelta::MAX);
    }
}
