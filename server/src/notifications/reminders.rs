//! Reminders: what somebody wants to be told of again, by themselves, at a time that they chose.

use chrono::{DateTime, Datelike, Days, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use web::{date::NETWORK_ZONE, notifications::RemindIn};
use words::NotificationReason;

use super::{store, tell_again};
use crate::{
    db::{Db, Tx},
    error::{Error, Result},
    messages::MessageAccess,
};

/// The hour of the day at which one is reminded of what is not of today.
const MORNING_HOUR: u32 = 9;
/// How many reminders one transaction tells.
const TOLD: i64 = 50;
/// How far ahead one may be reminded.
const FARTHEST: TimeDelta = TimeDelta::days(366);

/// When somebody is to be reminded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due(DateTime<Utc>);

impl Due {
    /// One of the times that are offered.
    pub fn offered(when: RemindIn, now: DateTime<Utc>) -> Result<Self> {
        let today = now.with_timezone(&NETWORK_ZONE).date_naive();
        let days = match when {
            RemindIn::Hour => return Ok(Self(now + TimeDelta::hours(1))),
            RemindIn::Tomorrow => 1,
            RemindIn::Monday => 7 - u64::from(today.weekday().days_since(Weekday::Mon)),
            RemindIn::Week => 7,
        };
        let morning = NaiveTime::from_hms_opt(MORNING_HOUR, 0, 0);
        let at = today.checked_add_days(Days::new(days)).zip(morning).map(|(day, hour)| day.and_time(hour));
        let at = at.and_then(|at| NETWORK_ZONE.from_local_datetime(&at).earliest());
        at.map(|at| Self(at.to_utc())).ok_or_else(|| Error::field("when", "malformed"))
    }

    /// A time that was chosen: to come, and within a year.
    pub fn chosen(at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self> {
        if at > now && at <= now + FARTHEST { Ok(Self(at)) } else { Err(Error::field("when", "not_to_come")) }
    }
}

/// Notes when somebody wants to be told of a message again; an earlier wish for the same message is forgotten.
pub async fn remind(tx: &mut Tx, access: &MessageAccess, due: Due) -> Result<()> {
    let (id, now) = (tx.fresh(), tx.now());
    store::set_reminder(tx.connection(), id, access.person(), access.message(), due.0, now).await
}

/// Tells what is due.
pub async fn tell_due(db: &Db) -> Result<()> {
    while db.write(|tx| Box::pin(async move { told(tx).await })).await? {}
    Ok(())
}

/// Answers whether there may be more.
async fn told(tx: &mut Tx) -> Result<bool> {
    let now = tx.now();
    let due = store::take_due(tx.connection(), now, TOLD).await?;
    for &(person, message) in &due {
        tell_again(tx, person, message, NotificationReason::Reminder).await?;
    }
    Ok(i64::try_from(due.len()).is_ok_and(|due| due == TOLD))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use web::notifications::RemindIn;

    use super::Due;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn one_is_reminded_in_the_morning_of_the_network_whatever_its_clocks_do() {
        // A Friday before the clocks go back, late in the evening.
        let now = at("2025-10-24T21:30:00Z");
        let due = |when| Due::offered(when, now).unwrap().0;
        assert_eq!(due(RemindIn::Hour), at("2025-10-24T22:30:00Z"));
        assert_eq!(due(RemindIn::Tomorrow), at("2025-10-25T07:00:00Z"));
        assert_eq!(due(RemindIn::Monday), at("2025-10-27T08:00:00Z"));
        assert_eq!(due(RemindIn::Week), at("2025-10-31T08:00:00Z"));
        let monday = at("2025-10-27T08:30:00Z");
        assert_eq!(Due::offered(RemindIn::Monday, monday).unwrap().0, at("2025-11-03T08:00:00Z"), "the next one");
    }

    #[test]
    fn a_chosen_time_is_to_come() {
        let now = at("2025-10-24T21:30:00Z");
        assert!(Due::chosen(now + TimeDelta::minutes(1), now).is_ok());
        for wrong in [TimeDelta::zero(), TimeDelta::days(-1), TimeDelta::days(400)] {
            assert!(Due::chosen(now + wrong, now).is_err(), "{wrong}");
        }
    }
}
