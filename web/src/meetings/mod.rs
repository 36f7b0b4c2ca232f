//! Meetings: the card of the next one, where it is answered.

use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use words::{Answer, MeetingId, Mode};

use crate::{Text, date};

/// The meeting that comes next for a person.
#[derive(Clone, Debug)]
pub struct NextMeeting {
    /// Its id.
    pub id: MeetingId,
    /// Its title.
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// The zone in which its hours were said.
    pub timezone: Tz,
    /// Whether it is in a room, by video, or both.
    pub mode: Mode,
    /// The room.
    pub place: Option<String>,
    /// What the reader answered.
    pub answer: Option<Answer>,
    /// How many people answered.
    pub answers: i64,
    /// How many people were asked.
    pub asked: i64,
}

/// The card of a meeting, with the three answers.
#[derive(Debug, Template)]
#[template(path = "meetings/card.html")]
pub struct MeetingCard<'a> {
    /// The reader's texts.
    pub text: Text,
    /// The meeting.
    pub meeting: &'a NextMeeting,
}

impl askama::filters::HtmlSafe for MeetingCard<'_> {}

impl MeetingCard<'_> {
    fn block(&self) -> date::Block {
        date::block(self.text, self.meeting.starts_at, self.meeting.timezone)
    }

    fn span(&self) -> String {
        let NextMeeting { starts_at, ends_at, timezone, .. } = self.meeting;
        date::capitalised(&date::span(self.text, *starts_at, *ends_at, *timezone))
    }

    fn counted(&self) -> String {
        let NextMeeting { answers, asked, .. } = self.meeting;
        self.text.with("meeting-answers", &[("count", (*answers).into()), ("asked", (*asked).into())])
    }

    /// The answers that make sense: nobody goes to a room that does not exist.
    fn choices(&self) -> impl Iterator<Item = Answer> + use<> {
        let mode = self.meeting.mode;
        Answer::ALL.iter().copied().filter(move |answer| match answer {
            Answer::InPerson => mode != Mode::Remote,
            Answer::Remote => mode != Mode::InPerson,
            Answer::No => true,
        })
    }
}
