//! When devices show nothing: at night, on week-ends and on the bank holidays of France, in the network's zone.

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday,
};
use web::{date::NETWORK_ZONE, push::QuietHours};

/// How many times in a row quiet may lead to quiet: a night to a day off, and so on for weeks.
const LONGEST: usize = 60;

/// When quiet hours end, if they hold at this instant.
pub(super) fn until(hours: &QuietHours, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut at = now.with_timezone(&NETWORK_ZONE).naive_local();
    if !hours.enabled || !holds(hours, at) {
        return None;
    }
    for _ in 0..LONGEST {
        at = next(hours, at)?;
        if !holds(hours, at) {
            break;
        }
    }
    // An hour that the clocks skip in spring is the next one; of one that they repeat in autumn, what is still to come.
    [at, at + TimeDelta::hours(1)].iter().find_map(|at| {
        let instants = NETWORK_ZONE.from_local_datetime(at);
        [instants.earliest(), instants.latest()].into_iter().flatten().map(|at| at.to_utc()).find(|at| *at > now)
    })
}

fn holds(hours: &QuietHours, at: NaiveDateTime) -> bool {
    let (time, date) = (at.time(), at.date());
    let nightly = if hours.from < hours.to {
        hours.from <= time && time < hours.to
    } else {
        hours.from <= time || time < hours.to
    };
    let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    nightly || hours.weekends && weekend || hours.holidays && is_holiday(date)
}

/// The next instant at which quiet may end: the hour of its end, or midnight.
fn next(hours: &QuietHours, at: NaiveDateTime) -> Option<NaiveDateTime> {
    let tomorrow = at.date().checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
    Some(if at.time() < hours.to { at.date().and_time(hours.to) } else { tomorrow })
}

/// Whether a day is a bank holiday of France (Code du travail, article L3133-1).
fn is_holiday(date: NaiveDate) -> bool {
    const FIXED: [(u32, u32); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
    // Easter Monday, Ascension and Whit Monday, in days after Easter.
    const MOVING: [u64; 3] = [1, 39, 50];
    let easter = easter(date.year());
    FIXED.contains(&(date.month(), date.day()))
        || easter
            .is_some_and(|easter| MOVING.iter().any(|days| easter.checked_add_days(Days::new(*days)) == Some(date)))
}

/// Easter Sunday of a year of the Gregorian calendar (the anonymous algorithm, in Meeus, Astronomical Algorithms, chapter 8).
fn easter(year: i32) -> Option<NaiveDate> {
    let (cycle, century, of_century) = (year.rem_euclid(19), year.div_euclid(100), year.rem_euclid(100));
    let moon = (century - (8 * century + 13) / 25 - century / 4 + 19 * cycle + 15).rem_euclid(30);
    let moon = moon - i32::from(moon > 28 || moon == 28 && cycle > 10);
    let sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4).rem_euclid(7);
    let days = u64::try_from(moon + sunday).ok()?;
    NaiveDate::from_ymd_opt(year, 1, 22)?.checked_add_months(Months::new(2))?.checked_add_days(Days::new(days))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
    use web::push::QuietHours;

    use super::{easter, is_holiday, until};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn easter_is_where_the_calendar_has_it() {
        for date in [
            "1818-03-22",
            "1943-04-25",
            "1954-04-18",
            "1981-04-19",
            "2000-04-23",
            "2008-03-23",
            "2011-04-24",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
            "2100-03-28",
            "2285-03-22",
        ] {
            let date = day(date);
            assert_eq!(easter(chrono::Datelike::year(&date)), Some(date));
        }
    }

    #[test]
    fn the_bank_holidays_of_a_year_are_eleven() {
        let year: Vec<_> = day("2026-01-01").iter_days().take(365).filter(|date| is_holiday(*date)).collect();
        let expected = [
            "2026-01-01",
            "2026-04-06",
            "2026-05-01",
            "2026-05-08",
            "2026-05-14",
            "2026-05-25",
            "2026-07-14",
            "2026-08-15",
            "2026-11-01",
            "2026-11-11",
            "2026-12-25",
        ];
        assert_eq!(year, expected.map(day));
    }

    #[test]
    fn quiet_leads_over_nights_week_ends_and_holidays_to_a_morning_of_work() {
        let hours = QuietHours::default();
        for (now, end) in [
            // A Tuesday, at noon and in the evening of the network; in winter and in summer.
            ("2026-11-24T11:00:00Z", None),
            ("2026-11-24T18:00:00Z", Some("2026-11-25T07:00:00Z")),
            ("2026-11-25T06:59:59Z", Some("2026-11-25T07:00:00Z")),
            ("2026-11-25T07:00:00Z", None),
            ("2026-06-23T17:00:00Z", Some("2026-06-24T06:00:00Z")),
            ("2026-06-23T16:59:00Z", None),
            // A Friday evening before the clocks change, a week-end, and Easter.
            ("2026-10-23T20:00:00Z", Some("2026-10-26T07:00:00Z")),
            ("2026-11-28T11:00:00Z", Some("2026-11-30T07:00:00Z")),
            ("2026-04-03T18:00:00Z", Some("2026-04-07T06:00:00Z")),
            // Christmas is a Friday; the Ascension a Thursday between two days of work.
            ("2026-12-24T19:00:00Z", Some("2026-12-28T07:00:00Z")),
            ("2026-05-14T10:00:00Z", Some("2026-05-15T06:00:00Z")),
        ] {
            assert_eq!(until(&hours, at(now)), end.map(at), "{now}");
        }
    }

    #[test]
    fn who_wants_other_hours_has_them() {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let siesta =
            QuietHours { from: time(12), to: time(14), weekends: false, holidays: false, ..QuietHours::default() };
        assert_eq!(until(&siesta, at("2026-11-28T11:30:00Z")), Some(at("2026-11-28T13:00:00Z")));
        assert_eq!(until(&siesta, at("2026-12-25T22:30:00Z")), None);
        let off = QuietHours { enabled: false, ..QuietHours::default() };
        assert_eq!(until(&off, at("2026-11-28T22:30:00Z")), None);
        // The end is skipped in spring, and comes an hour later; it comes twice in autumn.
        let late =
            QuietHours { to: NaiveTime::from_hms_opt(2, 30, 0).unwrap(), weekends: false, ..QuietHours::default() };
        assert_eq!(until(&late, at("2026-03-28T23:00:00Z")), Some(at("2026-03-29T01:30:00Z")));
        for (now, end) in [("00:15", "00:30"), ("01:15", "01:30")] {
            let [now, end] = [now, end].map(|time| at(&format!("2026-10-25T{time}:00Z")));
            assert_eq!(until(&late, now), Some(end));
        }
    }
}
