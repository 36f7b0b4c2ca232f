//! Polls: a message that asks to choose, until a date if it says so. Who votes for what is shown, as reactions are.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use words::Event;

use super::{Ack, Draft, MessageAccess, Post, allowed, batch, mentions, store};
use crate::{
    characters::holds_hidden,
    db::Tx,
    error::{Error, Result},
    threads::MayPost,
};

/// How many options a poll has, and how long they are, in characters.
const FEWEST_OPTIONS: usize = 2;
const MOST_OPTIONS: usize = 20;
const LONGEST_OPTION: usize = 100;
/// A poll that is open for longer is none.
const LONGEST_OPEN: TimeDelta = TimeDelta::days(366);

/// A poll to be.
#[derive(Clone, Debug)]
pub struct NewPoll {
    options: Vec<String>,
    multiple: bool,
    closes_at: Option<DateTime<Utc>>,
}

impl NewPoll {
    /// Checks options of one line, each once, and a date to come.
    pub fn checked(
        options: &[String],
        multiple: bool,
        closes_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let options: Vec<_> = options.iter().map(|option| option.trim()).filter(|option| !option.is_empty()).collect();
        if options.len() < FEWEST_OPTIONS {
            return Err(Error::field("options", "too_few_options"));
        }
        if options.len() > MOST_OPTIONS {
            return Err(Error::field("options", "too_many"));
        }
        if options.iter().any(|option| option.chars().count() > LONGEST_OPTION) {
            return Err(Error::field("options", "too_long"));
        }
        if options.iter().any(|option| holds_hidden(option)) {
            return Err(Error::field("options", "malformed"));
        }
        if options.iter().collect::<BTreeSet<_>>().len() < options.len() {
            return Err(Error::field("options", "twice"));
        }
        if closes_at.is_some_and(|closes_at| closes_at <= now || closes_at > now + LONGEST_OPEN) {
            return Err(Error::field("closes_at", "not_to_come"));
        }
        Ok(Self { options: options.into_iter().map(str::to_owned).collect(), multiple, closes_at })
    }
}

/// Posts a message that asks to choose, in one transaction. Sent again, it is known again.
pub async fn ask(tx: &mut Tx, may: MayPost, draft: Draft, poll: &NewPoll) -> Result<Ack> {
    let draft = mentions::address(tx.connection(), may.group(), draft).await?;
    let message = draft.id();
    let ack = batch::post(tx, &Post::new(may, draft)).await?;
    if !ack.duplicate {
        store::insert_poll(tx.connection(), message, poll.multiple, poll.closes_at, &poll.options).await?;
    }
    Ok(ack)
}

/// Chooses among the options of a poll, by their places; what was chosen before counts no more. Nothing is a choice too.
pub async fn vote(tx: &mut Tx, access: &MessageAccess, chosen: &BTreeSet<i16>) -> Result<Ack> {
    let seq = tx.lock(access.group().into()).await?;
    let now = access.recheck(tx.connection()).await?;
    allowed(&now, true)?;
    let (person, message, at) = (access.person(), access.message(), tx.now());
    let Some(poll) = store::poll_state(tx.connection(), message).await?.filter(|_| !now.removed) else {
        return Err(Error::NotFound);
    };
    if poll.closes_at.is_some_and(|closes_at| closes_at <= at) {
        return Err(Error::Conflict("poll_closed"));
    }
    if chosen.iter().any(|&ordinal| ordinal < 0 || i64::from(ordinal) >= poll.options) {
        return Err(Error::field("option", "malformed"));
    }
    if !poll.multiple && chosen.len() > 1 {
        return Err(Error::field("option", "only_one"));
    }
    if store::votes_of(tx.connection(), message, person).await? == *chosen {
        return Ok(access.ack(seq, true));
    }
    store::set_votes(tx.connection(), message, person, chosen, at).await?;
    let event = Event::VoteSet { group: access.group(), thread: access.thread(), message };
    let seq = tx.record(event, Some(person)).await?;
    Ok(access.ack(seq, false))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::NewPoll;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_758_618_000, 0).unwrap()
    }

    fn poll(options: &[&str], closes_in: Option<TimeDelta>) -> Result<NewPoll, String> {
        let options: Vec<_> = options.iter().map(|option| (*option).to_owned()).collect();
        NewPoll::checked(&options, false, closes_in.map(|closes_in| now() + closes_in), now())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_poll_has_options_that_differ() {
        assert_eq!(poll(&[" mardi ", "", "jeudi"], None).unwrap().options, ["mardi", "jeudi"]);
        let long = "é".repeat(101);
        let refused: [(&[&str], &str); 5] = [
            (&[], "too_few_options"),
            (&["mardi", " "], "too_few_options"),
            (&["mardi", "mardi "], "twice"),
            (&["mardi", &long], "too_long"),
            (&["mardi", "a\u{7}"], "malformed"),
        ];
        for (options, code) in refused {
            assert!(poll(options, None).unwrap_err().contains(code), "{options:?}");
        }
        let many: Vec<_> = (0..21).map(|number| number.to_string()).collect();
        assert!(poll(&many.iter().map(String::as_str).collect::<Vec<_>>(), None).is_err());
    }

    #[test]
    fn a_poll_closes_in_a_time_to_come() {
        let options = ["mardi", "jeudi"];
        assert!(poll(&options, Some(TimeDelta::days(3))).is_ok());
        for wrong in [TimeDelta::zero(), TimeDelta::days(-1), TimeDelta::days(400)] {
            assert!(poll(&options, Some(wrong)).unwrap_err().contains("not_to_come"), "{wrong}");
        }
    }
}
