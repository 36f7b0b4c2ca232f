//! Meetings: their list, the page of one, the form that schedules and changes one, the card of the next one.

use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Serialize;
use words::{Answer, GroupId, MeetingId, MeetingState, Mode, ThreadId};

use crate::{
    Text, date,
    groups::Group,
    page::{Faults, Shell, etag},
    paths,
    territories::TerritoryLabel,
};

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

    fn choices(&self) -> impl Iterator<Item = Answer> + use<> {
        choices(self.meeting.mode)
    }
}

/// A meeting. Serialised, it is the meeting of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Meeting {
    /// Its id.
    pub id: MeetingId,
    /// Its group.
    pub group: GroupId,
    /// Its thread.
    pub thread: ThreadId,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub objective: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// The zone in which its hours were said, by its IANA name.
    #[schemars(with = "String")]
    pub timezone: Tz,
    /// Whether it is in a room, by video, or both.
    pub mode: Mode,
    /// The room.
    pub place: Option<String>,
    /// The video link.
    pub link: Option<String>,
    /// Where it is in its life.
    pub state: MeetingState,
    /// What it will treat, in order.
    pub agenda: Vec<AgendaItem>,
    /// How many people gave each answer.
    pub counts: Counts,
    /// The reader's own answer.
    pub rsvp: Option<Answer>,
    /// How many people were asked.
    #[serde(skip)]
    pub asked: i64,
    /// How many territories answered.
    #[serde(skip)]
    pub territories: i64,
    /// How often it was changed.
    #[serde(skip)]
    pub revision: i32,
    /// When it was last changed.
    #[serde(skip)]
    pub updated_at: DateTime<Utc>,
}

/// An item of an agenda.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AgendaItem {
    /// Its title.
    pub title: String,
    /// How long it is given.
    pub minutes: i16,
}

/// How many people gave each answer.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Counts {
    /// Who comes.
    pub in_person: i64,
    /// Who takes part by video.
    pub remote: i64,
    /// Who cannot come.
    pub no: i64,
}

/// Somebody's answer.
#[derive(Clone, Debug)]
pub struct Rsvp {
    /// Who.
    pub name: String,
    /// The territory that they held a post in when they answered.
    pub territory: Option<TerritoryLabel>,
    /// What.
    pub answer: Answer,
}

/// The meetings of the reader's groups.
#[derive(Debug, Template)]
#[template(path = "meetings/list.html")]
pub struct MeetingsPage {
    /// The shell.
    pub shell: Shell,
    /// Those to come, the next one first.
    pub coming: Vec<Meeting>,
    /// Those that were, the last one first.
    pub past: Vec<Meeting>,
    /// The groups that the reader animates.
    pub animated: Vec<Group>,
    /// The reader's subscription.
    pub subscription: Subscription,
    /// Now.
    pub now: DateTime<Utc>,
}

/// A subscription to the meetings, for a calendar program.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    /// Since when there is one.
    pub since: Option<DateTime<Utc>>,
    /// Its address, shown once: when it was just made.
    pub address: Option<String>,
}

/// The form in which a meeting is scheduled or changed.
#[derive(Debug, Template)]
#[template(path = "meetings/form.html")]
pub struct MeetingFormPage {
    /// The shell, with the page's heading for its title.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The group.
    pub group: Group,
    /// The meeting that is changed and what the form shows of it; none while one is scheduled.
    pub meeting: Option<(MeetingId, String)>,
    /// What was typed, or what is so now.
    pub form: MeetingForm,
}

/// A meeting in a form, as typed.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of the form, by their names")]
pub struct MeetingForm {
    pub title: String,
    pub objective: String,
    pub date: String,
    pub from: String,
    pub to: String,
    pub mode: String,
    pub place: String,
    pub link: String,
    pub agenda: String,
}

impl MeetingForm {
    /// A meeting as it is, to be changed: its hours in the zone in which they were said.
    pub fn of(meeting: &Meeting) -> Self {
        let (starts_at, ends_at) =
            (meeting.starts_at.with_timezone(&meeting.timezone), meeting.ends_at.with_timezone(&meeting.timezone));
        let agenda = meeting.agenda.iter().map(|item| format!("{} | {}", item.title, item.minutes));
        Self {
            title: meeting.title.clone(),
            objective: meeting.objective.clone(),
            date: starts_at.format("%Y-%m-%d").to_string(),
            from: starts_at.format("%H:%M").to_string(),
            to: ends_at.format("%H:%M").to_string(),
            mode: meeting.mode.to_string(),
            place: meeting.place.clone().unwrap_or_default(),
            link: meeting.link.clone().unwrap_or_default(),
            agenda: agenda.collect::<Vec<_>>().join("\n"),
        }
    }

    /// What the form shows, in short.
    pub fn etag(&self) -> String {
        let Self { title, objective, date, from, to, mode, place, link, agenda } = self;
        etag(&[title, objective, date, from, to, mode, place, link, agenda])
    }
}

/// A meeting's page.
#[derive(Debug, Template)]
#[template(path = "meetings/page.html")]
pub struct MeetingPage {
    /// The shell.
    pub shell: Shell,
    /// The meeting.
    pub meeting: Meeting,
    /// Who answered what.
    pub rsvps: Vec<Rsvp>,
    /// Whether the reader may change it.
    pub changeable: bool,
}

impl MeetingsPage {
    fn span(&self, meeting: &Meeting) -> String {
        date::capitalised(&date::span(self.shell.text, meeting.starts_at, meeting.ends_at, meeting.timezone))
    }

    /// Since when there is a subscription, in words.
    fn since(&self) -> Option<String> {
        let since = self.subscription.since?;
        Some(self.shell.text.name("feed-since", &date::short(self.shell.text, since, self.now)))
    }

    /// The address as calendar programs take it over by a click.
    fn webcal(address: &str) -> String {
        address.split_once("://").map_or_else(|| address.to_owned(), |(_, rest)| format!("webcal://{rest}"))
    }
}

impl MeetingFormPage {
    fn action(&self) -> String {
        self.meeting
            .as_ref()
            .map_or_else(|| paths::group_meetings(&self.group.slug), |(id, _)| paths::meeting_edit(*id))
    }

    fn back(&self) -> String {
        self.meeting.as_ref().map_or_else(|| paths::MEETINGS.to_owned(), |(id, _)| paths::meeting(*id))
    }
}

impl MeetingPage {
    fn block(&self) -> date::Block {
        date::block(self.shell.text, self.meeting.starts_at, self.meeting.timezone)
    }

    fn span(&self) -> String {
        let Meeting { starts_at, ends_at, timezone, .. } = &self.meeting;
        date::capitalised(&date::span(self.shell.text, *starts_at, *ends_at, *timezone))
    }

    fn choices(&self) -> impl Iterator<Item = Answer> + use<> {
        choices(self.meeting.mode)
    }

    fn answerable(&self) -> bool {
        self.meeting.state == MeetingState::Convened
    }

    fn silent(&self) -> i64 {
        let Counts { in_person, remote, no } = self.meeting.counts;
        (self.meeting.asked - in_person - remote - no).max(0)
    }

    /// The agenda, each item with the hour at which it begins.
    fn agenda(&self) -> Vec<(String, &AgendaItem)> {
        let mut at = self.meeting.starts_at;
        let begins = |item: &'_ AgendaItem| {
            let hour = date::hour(self.shell.text, at, self.meeting.timezone);
            at += chrono::TimeDelta::minutes(item.minutes.into());
            hour
        };
        let hours: Vec<_> = self.meeting.agenda.iter().map(begins).collect();
        hours.into_iter().zip(&self.meeting.agenda).collect()
    }
}

/// The answers that make sense: nobody goes to a room that does not exist.
fn choices(mode: Mode) -> impl Iterator<Item = Answer> {
    Answer::ALL.iter().copied().filter(move |answer| match answer {
        Answer::InPerson => mode != Mode::Remote,
        Answer::Remote => mode != Mode::InPerson,
        Answer::No => true,
    })
}
