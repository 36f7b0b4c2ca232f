//! A meeting for a calendar (RFC 5545), to be taken over without an answer: METHOD PUBLISH (RFC 5546).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use web::meetings::Meeting;
use words::MeetingState;

/// The rules of Paris since 1996, for programs that do not know the zone by its name.
const PARIS: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
    TZNAME:CEST\r\nDTSTART:19960331T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n\
    BEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nDTSTART:19961027T030000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

/// The calendar that holds one meeting; `url` is the meeting's page.
pub(super) fn calendar(meeting: &Meeting, url: &str) -> String {
    let state = if meeting.state == MeetingState::Cancelled { "CANCELLED" } else { "CONFIRMED" };
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Préau//FR\r\nMETHOD:PUBLISH\r\n");
    let zoned = meeting.timezone == chrono_tz::Europe::Paris;
    if zoned {
        text.push_str(PARIS);
    }
    let location =
        [meeting.place.as_deref(), meeting.link.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" — ");
    let lines = [
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@preau", meeting.id),
        format!("SEQUENCE:{}", meeting.revision),
        format!("DTSTAMP:{}", utc(meeting.updated_at)),
        instant("DTSTART", meeting.starts_at, meeting.timezone, zoned),
        instant("DTEND", meeting.ends_at, meeting.timezone, zoned),
        format!("SUMMARY:{}", escaped(&meeting.title)),
        format!("DESCRIPTION:{}", escaped(&format!("{}\n{url}", meeting.objective))),
        format!("LOCATION:{}", escaped(&location)),
        format!("URL:{url}"),
        format!("STATUS:{state}"),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    for line in lines.iter().filter(|line| *line != "LOCATION:") {
        fold(line, &mut text);
    }
    text
}

fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// In the zone in which it was said, where its rules are given; else in UTC.
fn instant(name: &str, at: DateTime<Utc>, zone: Tz, zoned: bool) -> String {
    if zoned {
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
        let text = calendar(&meeting, "https://preau.example/meetings/1");
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert!(text.contains("DTSTART;TZID=Europe/Paris:20261026T093000\r\n"), "winter time: {text}");
        assert!(text.contains("SEQUENCE:2\r\n") && text.contains("BEGIN:VTIMEZONE") && text.contains("METHOD:PUBLISH"));
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains("DESCRIPTION:Deux lignes\\nde plus\\nhttps://"), "{unfolded}");
    }
}
