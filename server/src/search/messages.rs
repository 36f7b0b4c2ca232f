//! How messages are found in a time that does not grow with their number.
//!
//! The index of words answers in no order: sorting what it finds is quick for a rare word, and slow for one that every
//! third message holds, since each must be read. The latest messages are read in order, which is quick for such a word
//! and hopeless for a rare one. So:
//!
//! 1. a question with a rare word asks the index, for a bounded number. Mostly that is all there is;
//! 2. any other is looked for among the latest messages of each group: a sample first, then as many as the sample says;
//! 3. what is between the two asks the index for a span of time, and for eight times as much until there is enough: the
//!    spans are known by a block index, so that no message outside is read. What takes long ends there, and goes on when
//!    the reader asks for more.
//!
//! Whichever way: the same messages, by the same rule, the latest first.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::{
    narrow::earliest,
    store::{
        messages::{Ask, Hit, Looked, among_latest, by_index, looked, since},
        plan_anew, plan_once,
    },
};
use crate::error::Result;

/// How many messages the index is asked for, of a word that may be rare.
const RARE: i64 = 500;
/// How many messages of the liveliest group are looked into first, with what was said in the others meanwhile.
const SAMPLE: i64 = 80;
/// How many are looked into at most, over all groups.
const LATEST: i64 = 3_000;
/// How many of the sample are enough to go on with the latest.
const MANY: usize = 4;
/// About how many messages the first span holds.
const SPAN: i32 = 20_000;
/// How much longer each next span is.
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

/// Finds the latest `want` messages, or some more; fewer only if there are no others down to where was looked.
pub(super) async fn find(connection: &mut PgConnection, ask: &Ask<'_>, common: bool, want: usize) -> Result<Reach> {
    if ask.groups.is_empty() {
        return Ok(Reach::default());
    }
    if ask.query.is_some() && !common {
        let mut hits = by_index(connection, ask, ask.narrow.from, RARE).await?;
        if hits.len() < usize::try_from(RARE).unwrap_or(usize::MAX) {
            hits.retain(|hit| hit.counts);
            return Ok(Reach::whole(hits));
        }
    }
    plan_anew(connection).await?;
    let reach = latest(connection, ask, want).await?;
    plan_once(connection).await?;
    Ok(reach)
}

/// Looks into the latest messages of each group, and then into spans of time.
async fn latest(connection: &mut PgConnection, ask: &Ask<'_>, want: usize) -> Result<Reach> {
    let mut each = SAMPLE;
    loop {
        let Some(looked) = looked(connection, ask, each).await? else {
            return Ok(Reach::whole(among_latest(connection, ask, ask.narrow.from, each).await?));
        };
        let mut hits = among_latest(connection, ask, looked.down_to, each).await?;
        // Of that very instant there may be others.
        hits.retain(|hit| hit.key.at > looked.down_to);
        if hits.len() >= want {
            return Ok(Reach::whole(hits));
        }
        let times = i64::try_from(want * 2 / hits.len().max(1) + 1).unwrap_or(i64::MAX);
        if hits.len() < MANY || looked.messages.saturating_mul(times) > LATEST {
            return by_spans(connection, ask, looked, want).await;
        }
        each *= times;
    }
}

/// Asks the index for one span of time after the other, each from its beginning up to the end.
async fn by_spans(connection: &mut PgConnection, ask: &Ask<'_>, looked: Looked, want: usize) -> Result<Reach> {
    let (began, most) = (Instant::now(), i64::try_from(want).unwrap_or(i64::MAX));
    let messages = i32::try_from(looked.messages).unwrap_or(i32::MAX);
    let mut span = (looked.from - looked.down_to).max(TimeDelta::seconds(1)) / messages * SPAN;
    loop {
        let from = looked.from.checked_sub_signed(span).map_or(ask.narrow.from, |from| from.max(ask.narrow.from));
        let hits = since(connection, ask, from, most).await?;
        if hits.len() >= want || from <= ask.narrow.from.max(earliest()) {
            return Ok(Reach::whole(hits));
        }
        if began.elapsed() > PATIENCE {
            return Ok(Reach { hits, down_to: Some(from) });
        }
        span = span.checked_mul(GROWTH).unwrap_or(TimeDelta::MAX);
    }
}
