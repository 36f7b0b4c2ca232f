//! Finds the links of what was said, and asks their pages: the first from the log, the second from what is wanted, each
//! by whichever node holds it.

use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use futures_util::future::join_all;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use url::Url;
use words::{Event, StreamId};

use super::{
    page,
    store::{self, Claimed, Link, Linking},
};
use crate::{
    consumers::{self, Consumer},
    db::{Db, Tx},
    error::{Error, Result},
    outgoing::{Outgoing, Refused},
};

/// How often the logs are looked at.
const PAUSE: Duration = Duration::from_millis(500);
/// How many streams are taken in a round.
const STREAMS: i64 = 50;
/// Who reads the logs here.
const READER: Consumer = Consumer { name: "previews", events: 100 };
/// How many pages are asked at once.
const AT_ONCE: usize = 8;
/// How long one server is left alone after it was asked.
const APART: TimeDelta = TimeDelta::seconds(5);
/// After how long a page that a node began to ask, and fell, is asked by another.
const GIVEN_UP: TimeDelta = TimeDelta::minutes(1);
/// How long what a page said is good, and so that it said nothing.
const FRESH: TimeDelta = TimeDelta::days(7);
/// After how many rounds pages that nothing leads to are looked for: an hour.
const SWEEP_ROUNDS: u32 = 7200;
/// How many pages one transaction forgets at most.
const SWEPT: i64 = 1000;
/// How many messages that show a page are told of, when it says something new: the last ones.
const TOLD: i64 = 100;

/// What came of a page that was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// It said what it is.
    Told,
    /// It is a page without a title.
    Silent,
    /// It was not answered.
    Refused(Refused),
}

/// Finds links and asks their pages, until told to stop. `own` is the server's own address: its pages are not for
/// strangers.
pub async fn work(db: Db, outgoing: Outgoing, own: String, stop: CancellationToken) {
    let own = Url::parse(&own).ok();
    for round in 1_u32.. {
        let worked = async {
            catch_up(&db, own.as_ref()).await?;
            fetch_due(&db, &outgoing).await?;
            if round.is_multiple_of(SWEEP_ROUNDS) { sweep(&db).await } else { Ok(()) }
        };
        let worked = tokio::select! {
            () = stop.cancelled() => return,
            worked = worked => worked,
        };
        match worked {
            Ok(()) | Err(Error::Unavailable) => {}
            Err(error) => tracing::error!(%error, "links could not be looked up"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Reads the log of each group that wants previews to its end, as it is now.
pub async fn catch_up(db: &Db, own: Option<&Url>) -> Result<()> {
    let own = own.cloned();
    consumers::catch_up(
        db,
        |connection| Box::pin(store::behind(connection, READER, STREAMS)),
        move |tx, stream| {
            let own = own.clone();
            Box::pin(async move { consume(tx, stream, own.as_ref()).await })
        },
    )
    .await
}

/// Notes where the next messages of a stream lead; answers whether there were events for this node.
async fn consume(tx: &mut Tx, stream: StreamId, own: Option<&Url>) -> Result<bool> {
    let Some(from) = store::wanted_from(tx.connection(), stream).await? else { return Ok(false) };
    let Some(range) = READER.next(tx, stream, from).await? else { return Ok(false) };
    // Nobody edits or removes what is read here before it is noted.
    tx.lock(stream).await?;
    let said = store::said(tx.connection(), range).await?;
    let linking: Vec<_> = said
        .into_iter()
        .map(|said| {
            let links = page::links(&said.html, own).iter().map(link).collect();
            Linking { message: said.message, thread: said.thread, links }
        })
        .collect();
    // In one order everywhere, so that two groups that lead to the same pages do not wait for each other.
    let pages: BTreeMap<_, _> =
        linking.iter().flat_map(|linking| &linking.links).map(|link| (link.sha256, link.clone())).collect();
    let old = tx.now() - FRESH;
    store::want(tx.connection(), &pages.into_values().collect::<Vec<_>>(), old).await?;
    for Linking { message, thread, links } in linking {
        if store::relink(tx.connection(), message, &links).await? {
            let event = Event::MessagePreviewed { group: words::GroupId(stream.0), thread, message };
            tx.record(event, None).await?;
        }
    }
    READER.pass(tx, range).await?;
    Ok(true)
}

fn link(url: &Url) -> Link {
    Link {
        sha256: Sha256::digest(url.as_str()).into(),
        url: url.to_string(),
        host: url.host_str().unwrap_or_default().to_owned(),
    }
}

/// Asks the pages that are wanted, a few at once and each server seldom, and shows what they say. Answers what came of
/// each.
pub async fn fetch_due(db: &Db, outgoing: &Outgoing) -> Result<Vec<Asked>> {
    let mut claimed = Vec::new();
    while claimed.len() < AT_ONCE {
        let claim = db.write(|tx| {
            Box::pin(async move {
                let now = tx.now();
                store::claim(tx.connection(), now, now - GIVEN_UP, now - APART).await
            })
        });
        let Some(page) = claim.await? else { break };
        claimed.push(page);
    }
    join_all(claimed.into_iter().map(|page| ask(db, outgoing, page))).await.into_iter().collect()
}

async fn ask(db: &Db, outgoing: &Outgoing, page: Claimed) -> Result<Asked> {
    let (said, asked) = match outgoing.get_html(&page.url).await {
        Ok(html) => {
            let said = page::said(&html);
            let asked = if said.is_some() { Asked::Told } else { Asked::Silent };
            (said, asked)
        }
        Err(refused) => {
            tracing::debug!(%refused, "a page was not told of");
            (None, Asked::Refused(refused))
        }
    };
    db.write(move |tx| Box::pin(async move { tell(tx, &page.sha256, said.as_ref()).await })).await?;
    Ok(asked)
}

/// Keeps what a page said, and tells of the messages that show it now, with one statement however many they are.
async fn tell(tx: &mut Tx, sha256: &[u8], said: Option<&page::Said>) -> Result<()> {
    let groups = store::groups_of(tx.connection(), sha256).await?;
    for &group in &groups {
        tx.lock(group.into()).await?;
    }
    store::answer(tx.connection(), sha256, said).await?;
    if said.is_none() {
        return Ok(());
    }
    let now = tx.now();
    for (stream, seq) in store::tell(tx.connection(), sha256, &groups, (TOLD, now)).await? {
        tx.hint(stream, seq);
    }
    Ok(())
}

/// Forgets the pages that nothing leads to any more, some in a transaction.
pub async fn sweep(db: &Db) -> Result<()> {
    while db.write(|tx| Box::pin(async move { store::sweep(tx.connection(), SWEPT).await })).await?
        >= SWEPT.unsigned_abs()
    {}
    Ok(())
}
