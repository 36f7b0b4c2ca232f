//! Doors: signing in, one's account, the mailbox.

use words::{Announce, Locale, Theme};

use super::{Kind, Sample, Stage, id};
use crate::{
    page::Current,
    people::{CodePage, ConfirmPage, MailRow, MailboxPage, SessionRow, SettingsPage, SignInPage},
};

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    vec![sign_in(stage), code(stage), confirm(stage), settings(stage), mailbox(stage)]
}

fn sign_in(stage: &Stage) -> Sample {
    let page = SignInPage {
        shell: stage.bare(&stage.text.get("sign-in-title")),
        faults: stage.kind.faults(&["email", "password"]),
        email: stage.kind.words("camille.delattre@lille.example"),
        next: "/groups".to_owned(),
    };
    stage.print("sign-in", &page)
}

fn code(stage: &Stage) -> Sample {
    let page = CodePage {
        shell: stage.bare(&stage.text.get("code-title")),
        faults: stage.kind.faults(&["code"]),
        next: "/groups".to_owned(),
    };
    stage.print("sign-in-code", &page)
}

fn confirm(stage: &Stage) -> Sample {
    let page = ConfirmPage {
        shell: stage.bare(&stage.text.get("sign-in-title")),
        action: "/sign-in/secret".to_owned(),
        name: (stage.kind != Kind::Empty).then(|| stage.kind.name("Camille Delattre")),
    };
    stage.print("sign-in-confirm", &page)
}

fn settings(stage: &Stage) -> Sample {
    let row = |number, user_agent: &str, current| SessionRow {
        id: id(number),
        user_agent: stage.kind.name(user_agent),
        seen: stage.kind.words("22 sept."),
        current,
    };
    let page = SettingsPage {
        shell: stage.shell(&stage.text.get("settings-title"), Current::Elsewhere),
        faults: stage.kind.faults(&["name", "password"]),
        name: stage.kind.words("Camille Delattre"),
        email: "camille.delattre@lille.example".to_owned(),
        locale: Locale::Fr,
        theme: Theme::System,
        shows_typing: stage.kind == Kind::Long,
        enter_sends: stage.kind == Kind::Long,
        announce: Announce::Words,
        admin: stage.kind == Kind::Long,
        sessions: stage.kind.list(&[row(51, "Firefox, Windows", true), row(52, "Safari, iPhone", false)]),
        done: stage.kind == Kind::Ordinary,
    };
    stage.print("settings", &page)
}

fn mailbox(stage: &Stage) -> Sample {
    let mail = MailRow {
        recipient: "camille.delattre@lille.example".to_owned(),
        subject: stage.kind.name("Votre lien de connexion"),
        body: stage.kind.words("Bonjour,\n\nVoici votre lien de connexion."),
        link: Some("/sign-in/secret".to_owned()),
    };
    let page = MailboxPage { shell: stage.bare(&stage.text.get("mailbox-title")), mails: stage.kind.list(&[mail]) };
    stage.print("mailbox", &page)
}
