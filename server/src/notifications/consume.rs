//! What follows from what was said, after its commit: who takes part in a thread follows it, and who is meant is told.
//!
//! The log is read from a cursor of each group's stream, which one node holds at a time. What is done twice, because a
//! node fell between its writing and its cursor's, changes nothing: both are of one transaction, and each row is unique.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use words::{FollowReason, MessageId, NotificationReason, PersonId, StreamId, ThreadId};

use super::{reminders::tell_due, store};
use crate::{
    consumers::{self, Consumer, Range},
    db::{Db, Tx},
    error::{Error, Result},
    threads,
};

/// How often the streams are looked at.
const PAUSE: Duration = Duration::from_millis(500);
/// How many streams are taken in a round.
const STREAMS: i64 = 50;
/// Who reads the logs here.
const READER: Consumer = Consumer { name: "notifications", events: 200 };

/// What there is to do for one person.
#[derive(Debug, Default)]
struct Due {
    follows: BTreeMap<ThreadId, FollowReason>,
    told: BTreeMap<MessageId, NotificationReason>,
}

/// Reads the logs, and tells what is due, until told to stop.
pub async fn work(db: Db, stop: CancellationToken) {
    loop {
        for done in [catch_up(&db).await, tell_due(&db).await] {
            match done {
                Ok(()) | Err(Error::Unavailable) => {}
                Err(error) => tracing::error!(%error, "notifications could not be made"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Reads each group's log to its end, as it is now.
pub async fn catch_up(db: &Db) -> Result<()> {
    consumers::catch_up(
        db,
        |connection| Box::pin(store::behind(connection, READER, STREAMS)),
        |tx, stream| Box::pin(consume(tx, stream)),
    )
    .await
}

/// Does what follows from the next events of a stream; answers whether there were any for this node.
async fn consume(tx: &mut Tx, stream: StreamId) -> Result<bool> {
    let Some(range) = READER.next(tx, stream, 0).await? else { return Ok(false) };
    for (person, due) in due(tx, range).await? {
        tx.lock(person.into()).await?;
        for (thread, reason) in due.follows {
            threads::begin_follow(tx, person, thread, reason).await?;
        }
        for (message, reason) in due.told {
            super::tell(tx, person, message, reason).await?;
        }
    }
    READER.pass(tx, range).await?;
    Ok(true)
}

/// What there is to do, by ascending person: nobody waits for us while we wait for them.
async fn due(tx: &mut Tx, range: Range) -> Result<BTreeMap<PersonId, Due>> {
    if !store::is_said(tx.connection(), range).await? {
        return Ok(BTreeMap::new());
    }
    let today = web::date::day(tx.now());
    let mut due: BTreeMap<PersonId, Due> = BTreeMap::new();
    for (person, thread, opened) in store::participants(tx.connection(), range).await? {
        let reason = if opened { FollowReason::Author } else { FollowReason::Answer };
        due.entry(person).or_default().follows.entry(thread).or_insert(reason);
    }
    let mut meant = store::mentioned(tx.connection(), range, today).await?;
    meant.extend(store::asked(tx.connection(), range).await?);
    meant.extend(store::addressed(tx.connection(), range).await?);
    for store::Meant { person, thread, message, reason } in meant {
        let due = due.entry(person).or_default();
        let follow = match reason {
            NotificationReason::Mention => Some(FollowReason::Mention),
            NotificationReason::Territory => Some(FollowReason::Territory),
            _ => None,
        };
        if let Some(follow) = follow {
            due.follows.entry(thread).or_insert(follow);
        }
        match due.told.entry(message) {
            Entry::Vacant(vacant) => drop(vacant.insert(reason)),
            Entry::Occupied(mut held) if reason < *held.get() => drop(held.insert(reason)),
            Entry::Occupied(_) => {}
        }
    }
    Ok(due)
}
