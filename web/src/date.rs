//! Dates, hours and weights as people read them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use words::Locale;

use crate::Text;

/// The zone that the network lives in: where a page's dates are told, so that everybody reads the same.
pub const NETWORK_ZONE: Tz = chrono_tz::Europe::Paris;

/// What somebody chose in a field for a date and an hour, in the network's zone; nothing for what is no such time.
pub fn chosen(text: &str) -> Option<DateTime<Utc>> {
    let said =
        ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"].iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    Some(NETWORK_ZONE.from_local_datetime(&said?).earliest()?.to_utc())
}

/// The day of an instant in the network's zone.
pub fn day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&NETWORK_ZONE).date_naive()
}

/// `Jeudi 18 septembre 2025`: a day heading.
pub fn heading(text: Text, at: DateTime<Utc>) -> String {
    capitalised(&long(text, day(at)))
}

/// `jeudi 18 septembre 2025`.
pub fn long(text: Text, date: NaiveDate) -> String {
    let weekday = text.get(&format!("weekday-{}", date.weekday().number_from_monday()));
    let month = text.get(&format!("month-{}", date.month()));
    format!("{weekday} {} {month} {}", ordinal(text, date.day()), date.year())
}

/// `jeudi 18 septembre 2025 à 14 h 12`.
pub fn exact(text: Text, at: DateTime<Utc>) -> String {
    let (date, hour) = (long(text, day(at)), hour(text, at, NETWORK_ZONE));
    text.with("date-exact", &[("date", date.into()), ("hour", hour.into())])
}

/// `18 sept.`, with the year when it is not that of `now`.
pub fn short(text: Text, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let date = day(at);
    let month = text.get(&format!("short-month-{}", date.month()));
    let short = format!("{} {month}", ordinal(text, date.day()));
    if date.year() == day(now).year() { short } else { format!("{short} {}", date.year()) }
}

/// The hour today, the day before.
pub fn brief(text: Text, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if day(at) == day(now) { hour(text, at, NETWORK_ZONE) } else { short(text, at, now) }
}

/// `14 h 12`, or `14:12` in English.
pub fn hour(text: Text, at: DateTime<Utc>, zone: Tz) -> String {
    let at = at.with_timezone(&zone);
    match text.locale() {
        Locale::Fr => format!("{}\u{a0}h\u{a0}{:02}", at.hour(), at.minute()),
        Locale::En => format!("{}:{:02}", at.hour(), at.minute()),
    }
}

/// A date in three lines: the picture beside a meeting.
#[derive(Clone, Debug)]
pub struct Block {
    /// `oct.`
    pub month: String,
    /// `2`
    pub day: u32,
    /// `jeudi`
    pub weekday: String,
}

/// The day of an instant as a picture, in the zone in which it was said.
pub fn block(text: Text, at: DateTime<Utc>, zone: Tz) -> Block {
    let date = at.with_timezone(&zone).date_naive();
    Block {
        month: text.word("short-month", date.month()),
        day: date.day(),
        weekday: text.word("weekday", date.weekday().number_from_monday()),
    }
}

/// `jeudi 2 octobre 2025, 9 h 30 – 12 h 30`, in the zone in which it was said.
pub fn span(text: Text, from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> String {
    let (first, last) = (from.with_timezone(&zone).date_naive(), to.with_timezone(&zone).date_naive());
    let begins = format!("{}, {}", long(text, first), hour(text, from, zone));
    if first == last {
        format!("{begins}\u{a0}–\u{a0}{}", hour(text, to, zone))
    } else {
        format!("{begins}\u{a0}– {}, {}", long(text, last), hour(text, to, zone))
    }
}

/// `130,39 Ko`: a weight, in thousands as the file's page says it.
pub fn size(text: Text, bytes: u64) -> String {
    let units = match text.locale() {
        Locale::Fr => ["octets", "Ko", "Mo", "Go"],
        Locale::En => ["bytes", "kB", "MB", "GB"],
    };
    let (mut hundredths, mut unit) = (u128::from(bytes) * 100, 0);
    while hundredths >= 100_000 && unit < 3 {
        hundredths /= 1000;
        unit += 1;
    }
    let whole = hundredths / 100;
    let number = match (unit, hundredths % 100) {
        (0, _) | (_, 0) => whole.to_string(),
        (_, rest) => {
            let comma = if text.locale() == Locale::Fr { ',' } else { '.' };
            format!("{whole}{comma}{rest:02}").trim_end_matches('0').to_owned()
        }
    };
    format!("{number}\u{a0}{}", units[unit])
}

fn ordinal(text: Text, day: u32) -> String {
    if day == 1 && text.locale() == Locale::Fr { "1er".to_owned() } else { day.to_string() }
}

/// With its first letter in capital.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use words::Locale;

    use super::{NETWORK_ZONE, chosen, exact, heading, size, span};
    use crate::Text;

    #[test]
    fn a_date_is_told_in_full_in_the_zone_of_the_network() {
        let at = "2024-06-30T22:30:00Z".parse().unwrap();
        assert_eq!(heading(Text::of(Locale::Fr), at), "Lundi 1er juillet 2024");
        assert_eq!(heading(Text::of(Locale::En), at), "Monday 1 July 2024");
        assert_eq!(exact(Text::of(Locale::Fr), at), "lundi 1er juillet 2024 à 0\u{a0}h\u{a0}30");
        assert_eq!(exact(Text::of(Locale::En), at), "Monday 1 July 2024 at 0:30");
        let to = "2024-07-01T00:00:00Z".parse().unwrap();
        assert_eq!(
            span(Text::of(Locale::Fr), at, to, NETWORK_ZONE),
            "lundi 1er juillet 2024, 0\u{a0}h\u{a0}30\u{a0}–\u{a0}2\u{a0}h\u{a0}00"
        );
    }

    #[test]
    fn a_chosen_hour_is_the_network_s() {
        assert_eq!(chosen("2025-10-02T09:30"), "2025-10-02T07:30:00Z".parse().ok());
        assert_eq!(chosen("2025-12-02T09:30:00"), "2025-12-02T08:30:00Z".parse().ok());
        for wrong in ["", "demain", "2025-10-02", "2025-13-02T09:30", "2025-03-30T02:30"] {
            assert_eq!(chosen(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_weight_has_its_unit_and_its_comma() {
        let (french, english) = (Text::of(Locale::Fr), Text::of(Locale::En));
        assert_eq!(size(french, 130_390), "130,39\u{a0}Ko");
        assert_eq!(size(english, 130_390), "130.39\u{a0}kB");
        assert_eq!(size(french, 999), "999\u{a0}octets");
        assert_eq!(size(french, 2_147_483_648), "2,14\u{a0}Go");
    }
}
