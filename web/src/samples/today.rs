//! Today.

use chrono::TimeDelta;
use words::{Answer, Mode, Post};

use super::{Kind, Sample, Stage, ago, id, notifications, now};
use crate::{
    date,
    meetings::NextMeeting,
    page::Current,
    today::{News, ToDo, TodayPage, UsefulDocument},
};

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    let useful = ["Les 10 documents pour prendre son poste", "Calendrier de labellisation 2025-2027"]
        .map(|title| UsefulDocument { id: id(83), title: stage.kind.name(title) });
    let page = TodayPage {
        shell: stage.shell(&stage.text.get("section-home"), Current::Home),
        now: now(),
        last_visit: (stage.kind != Kind::Empty).then(|| ago(11 * 24 * 60)),
        next_meeting: (stage.kind != Kind::Empty).then(|| meeting(stage)),
        to_do: stage.kind.list(&to_do(stage)),
        news: stage.kind.list(&news(stage)),
        useful: stage.kind.list(&useful),
    };
    vec![stage.print("today", &page)]
}

fn meeting(stage: &Stage) -> NextMeeting {
    let starts_at = now() + TimeDelta::minutes(9 * 24 * 60 - 90);
    NextMeeting {
        id: id(91),
        title: stage.kind.name("renouvellement du label, mode d’emploi"),
        starts_at,
        ends_at: starts_at + TimeDelta::hours(3),
        timezone: date::NETWORK_ZONE,
        mode: if stage.kind == Kind::Hostile { Mode::InPerson } else { Mode::Hybrid },
        place: Some(stage.kind.name("Arras")),
        answer: (stage.kind == Kind::Long).then_some(Answer::Remote),
        answers: stage.kind.number(14),
        asked: stage.kind.number(23),
    }
}

fn to_do(stage: &Stage) -> [ToDo; 2] {
    [
        ToDo::Told(notifications::told(stage)),
        ToDo::JoinRequest {
            name: stage.kind.name("Karim Haddad"),
            slug: "reseau".to_owned(),
            group: stage.kind.name("Réseau CPO Hauts-de-France"),
            at: ago(50),
        },
    ]
}

fn news(stage: &Stage) -> [News; 4] {
    [
        News::Thread {
            id: id(31),
            title: stage.kind.name("Qui a déjà travaillé avec un évaluateur externe ?"),
            channel: stage.kind.name("Évaluation"),
            unread: 5,
            author: stage.hugo(),
            extract: stage.kind.words("Je joins notre cahier des charges, il est réutilisable tel quel."),
            at: ago(18),
        },
        News::Document {
            id: id(82),
            title: stage.kind.name("Tableau de suivi des actions et des publics"),
            file: Some(("suivi.ods".to_owned(), 64_000)),
            author: stage.hugo(),
            at: ago(25 * 60),
        },
        News::Document {
            id: id(83),
            title: stage.kind.name("Guide du label"),
            file: None,
            author: stage.hugo(),
            at: ago(25 * 60),
        },
        News::Arrival {
            person: stage.author(6, "Karim Haddad", ("CRE", "Creil", "60"), Post::CpoEducation),
            at: ago(26 * 60),
        },
    ]
}
