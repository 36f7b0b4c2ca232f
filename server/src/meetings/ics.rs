//! Meetings for a calendar (RFC 5545, and RFC 7986 for subscriptions), to be taken over without an answer: METHOD
//! PUBLISH (RFC 5546).

use chrono::{DateTime, Utc};
use web::{meetings::Meeting, paths};
use words::MeetingState;

/// The rules of Paris since 1996, for programs that do not know the zone by its name.
const PARIS: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
    TZNAME:CEST\r\nDTSTART:19960331T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n\
    BEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nDTSTART:19961027T030000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

/// The calendar of these meetings; with a `name` it is a subscription, to be read again each hour. `root` is the public
/// address that their pages stand under.
pub(super) fn calendar(meetings: &[Meeting], name: Option<&str>, root: &str) -> String {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Préau//FR\r\nMETHOD:PUBLISH\r\n");
    if let Some(name) = name {
        for property in ["NAME", "X-WR-CALNAME"] {
            fold(&format!("{property}:{}", escaped(name)), &mut text);
        }
        text.push_str("REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n");
    }
    if meetings.iter().any(is_zoned) {
        text.push_str(PARIS);
    }
    for meeting in meetings {
        event(meeting, &format!("{root}{}", paths::meeting(meeting.id)), &mut text);
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

fn event(meeting: &Meeting, url: &str, text: &mut String) {
    let state = match meeting.state {
        MeetingState::Cancelled => "CANCELLED",
        MeetingState::Draft | MeetingState::Poll => "TENTATIVE",
        _ => "CONFIRMED",
    };
    let location =
        [meeting.place.as_deref(), meeting.link.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" — ");
    let lines = [
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@preau", meeting.id),
        format!("SEQUENCE:{}", meeting.revision),
        format!("DTSTAMP:{}", utc(meeting.updated_at)),
        instant("DTSTART", meeting.starts_at, meeting),
        instant("DTEND", meeting.ends_at, meeting),
        format!("SUMMARY:{}", escaped(&meeting.title)),
        format!("DESCRIPTION:{}", escaped(&format!("{}\n{url}", meeting.objective))),
        format!("LOCATION:{}", escaped(&location)),
        format!("URL:{url}"),
        format!("STATUS:{state}"),
        "END:VEVENT".to_owned(),
    ];
    for line in lines.iter().filter(|line| *line != "LOCATION:") {
        fold(line, text);
    }
}

/// Whether the hours are said in the zone whose rules are given.
fn is_zoned(meeting: &Meeting) -> bool {
    meeting.timezone == chrono_tz::Europe::Paris
}

fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// In the zone in which it was said, where its rules are given; else in UTC.
fn instant(name: &str, at: DateTime<Utc>, meeting: &Meeting) -> String {
    let zone = meeting.timezone;
    if is_zoned(meeting) {
        format!("{name};TZID={}:{}", zone.name(), at.with_timezone(&zone).format("%Y%m%dT%H%M%S"))
    } else {
        format!("{name}:{}", utc(at))
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace("\r\n", "\\n")
        .replace(['\n', '\r'], "\\n")
}

/// Lines of at most 75 octets, cut between letters.
fn fold(line: &str, text: &mut String) {
    let mut octets = 0;
    for letter in line.chars() {
        if octets + letter.len_utf8() > 75 {
            text.push_str("\r\n ");
            octets = 1;
        }
        text.push(letter);
        octets += letter.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use words::{GroupId, MeetingId, MeetingState, Mode, ThreadId};

    use super::{Meeting, calendar};

    #[test]
    fn a_calendar_is_folded_by_octets_and_says_the_hour_of_the_zone() {
        let meeting = Meeting {
            id: MeetingId::fresh(),
            group: GroupId::fresh(),
            thread: ThreadId::fresh(),
            title: "Éé, à l’été ; ".repeat(12),
            objective: "Deux lignes\nde plus".to_owned(),
            starts_at: "2026-10-26T08:30:00Z".parse().unwrap(),
            ends_at: "2026-10-26T11:30:00Z".parse().unwrap(),
            timezone: chrono_tz::Europe::Paris,
            mode: Mode::Hybrid,
            place: Some("Arras".to_owned()),
            link: None,
            agenda: Vec::new(),
            state: MeetingState::Convened,
            counts: web::meetings::Counts { in_person: 0, remote: 0, no: 0 },
            rsvp: None,
            asked: 0,
            territories: 0,
            revision: 2,
            updated_at: "2026-10-01T00:00:00Z".parse().unwrap(),
        };
        let text = calendar(std::slice::from_ref(&meeting), None, "https://preau.example");
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert!(text.contains("DTSTART;TZID=Europe/Paris:20261026T093000\r\n"), "winter time: {text}");
        assert!(text.contains("SEQUENCE:2\r\n") && text.contains("BEGIN:VTIMEZONE") && text.contains("METHOD:PUBLISH"));
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains("DESCRIPTION:Deux lignes\\nde plus\\nhttps://"), "{unfolded}");
        let cancelled =
            Meeting { state: MeetingState::Cancelled, timezone: chrono_tz::Europe::Brussels, ..meeting.clone() };
        let text = calendar(&[meeting, cancelled], Some("Réseau, CPO"), "https://preau.example");
        assert_eq!((text.matches("BEGIN:VEVENT").count(), text.matches("BEGIN:VTIMEZONE").count()), (2, 1), "{text}");
        for line in ["X-WR-CALNAME:Réseau\\, CPO\r\n", "STATUS:CANCELLED\r\n", "DTSTART:20261026T083000Z\r\n"] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
