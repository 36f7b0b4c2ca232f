//! Reports: a message that somebody finds wrong is shown to the animators of its group, who remove it or leave it.
//!
//! Whoever may read a message may report it, once at a time, with a reason; only the animators see who did.
//!
//! Events: `notification.created` on each animator's own stream. Table: `reports`.

pub mod http;
mod store;

use sqlx::PgConnection;
use web::reports::Report;
use words::{GroupId, NotificationReason, PersonId, ReportId};

use crate::{
    characters::plain,
    db::Tx,
    error::{Error, Result},
    groups::MayAnimate,
    http::Viewer,
    messages::MessageAccess,
    notifications,
};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 1_000;
/// How many open reports are shown.
const MOST_OPEN: i64 = 100;

/// Why somebody reports a message.
#[derive(Clone, Debug)]
pub struct Reason(String);

impl Reason {
    /// Checks a reason.
    pub fn checked(reason: &str) -> Result<Self> {
        let reason = plain("reason", reason)?;
        if reason.is_empty() {
            return Err(Error::field("reason", "required"));
        }
        if reason.chars().count() > LONGEST_REASON {
            return Err(Error::field("reason", "too_long"));
        }
        Ok(Self(reason))
    }
}

/// Whether there is somebody whom a message could be reported to.
pub async fn may_report(connection: &mut PgConnection, access: &MessageAccess) -> Result<()> {
    animators(connection, access).await.map(drop)
}

/// Reports a message to the animators of its group. Who reports it again says why anew.
pub async fn report(tx: &mut Tx, access: &MessageAccess, reason: &Reason) -> Result<()> {
    let animators = animators(tx.connection(), access).await?;
    let (id, now) = (tx.fresh(), tx.now());
    store::upsert(tx.connection(), id, (access.message(), access.group(), access.person()), &reason.0, now).await?;
    for animator in animators {
        notifications::tell(tx, animator, access.message(), NotificationReason::Report).await?;
    }
    Ok(())
}

/// The reports of a group that wait for its animators, the oldest first.
pub async fn open(connection: &mut PgConnection, may: &MayAnimate) -> Result<Vec<Report>> {
    store::open(connection, Some(may.group()), may.person(), MOST_OPEN).await
}

/// The reports that wait in all groups that the viewer animates, the oldest first.
pub async fn waiting(connection: &mut PgConnection, viewer: &Viewer) -> Result<Vec<Report>> {
    store::open(connection, None, viewer.id, MOST_OPEN).await
}

/// Says that a report was seen to.
pub async fn handle(tx: &mut Tx, may: &MayAnimate, report: ReportId) -> Result<()> {
    let now = tx.now();
    if store::handle(tx.connection(), may.group(), report, may.person(), now).await? {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// The group of a report, for its gate.
pub async fn group_of(connection: &mut PgConnection, report: ReportId) -> Result<GroupId> {
    store::group_of(connection, report).await?.ok_or(Error::NotFound)
}

/// Who is told of a report; nobody animates a conversation.
async fn animators(connection: &mut PgConnection, access: &MessageAccess) -> Result<Vec<PersonId>> {
    let animators = store::animators(connection, access.group()).await?;
    if animators.is_empty() { Err(Error::NotFound) } else { Ok(animators) }
}
