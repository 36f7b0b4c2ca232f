//! The inbox.

use words::{NotificationReason, ThreadKind, ThreadLevel};

use super::{Sample, Stage, ago, id, now, talk};
use crate::{
    notifications::{InboxPage, Notification},
    page::Current,
    people::Author,
};

/// Something that Camille is told.
pub(super) fn told(stage: &Stage) -> Notification {
    let said = "Camille, tu avais une grille pour les focus groupes de parents ?";
    one(stage, 1, NotificationReason::Mention, stage.sophie(), said)
}

fn one(stage: &Stage, number: u128, reason: NotificationReason, author: Author, extract: &str) -> Notification {
    Notification {
        id: id(100 + number),
        reason,
        message: id(0x70 + number),
        position: 4,
        thread: id(30 + number / 2),
        kind: ThreadKind::Question,
        title: stage.kind.name("Qui a déjà travaillé avec un évaluateur externe ?"),
        channel: Some((id(21), stage.kind.name("Évaluation"))),
        author,
        extract: stage.kind.words(extract),
        level: ThreadLevel::Followed,
        created_at: ago(19 * 60),
        seen: number > 2,
    }
}

pub(super) fn sample(stage: &Stage) -> Sample {
    let (answer, announcement) = (NotificationReason::Answer, NotificationReason::Announcement);
    let page = InboxPage {
        shell: stage.shell(&stage.text.get("inbox-title"), Current::Inbox),
        notifications: stage.kind.list(&[
            told(stage),
            one(stage, 2, answer, stage.hugo(), "Je joins notre cahier des charges."),
            one(stage, 3, announcement, stage.nadia(), "Le renouvellement du label est publié."),
        ]),
        inbox: talk::threads(stage),
        now: now(),
    };
    stage.print("inbox", &page)
}
