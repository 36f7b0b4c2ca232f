//! What sends: it takes what is due, reads what may be said now, says it outside any transaction, and notes what came of it.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{FutureExt, StreamExt, future::join_all, stream};
use tokio_util::sync::CancellationToken;
use web::{
    Text,
    notifications::Notification,
    push::{QuietHours, Tested},
};
use words::{DeviceId, NotificationId};

use super::{
    keys::{self, Keys},
    payload::{self, Payload},
    quiet,
    sender::{Outcome, Sender},
    store::{self, Claimed, Destination},
};
use crate::{
    db::{self, Db},
    error::{Error, Result},
    http::Viewer,
    notifications,
};

/// How often what is due is looked for.
const PAUSE: Duration = Duration::from_secs(1);
/// How many devices a round takes, and how many messages in all.
const DEVICES: i64 = 16;
/// How many devices are served at once: fewer than the pools hold connections.
const SERVED: usize = 4;
const MESSAGES: i64 = 200;
/// How long a round may hold what it took, before another one takes it.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// How many messages a device is sent one by one; more at once are announced together.
const ONE_BY_ONE: usize = 3;
/// How often one message is tried: the waits double from half a minute, an hour in all.
const TRIES: i16 = 8;
/// A device is given up after so many requests in a row that its service did not take.
const MOST_FAILURES: i16 = 100;
/// What waits for the end of quiet hours is looked at so often: their holder may choose other ones meanwhile.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(15);

/// What the devices of a round have in common.
struct Round<'r> {
    db: &'r Db,
    sender: &'r Sender,
    keys: Keys,
    network: Arc<str>,
}

/// What a device is to be told now.
#[derive(Debug)]
struct Due {
    to: Destination,
    messages: Vec<Message>,
}

/// A message, and the rows that it settles.
#[derive(Debug)]
struct Message {
    payload: Payload,
    rows: Vec<NotificationId>,
    attempts: i16,
}

/// What a device's rows come to.
#[derive(Debug)]
enum Verdict {
    /// The session has ended, or the account.
    Ended,
    /// Nothing for now: these wait until then, the others have nothing to say any more.
    Hold(Vec<NotificationId>, DateTime<Utc>),
    /// These are said, the others have nothing to say any more.
    Say(Due),
}

/// Sends what is due until told to stop.
pub async fn work(db: Db, sender: Sender, stop: CancellationToken) {
    loop {
        // What panics on one message must not end the worker: it is due again later, and the others are sent.
        let round = AssertUnwindSafe(send_due(&db, &sender)).catch_unwind();
        let done = tokio::select! {
            () = stop.cancelled() => return,
            done = round => done.unwrap_or(Ok(())),
        };
        match done {
            Ok(()) | Err(Error::Unavailable) => {}
            Err(error) => tracing::error!(%error, "pushes could not be taken from the queue"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Sends all that is due now.
pub async fn send_due(db: &Db, sender: &Sender) -> Result<()> {
    loop {
        let claimed = db.write(|tx| {
            Box::pin(async move {
                let now = tx.now();
                store::claim(tx.connection(), now, now + LEASE, (DEVICES, MESSAGES)).await
            })
        });
        let mut devices: BTreeMap<DeviceId, Vec<Claimed>> = BTreeMap::new();
        for row in claimed.await? {
            devices.entry(row.device).or_default().push(row);
        }
        if devices.is_empty() {
            return Ok(());
        }
        let round = Round { db, sender, keys: keys::of(db).await?, network: db::network_name(db).await?.into() };
        let each = devices.into_iter().map(|(device, rows)| AssertUnwindSafe(round.serve(device, rows)).catch_unwind());
        let served: Vec<_> = stream::iter(each).buffer_unordered(SERVED).collect().await;
        for served in served {
            // What panics on one device is due again later, and the others are served.
            served.unwrap_or(Ok(()))?;
        }
    }
}

impl Round<'_> {
    async fn serve(&self, device: DeviceId, rows: Vec<Claimed>) -> Result<()> {
        let (now, network) = (self.db.clock().now(), Arc::clone(&self.network));
        let ids: Vec<_> = rows.iter().map(|row| row.notification).collect();
        // Whatever is in the way, it is not tried for ever.
        if rows.iter().any(|row| row.attempts > 2 * TRIES) {
            tracing::error!(device.id = %device, "pushes were given up");
            return self
                .db
                .write(move |tx| Box::pin(async move { store::settle(tx.connection(), device, &ids).await }))
                .await;
        }
        let judged = self.db.snapshot(move |connection| {
            Box::pin(async move { judge(connection, device, &rows, (now, &network)).await })
        });
        match judged.await? {
            Verdict::Ended => forget(self.db, device).await,
            Verdict::Hold(held, end) => hold(self.db, device, (ids, held), end.min(now + LOOK_AGAIN)).await,
            Verdict::Say(due) => self.say(device, ids, due).await,
        }
    }

    async fn say(&self, device: DeviceId, ids: Vec<NotificationId>, Due { to, messages }: Due) -> Result<()> {
        let said: Vec<_> = messages.iter().flat_map(|message| message.rows.iter().copied()).collect();
        let silent: Vec<_> = ids.into_iter().filter(|id| !said.contains(id)).collect();
        self.db.write(move |tx| Box::pin(async move { store::settle(tx.connection(), device, &silent).await })).await?;
        for message in messages {
            let outcome = self.sender.send(&self.keys, &to, &message.payload, self.db.clock().now()).await;
            if !note(self.db, device, message, outcome).await? {
                break;
            }
        }
        Ok(())
    }
}

/// Lets some messages wait, and forgets the others.
async fn hold(
    db: &Db,
    device: DeviceId,
    (all, held): (Vec<NotificationId>, Vec<NotificationId>),
    until: DateTime<Utc>,
) -> Result<()> {
    db.write(move |tx| {
        Box::pin(async move {
            store::hold(tx.connection(), device, &held, until).await?;
            let silent: Vec<_> = all.into_iter().filter(|id| !held.contains(id)).collect();
            store::settle(tx.connection(), device, &silent).await
        })
    })
    .await
}

/// What a device may be told now: rights, what was seen and the hour are those of this moment.
async fn judge(
    connection: &mut sqlx::PgConnection,
    device: DeviceId,
    rows: &[Claimed],
    (now, network): (DateTime<Utc>, &str),
) -> Result<Verdict> {
    let Some(to) = store::find(connection, device).await? else { return Ok(Verdict::Ended) };
    let Some(viewer) = super::holder(connection, &to, now).await? else { return Ok(Verdict::Ended) };
    let ids: Vec<_> = rows.iter().map(|row| row.notification).collect();
    let waiting = notifications::waiting(connection, &viewer, &ids).await?;
    let quiet: QuietHours = super::quiet_hours(connection, &viewer).await?;
    if let Some(end) = quiet::until(&quiet, now) {
        return Ok(Verdict::Hold(waiting.iter().map(|notification| notification.id).collect(), end));
    }
    let unseen = notifications::unseen(connection, &viewer).await?.len();
    let messages = messages(&waiting, rows, &viewer, (network, unseen));
    Ok(Verdict::Say(Due { to, messages }))
}

/// What waited through quiet hours is one message, and so is what came in a burst.
fn messages(
    waiting: &[Notification],
    rows: &[Claimed],
    viewer: &Viewer,
    (network, unseen): (&str, usize),
) -> Vec<Message> {
    let text = Text::of(viewer.locale);
    let row = |id: NotificationId| rows.iter().find(|row| row.notification == id);
    let tried = |id| row(id).map_or(0, |row| row.attempts);
    let ids: Vec<_> = waiting.iter().map(|notification| notification.id).collect();
    let held = ids.iter().any(|id| row(*id).is_some_and(|row| row.held));
    if ids.len() > ONE_BY_ONE || held && ids.len() > 1 {
        let attempts = ids.iter().map(|id| tried(*id)).max().unwrap_or(0);
        let payload = payload::of_many(ids.len(), network, text, unseen);
        return vec![Message { payload, rows: ids, attempts }];
    }
    // The first one first.
    let one = |notification: &Notification| Message {
        payload: payload::of(notification, text, unseen),
        rows: vec![notification.id],
        attempts: tried(notification.id),
    };
    waiting.iter().rev().map(one).collect()
}

/// Notes what a service said of a message; answers whether the device may be sent more.
async fn note(db: &Db, device: DeviceId, message: Message, outcome: Outcome) -> Result<bool> {
    let Message { rows, attempts, .. } = message;
    let given_up = attempts >= TRIES;
    let noted = db.write(move |tx| {
        Box::pin(async move {
            let now = tx.now();
            match outcome {
                Outcome::Accepted => store::note_accepted(tx.connection(), device, now).await?,
                Outcome::Gone => store::delete(tx.connection(), device).await?,
                Outcome::Refused | Outcome::Later(_) => {
                    let failures = store::note_failure(tx.connection(), device).await?;
                    if failures.is_some_and(|failures| failures >= MOST_FAILURES) {
                        store::delete(tx.connection(), device).await?;
                    }
                }
            }
            match outcome {
                Outcome::Later(pause) if !given_up => {
                    let again = TimeDelta::seconds(30 << attempts.clamp(0, 8) >> 1);
                    let pause = pause.and_then(|pause| TimeDelta::from_std(pause).ok()).unwrap_or_default();
                    store::postpone(tx.connection(), device, &rows, now + again.max(pause)).await
                }
                _ => store::settle(tx.connection(), device, &rows).await,
            }
        })
    });
    noted.await?;
    Ok(matches!(outcome, Outcome::Accepted | Outcome::Refused))
}

async fn forget(db: &Db, device: DeviceId) -> Result<()> {
    db.write(move |tx| Box::pin(async move { store::delete(tx.connection(), device).await })).await
}

/// Sends a word to each of these devices at once; those that are subscribed no more are forgotten.
pub(super) async fn test(
    db: &Db,
    sender: &Sender,
    keys: &Keys,
    viewer: &Viewer,
    devices: Vec<Destination>,
) -> Result<Tested> {
    let network = db::network_name(db).await?;
    let (payload, now) = (payload::of_test(&network, Text::of(viewer.locale)), db.clock().now());
    let outcomes = join_all(devices.iter().map(|device| sender.send(keys, device, &payload, now))).await;
    let mut tested = Tested::default();
    for (device, outcome) in devices.iter().zip(outcomes) {
        match outcome {
            Outcome::Accepted => tested.accepted += 1,
            Outcome::Refused => tested.refused += 1,
            Outcome::Later(_) => tested.unreachable += 1,
            Outcome::Gone => {
                forget(db, device.id).await?;
                tested.gone += 1;
            }
        }
    }
    Ok(tested)
}
