//! The meetings, one of them, and the form that schedules and changes one.

use chrono::{TimeDelta, Utc};
use words::{Answer, MeetingState, Mode, Role};

use super::{Kind, Sample, Stage, id, now, rooms};
use crate::{
    date::NETWORK_ZONE,
    meetings::{
        AgendaItem, Counts, Meeting, MeetingForm, MeetingFormPage, MeetingPage, MeetingsPage, Rsvp, Subscription,
    },
    page::Current,
};

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    vec![
        list(stage),
        page(stage, MeetingState::Convened),
        page(stage, MeetingState::Cancelled),
        form(stage, false),
        form(stage, true),
    ]
}

fn sample(stage: &Stage, number: u128, title: &str, starts_at: chrono::DateTime<Utc>) -> Meeting {
    let item = |title: &str, minutes| AgendaItem { title: stage.kind.name(title), minutes };
    let full = stage.kind != Kind::Empty;
    Meeting {
        id: id(number),
        group: id(11),
        thread: id(31),
        title: stage.kind.name(title),
        objective: stage.kind.name("Préparer ensemble les dossiers de renouvellement."),
        starts_at,
        ends_at: starts_at + TimeDelta::hours(3),
        timezone: NETWORK_ZONE,
        mode: Mode::Hybrid,
        place: full.then(|| stage.kind.name("Cité Nature, Arras")),
        link: None,
        state: MeetingState::Convened,
        agenda: stage.kind.list(&[item("Météo du jour", 15), item("Tour des territoires", 45)]),
        counts: Counts { in_person: stage.kind.number(9), remote: stage.kind.number(4), no: stage.kind.number(1) },
        rsvp: full.then_some(Answer::InPerson),
        asked: stage.kind.number(31),
        territories: stage.kind.number(12),
        revision: 2,
        updated_at: now(),
    }
}

fn list(stage: &Stage) -> Sample {
    let cancelled = Meeting {
        state: MeetingState::Cancelled,
        ..sample(stage, 72, "Parentalité : visites croisées", now() + TimeDelta::days(30))
    };
    let coming = [sample(stage, 71, "Renouvellement du label", now() + TimeDelta::days(9)), cancelled];
    let past = [sample(stage, 73, "Les 16-25 ans", now() - TimeDelta::days(60))];
    let page = MeetingsPage {
        shell: stage.shell(&stage.text.get("meetings-title"), Current::Meetings),
        coming: stage.kind.list(&coming),
        past: stage.kind.list(&past),
        animated: stage.kind.list(&[rooms::group_of(stage, Some(Role::Animator))]),
        subscription: Subscription {
            since: (stage.kind != Kind::Empty).then(now),
            address: (stage.kind == Kind::Long).then(|| format!("/feeds/{}.ics", "5e".repeat(32))),
        },
        now: now(),
    };
    stage.print("meetings", &page)
}

fn page(stage: &Stage, reached: MeetingState) -> Sample {
    let meeting =
        Meeting { state: reached, ..sample(stage, 71, "Renouvellement du label", now() + TimeDelta::days(9)) };
    let rsvp = |name: &str, answer| Rsvp { name: stage.kind.name(name), territory: None, answer };
    let page = MeetingPage {
        shell: stage.shell(&meeting.title, Current::Meetings),
        meeting,
        rsvps: stage.kind.list(&[rsvp("Sophie Bailleul", Answer::InPerson), rsvp("Hugo Lemaire", Answer::No)]),
        changeable: stage.kind != Kind::Empty,
    };
    stage.print(if reached == MeetingState::Cancelled { "meeting-cancelled" } else { "meeting" }, &page)
}

fn form(stage: &Stage, edit: bool) -> Sample {
    let meeting = sample(stage, 71, "Renouvellement du label", now() + TimeDelta::days(9));
    let title = if edit { "meeting-edit" } else { "meeting-schedule" };
    let now = MeetingForm::of(&meeting);
    let page = MeetingFormPage {
        shell: stage.shell(&stage.text.name(title, &meeting.title), Current::Meetings),
        faults: stage.kind.faults(&["title", "to", "agenda", "etag"]),
        group: rooms::group_of(stage, Some(Role::Animator)),
        meeting: edit.then(|| (meeting.id, now.etag())),
        form: if edit { now } else { MeetingForm::default() },
    };
    stage.print(title, &page)
}
