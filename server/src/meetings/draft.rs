//! A meeting to be, checked at the gate.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use words::{MeetingState, Mode};

use crate::{
    characters::{holds_hidden, plain},
    error::{Error, FieldError, Result},
};

/// The most items of an agenda.
const MOST_ITEMS: usize = 50;

/// A meeting to be.
#[derive(Clone, Debug)]
pub struct NewMeeting {
    pub(super) title: String,
    pub(super) objective: String,
    pub(super) starts_at: DateTime<Utc>,
    pub(super) ends_at: DateTime<Utc>,
    pub(super) timezone: Tz,
    pub(super) mode: Mode,
    pub(super) place: Option<String>,
    pub(super) link: Option<String>,
    pub(super) state: MeetingState,
    pub(super) agenda: Vec<(String, i16)>,
}

/// The words of a meeting, before they are checked.
#[derive(Clone, Debug, Default)]
pub struct Words<'a> {
    /// The title.
    pub title: &'a str,
    /// The objective.
    pub objective: &'a str,
    /// The zone, by its IANA name.
    pub timezone: &'a str,
    /// The room.
    pub place: Option<&'a str>,
    /// The video link.
    pub link: Option<&'a str>,
}

impl NewMeeting {
    /// Checks everything, and tells of every field that is not as it must be.
    pub fn checked(
        words: &Words<'_>,
        (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
        mode: Mode,
        state: Option<MeetingState>,
        agenda: Vec<(String, i64)>,
    ) -> Result<Self> {
        let mut faults = Vec::new();
        let mut fault = |field: &'static str, code| faults.push(FieldError { field: field.into(), code });
        let title = words.title.trim();
        match title.chars().count() {
            0 => fault("title", "required"),
            201.. => fault("title", "too_long"),
            _ if holds_hidden(title) => fault("title", "malformed"),
            _ => {}
        }
        let objective = plain("objective", words.objective);
        match objective.as_ref().map(|objective| objective.chars().count()) {
            Err(_) => fault("objective", "malformed"),
            Ok(0) => fault("objective", "required"),
            Ok(501..) => fault("objective", "too_long"),
            Ok(_) => {}
        }
        if ends_at <= starts_at {
            fault("ends_at", "order");
        }
        let timezone: Result<Tz, _> = words.timezone.parse();
        if timezone.is_err() {
            fault("timezone", "malformed");
        }
        let given = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let (place, link) = (given(words.place), given(words.link));
        match &place {
            Some(place) if place.chars().count() > 300 => fault("place", "too_long"),
            Some(place) if holds_hidden(place) => fault("place", "malformed"),
            _ => {}
        }
        if link.as_ref().is_some_and(|link| !is_address(link)) {
            fault("link", "malformed");
        }
        if !matches!(state, None | Some(MeetingState::Draft | MeetingState::Convened | MeetingState::Cancelled)) {
            fault("state", "malformed");
        }
        let items = checked_agenda(agenda);
        if items.is_none() {
            fault("agenda", "malformed");
        }
        match (timezone, items, objective) {
            (Ok(timezone), Some(agenda), Ok(objective)) if faults.is_empty() => Ok(Self {
                title: title.to_owned(),
                objective,
                starts_at,
                ends_at,
                timezone,
                mode,
                place,
                link,
                state: state.unwrap_or(MeetingState::Convened),
                agenda,
            }),
            _ => Err(Error::Invalid(faults)),
        }
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Whether it is its animators' for now.
    pub fn is_draft(&self) -> bool {
        self.state == MeetingState::Draft
    }
}

/// An hour of a day as it is said in a zone. An hour that a clock change skips or repeats is the earlier instant.
pub(super) fn local(date: &str, time: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let date = NaiveDate::parse_from_str(date.trim(), "%Y-%m-%d").ok()?;
    let time = NaiveTime::parse_from_str(time.trim(), "%H:%M").ok()?;
    let said = date.and_time(time);
    match zone.from_local_datetime(&said) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Some(instant.with_timezone(&Utc)),
        LocalResult::None => {
            let before = zone.from_local_datetime(&(said - chrono::TimeDelta::hours(1))).earliest()?;
            Some(before.with_timezone(&Utc) + chrono::TimeDelta::hours(1))
        }
    }
}

fn is_address(link: &str) -> bool {
    let uri: Option<axum::http::Uri> = link.parse().ok();
    link.len() <= 2000
        && uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

fn checked_agenda(items: Vec<(String, i64)>) -> Option<Vec<(String, i16)>> {
    if items.len() > MOST_ITEMS {
        return None;
    }
    items
        .into_iter()
        .map(|(title, minutes)| {
            let title = title.trim().to_owned();
            let minutes = i16::try_from(minutes).ok().filter(|minutes| (1..=600).contains(minutes))?;
            let well = !title.is_empty() && title.chars().count() <= 200 && !holds_hidden(&title);
            well.then_some((title, minutes))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Paris;

    use super::local;

    #[test]
    fn an_hour_is_that_of_the_zone_on_both_sides_of_a_clock_change() {
        let at = |date, time| local(date, time, Paris).map(|at| at.to_rfc3339());
        assert_eq!(at("2026-03-28", "09:30").as_deref(), Some("2026-03-28T08:30:00+00:00"));
        assert_eq!(at("2026-03-29", "09:30").as_deref(), Some("2026-03-29T07:30:00+00:00"));
        assert_eq!(at("2026-03-29", "02:30").as_deref(), Some("2026-03-29T01:30:00+00:00"), "an hour that is skipped");
        assert_eq!(at("2026-10-25", "02:30").as_deref(), Some("2026-10-25T00:30:00+00:00"), "one that comes twice");
        assert_eq!(at("2026-02-30", "09:30"), None);
    }
}
