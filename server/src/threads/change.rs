//! What is changed of a thread: its name, its question's state, whether it is pinned or closed, and its channel.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use words::{ChannelId, Event, GroupId, PersonId, Role, ThreadStatus};

use super::{MayChange, ThreadAccess, checked_title, store};
use crate::{
    channels::ChannelAccess,
    db::Tx,
    error::{Error, Result},
};

/// How many former titles are shown.
const FORMER_TITLES: i64 = 50;

/// What may be changed of a thread, as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// The title that it was given.
    pub title: Option<String>,
    /// Where it stands, if it is a question.
    pub status: Option<ThreadStatus>,
    /// The position of the message that answers it.
    pub answer: Option<i32>,
    /// Whether it stands on top of its channel's list.
    pub pinned: bool,
    /// Whether nobody posts there any more.
    pub closed: bool,
    /// The channel it hangs on, if it does.
    pub channel: Option<ChannelId>,
}

/// What a thread was called once.
#[derive(Clone, Debug)]
pub struct FormerTitle {
    /// The title that it had; without one its first line stood for it.
    pub title: Option<String>,
    /// Who called it otherwise.
    pub changed_by: String,
    /// Until when it was called so.
    pub until_at: DateTime<Utc>,
}

/// What is to be changed of a thread; what is not named stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Empty to take it away.
    title: Option<String>,
    status: Option<ThreadStatus>,
    /// 0 for none.
    answer: Option<i32>,
    pinned: Option<bool>,
    closed: Option<bool>,
    channel: Option<(ChannelId, GroupId)>,
}

impl Change {
    /// Checks a title of one line, of which an empty one takes the thread's title away, and a state.
    pub fn checked(title: Option<&str>, status: Option<ThreadStatus>) -> Result<Self> {
        let title = title.map(|title| checked_title(Some(title)).map(Option::unwrap_or_default)).transpose()?;
        Ok(Self { title, status, ..Self::default() })
    }

    /// Also the message that answers the question, by its position, or 0 for none; a question with an answer is resolved.
    #[must_use]
    pub fn answered_by(self, position: i32) -> Self {
        Self { answer: Some(position), ..self }
    }

    /// Also whether it stands on top of its channel's list, and whether nobody posts there any more.
    #[must_use]
    pub fn kept(self, pinned: Option<bool>, closed: Option<bool>) -> Self {
        Self { pinned, closed, ..self }
    }

    /// Also the channel it hangs on.
    #[must_use]
    pub fn moved_to(self, access: &ChannelAccess) -> Self {
        Self { channel: Some((access.channel().id, access.may().group())), ..self }
    }

    /// What the thread is afterwards.
    fn applied(&self, was: &State) -> Result<State> {
        let mut now = was.clone();
        if let Some(title) = &self.title {
            now.title = Some(title.clone()).filter(|title| !title.is_empty());
        }
        // A thread that asks nothing has no state, and no answer.
        if was.status.is_none() && (self.status.is_some() || self.answer.is_some()) {
            return Err(Error::field("status", "malformed"));
        }
        if let Some(status) = self.status {
            now.status = Some(status);
            now.answer = was.answer.filter(|_| status == ThreadStatus::Resolved);
        }
        if let Some(answer) = self.answer {
            now.answer = Some(answer).filter(|&answer| answer > 0);
            now.status = if now.answer.is_some() { Some(ThreadStatus::Resolved) } else { now.status };
        }
        now.pinned = self.pinned.unwrap_or(was.pinned);
        now.closed = self.closed.unwrap_or(was.closed);
        now.channel = self.channel.map_or(was.channel, |(channel, _)| Some(channel));
        Ok(now)
    }
}

/// Changes a thread. Its place in lists is the animators' to change.
pub async fn change(tx: &mut Tx, may: &MayChange, change: &Change) -> Result<()> {
    let (group, thread, person, now) = (may.group(), may.thread(), may.person(), tx.now());
    tx.lock(group.into()).await?;
    let role = may.recheck(tx.connection()).await?;
    let was = store::state(tx.connection(), thread).await?;
    let is = change.applied(&was)?;
    let moved = was.pinned != is.pinned || was.channel != is.channel;
    if moved && role != Role::Animator {
        return Err(Error::Forbidden);
    }
    if let Some((channel, of)) = change.channel.filter(|_| was.channel != is.channel) {
        may_hang(tx.connection(), person, (channel, of), group).await?;
    }
    if was == is {
        return Ok(());
    }
    store::save(tx.connection(), thread, &is, person, now).await?;
    if was.title != is.title {
        store::insert_title(tx.connection(), thread, was.title.as_deref(), person, now).await?;
    }
    let placed = State { pinned: was.pinned, channel: was.channel, ..is };
    if placed != was {
        tx.record(Event::ThreadUpdated { group, thread }, Some(person)).await?;
    }
    if moved {
        tx.record(Event::ThreadMoved { group, thread }, Some(person)).await?;
    }
    Ok(())
}

/// Whether a thread of a group may hang on a channel. What was said to a group stays with it: it has other readers than
/// any other.
async fn may_hang(
    connection: &mut PgConnection,
    person: PersonId,
    (channel, of): (ChannelId, GroupId),
    group: GroupId,
) -> Result<()> {
    if of != group {
        return Err(Error::field("channel", "other_group"));
    }
    match store::standing_in_channel(connection, person, channel).await? {
        Some(standing) if standing.archived => Err(Error::field("channel", "archived")),
        Some(_) => Ok(()),
        None => Err(Error::NotFound),
    }
}

/// What a thread was called before, the last first.
pub async fn former_titles(connection: &mut PgConnection, access: &ThreadAccess) -> Result<Vec<FormerTitle>> {
    store::titles(connection, access.thread(), FORMER_TITLES).await
}

#[cfg(test)]
mod tests {
    use words::ThreadStatus;

    use super::{Change, State};

    fn question() -> State {
        State {
            title: None,
            status: Some(ThreadStatus::Open),
            answer: None,
            pinned: false,
            closed: false,
            channel: None,
        }
    }

    #[test]
    fn an_answer_resolves_a_question_and_a_question_that_is_asked_again_has_none() {
        let answered = Change::default().answered_by(3).applied(&question()).unwrap();
        assert_eq!((answered.status, answered.answer), (Some(ThreadStatus::Resolved), Some(3)));
        let open = Change::checked(None, Some(ThreadStatus::Open)).unwrap().applied(&answered).unwrap();
        assert_eq!((open.status, open.answer), (Some(ThreadStatus::Open), None));
        let without = Change::default().answered_by(0).applied(&answered).unwrap();
        assert_eq!((without.status, without.answer), (Some(ThreadStatus::Resolved), None));
    }

    #[test]
    fn what_asks_nothing_is_not_answered() {
        let said = State { status: None, ..question() };
        assert!(Change::default().answered_by(1).applied(&said).is_err());
        assert!(Change::checked(None, Some(ThreadStatus::Resolved)).unwrap().applied(&said).is_err());
        assert!(Change::default().kept(Some(true), Some(true)).applied(&said).unwrap().closed);
    }
}
