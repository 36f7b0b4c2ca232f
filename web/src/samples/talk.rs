//! Channels, threads and messages.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;
use words::{ChannelLevel, PersonId, ReactionName, Role, ThreadFilter, ThreadKind, ThreadLevel, ThreadStatus};

use super::{Kind, Sample, Stage, ago, camille, id, now, rooms::channel};
use crate::{
    SafeHtml,
    documents::Picture,
    messages::{
        ActionsPage, AttachedFile, Attachment, Completion, Composer, Deed, EditForm, FavouritesPage, FormerBody,
        HistoryPage, LinkPreview, Message, MessageMenu, Move, Poll, PollFormPage, PollOption, Reaction, Suggestion,
    },
    page::{Current, Faults, Shell},
    people::Author,
    threads::{
        Former, Latest, NewThreadForm, OpenThread, PanesPage, Thread, ThreadActionsPage, ThreadList, ThreadMayDo, Tie,
    },
};

const DAY: i64 = 24 * 60;

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    vec![
        panes(stage, ThreadFilter::All),
        panes(stage, ThreadFilter::Unanswered),
        thread(stage, false),
        thread(stage, true),
        actions(stage),
        history(stage),
        favourites(stage),
        poll_form(stage),
        thread_actions(stage),
        parts(stage),
    ]
}

fn row(stage: &Stage, number: u128, title: &str, latest: Option<Latest>, active_at: DateTime<Utc>) -> Thread {
    Thread {
        id: id(number),
        channel: Some(id(21)),
        document: None,
        meeting: None,
        title: stage.kind.name(title),
        kind: ThreadKind::Message,
        status: None,
        last_position: if latest.is_some() { 7 } else { 0 },
        pinned: false,
        closed: false,
        answer: None,
        opened_by: stage.sophie().name,
        latest,
        active_at,
        read: Some(0),
        level: ThreadLevel::Normal,
    }
}

pub(super) fn threads(stage: &Stage) -> Vec<Thread> {
    let latest =
        |author: Author, extract: &str| Some(Latest { author, extract: stage.kind.words(extract), removed: false });
    let question = Thread {
        kind: ThreadKind::Question,
        status: Some(ThreadStatus::Open),
        ..row(
            stage,
            31,
            "Qui a déjà travaillé avec un évaluateur externe ?",
            latest(stage.hugo(), "Je joins notre cahier des charges, il est réutilisable tel quel."),
            ago(18),
        )
    };
    let resolved = Thread {
        kind: ThreadKind::Question,
        status: Some(ThreadStatus::Resolved),
        ..row(
            stage,
            33,
            "Modèle de protocole d’évaluation",
            latest(stage.nadia(), "Merci, c’est exactement ce qu’il nous fallait."),
            ago(11 * DAY),
        )
    };
    let standing = Thread { kind: ThreadKind::Standing, ..row(stage, 34, "", None, ago(21 * DAY)) };
    let parents = row(
        stage,
        32,
        "Associer les parents éloignés de l’école",
        latest(stage.sophie(), "Les petits-déjeuners du samedi ont mieux marché que les réunions du soir."),
        ago(DAY),
    );
    let read = |position, thread| Thread { read: Some(position), ..thread };
    let removed = Some(Latest { author: stage.nadia(), extract: String::new(), removed: true });
    stage.kind.list(&[
        standing,
        read(2, question),
        read(5, parents),
        read(7, row(stage, 35, "Données Éducation nationale : qui les obtient, et comment ?", removed, ago(5 * DAY))),
        read(7, resolved),
    ])
}

/// A list as a channel's page shows it: its beginning, or a page of a filtered one.
fn listed(stage: &Stage, filter: ThreadFilter) -> ThreadList {
    let mut threads = threads(stage);
    let whole = filter == ThreadFilter::All;
    let pinned = if whole { threads.split_off(threads.len().min(4)) } else { Vec::new() };
    let pin = |thread| Thread { pinned: true, closed: stage.kind == Kind::Long, ..thread };
    let place = |shown: bool| shown.then(|| format!("1758618000000000.{}", Uuid::from_u128(31)));
    ThreadList {
        filter: Some(filter),
        pinned: pinned.into_iter().map(pin).collect(),
        threads,
        newer: place(!whole),
        older: place(stage.kind == Kind::Long),
    }
}

fn panes(stage: &Stage, filter: ThreadFilter) -> Sample {
    let channel = channel(stage, 21, "Évaluation", "Protocoles, prestataires, données, renouvellement.");
    let draft = NewThreadForm {
        role: Role::Animator,
        thread_id: Uuid::from_u128(62),
        title: stage.kind.words("Un titre"),
        kind: ThreadKind::Question,
        composer: composer(stage, "/channels/21", stage.kind.words("Qui a déjà…")),
        asked: stage.kind == Kind::Hostile,
    };
    let page = PanesPage {
        shell: stage.shell(&channel.name, Current::Channel(channel.id)),
        faults: stage.kind.faults(&["body"]),
        channel: Some(channel),
        conversations: None,
        list: listed(stage, filter),
        level: if stage.kind == Kind::Hostile { ChannelLevel::None } else { ChannelLevel::Mine },
        open: None,
        draft: (stage.kind != Kind::Long).then_some(draft),
        animates: stage.kind == Kind::Long,
        now: now(),
    };
    stage.print(if filter == ThreadFilter::All { "channel" } else { "channel-filtered" }, &page)
}

fn composer(stage: &Stage, address: &str, body: String) -> Composer {
    let file = AttachedFile { id: id(83), name: format!("{}.pdf", stage.kind.name("Grille")), size_bytes: 48_000 };
    let hostile = stage.kind == Kind::Hostile;
    Composer {
        address: address.to_owned(),
        group: id(11),
        message_id: Uuid::from_u128(61),
        kept_at: (stage.kind == Kind::Ordinary && !body.is_empty()).then(now),
        enter_sends: stage.kind == Kind::Long,
        files: if hostile { vec![file] } else { Vec::new() },
        preview: hostile.then(|| SafeHtml::sanitised("<p>Un <strong>brouillon</strong></p>".to_owned())),
        body,
    }
}

/// A page of its own for parts that scripts place: what somebody names as they write, and the form of a message.
fn parts(stage: &Stage) -> Sample {
    let suggestion = |name: &str, detail: &str| Suggestion {
        inserted: format!("@{} ", stage.kind.name(name)),
        name: stage.kind.name(name),
        detail: stage.kind.words(detail),
    };
    let suggestions =
        [suggestion("Sophie Bailleul", "CPO Ville · Arras"), suggestion("Arras", "territoire · Pas-de-Calais")];
    let page = WritingPage {
        shell: stage.shell(&stage.text.get("edit-label"), Current::Elsewhere),
        completion: Completion { text: stage.text, suggestions: stage.kind.list(&suggestions) },
        edit: EditForm {
            text: stage.text,
            message: id(71),
            composer: composer(stage, "/threads/31", stage.kind.words("Bonjour")),
            faults: Faults::default(),
        },
    };
    stage.print("writing", &page)
}

/// The parts that scripts place, in a page.
#[derive(askama::Template)]
#[template(path = "samples/writing.html")]
struct WritingPage {
    shell: Shell,
    completion: Completion,
    edit: EditForm,
}

fn message(stage: &Stage, position: i32, author: Author, paragraphs: &[&str], created_at: DateTime<Utc>) -> Message {
    // The server's sanitiser comes before: what is hostile here is what it lets through, text.
    let safe = |text: &str| stage.kind.words(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let html = paragraphs.iter().map(|text| ["<p>", &safe(text), "</p>"].concat()).collect::<Vec<_>>().concat();
    Message {
        id: id(0x70 + u128::from(position.unsigned_abs())),
        thread: id(31),
        channel: Some(id(21)),
        position,
        author,
        body: Some(paragraphs.join("\n\n")),
        html: Some(SafeHtml::sanitised(html)),
        attachments: Vec::new(),
        reactions: Vec::new(),
        created_at,
        edited_at: None,
        deleted_at: None,
        poll: None,
        answers: false,
        pinned: false,
        moved: None,
        previews: Vec::new(),
    }
}

fn poll(stage: &Stage) -> Poll {
    let option =
        |label: &str, users: &[PersonId]| PollOption { label: stage.kind.name(label), users: stage.kind.list(users) };
    Poll {
        multiple: stage.kind == Kind::Long,
        closes_at: (stage.kind != Kind::Empty).then(|| now() + TimeDelta::days(3)),
        options: vec![option("Mardi 7 octobre", &[id(2), id(3)]), option("Jeudi 9 octobre", &[id(4)])],
    }
}

/// A message by itself.
pub(super) fn said(stage: &Stage) -> Message {
    message(stage, 2, stage.nadia(), &["Ce que je pense de cela."], ago(50))
}

/// A document and a picture.
fn attachments(stage: &Stage) -> Vec<Attachment> {
    let document = Attachment {
        id: id(81),
        document: id(82),
        name: format!("{}.docx", stage.kind.name("Cahier des charges – évaluation externe")),
        size_bytes: 48_000 + stage.kind.number(390),
        media_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document".to_owned(),
        picture: None,
        title: stage.kind.name("Cahier des charges"),
    };
    let photograph = Attachment {
        id: id(83),
        document: id(84),
        name: format!("{}.jpg", stage.kind.name("IMG_2041")),
        size_bytes: 2_400_000,
        media_type: "image/jpeg".to_owned(),
        picture: Some(Picture { width: 4032, height: 3024 }),
        title: stage.kind.name("Le plan du quartier, affiché en mairie"),
    };
    vec![document, photograph]
}

fn previews(stage: &Stage) -> Vec<LinkPreview> {
    stage.kind.list(&[LinkPreview {
        url: "https://irev.example/evaluation".to_owned(),
        host: "irev.example".to_owned(),
        title: stage.kind.name("Évaluer une cité éducative"),
        site: Some(stage.kind.name("IREV")),
        description: Some(stage.kind.words("Une méthode, ses outils, et ce que six villes en ont fait.")),
    }])
}

fn messages(stage: &Stage) -> Vec<Message> {
    let thanks = Reaction { name: ReactionName::Thanks, users: vec![camille(), id(3)] };
    let too = Reaction { name: ReactionName::MeToo, users: vec![id(3)] };
    let first = message(
        stage,
        1,
        stage.sophie(),
        &[
            "Bonjour à toutes et tous, nous préparons l’évaluation pour le renouvellement du label. Qui a choisi un prestataire externe, pour quel budget, et qu’est-ce que vous referiez autrement ?",
        ],
        ago(5 * DAY - 192),
    );
    let second = message(
        stage,
        2,
        stage.nadia(),
        &[
            "À Loos nous avons une mission sur trois ans, avec des focus groupes de parents. Ce qui a compté : les parents comprennent à quoi ça sert.",
            "Ce qui nous manque : les données de l’Éducation nationale.",
        ],
        ago(5 * DAY - 400),
    );
    let removed = message(stage, 3, stage.sophie(), &[], ago(3 * DAY));
    let went = (stage.kind == Kind::Long).then(|| Move::To { message: id(0x90) });
    let last =
        message(stage, 4, stage.hugo(), &["Je joins notre cahier des charges, il est réutilisable tel quel."], ago(18));
    stage.kind.list(&[
        first,
        Message { reactions: vec![thanks, too], edited_at: Some(ago(DAY)), ..second },
        Message { body: None, html: None, deleted_at: Some(ago(DAY)), moved: went, ..removed },
        Message {
            attachments: attachments(stage),
            answers: stage.kind == Kind::Long,
            pinned: true,
            previews: previews(stage),
            ..last
        },
        Message { poll: Some(poll(stage)), ..message(stage, 5, stage.nadia(), &["Quel jour vous convient ?"], ago(9)) },
    ])
}

fn thread(stage: &Stage, closed: bool) -> Sample {
    let channel = channel(stage, 21, "Évaluation", "Protocoles, prestataires, données, renouvellement.");
    let question = Thread {
        kind: ThreadKind::Question,
        status: Some(ThreadStatus::Open),
        closed,
        pinned: closed,
        last_position: if stage.kind == Kind::Long { 400 } else { 5 },
        ..row(stage, 31, "Qui a déjà travaillé avec un évaluateur externe ?", None, ago(18))
    };
    let open = OpenThread {
        messages: messages(stage).into(),
        pinned: messages(stage).into_iter().filter(|message| message.pinned).collect(),
        continues: closed.then(|| Tie { thread: id(33), title: stage.kind.name("Modèle de protocole") }),
        continued_in: closed.then(|| Tie { thread: id(32), title: stage.kind.name("Associer les parents") }),
        audience: stage.kind.number(23),
        composer: composer(
            stage,
            "/threads/31",
            if stage.kind == Kind::Hostile { stage.kind.words("Un brouillon") } else { String::new() },
        ),
        archived: false,
        typing: stage.kind == Kind::Long,
        changeable: stage.kind != Kind::Empty,
        thread: Thread {
            read: Some(if stage.kind == Kind::Ordinary { 2 } else { 0 }),
            level: if closed { ThreadLevel::Muted } else { ThreadLevel::Followed },
            ..question
        },
    };
    let page = PanesPage {
        shell: stage.shell(&open.thread.title, Current::Channel(channel.id)),
        faults: stage.kind.faults(&["body"]),
        channel: Some(channel),
        conversations: None,
        list: listed(stage, ThreadFilter::All),
        level: ChannelLevel::All,
        open: Some(open),
        draft: None,
        animates: stage.kind == Kind::Hostile,
        now: now(),
    };
    stage.print(if closed { "thread-closed" } else { "thread" }, &page)
}

fn menu(stage: &Stage, message: Message) -> MessageMenu {
    MessageMenu {
        text: stage.text,
        reader: camille(),
        deeds: vec![
            Deed::Quote,
            Deed::Answer,
            Deed::Edit,
            Deed::Pin,
            Deed::Report,
            Deed::Split,
            Deed::Unpreview,
            Deed::Remove,
        ],
        kept: stage.kind == Kind::Long,
        restorable_until: message.deleted_at.map(|_| now()),
        beside: stage.kind == Kind::Hostile,
        message,
    }
}

fn actions(stage: &Stage) -> Sample {
    let gone = message(stage, 3, stage.sophie(), &[], ago(3 * DAY));
    let gone = Message { body: None, html: None, deleted_at: Some(ago(DAY)), ..gone };
    let message = messages(stage).into_iter().next().unwrap_or(gone);
    let page = ActionsPage {
        shell: stage.shell(&stage.text.get("message-actions-title"), Current::Elsewhere),
        faults: Faults::default(),
        body: message.body.clone().unwrap_or_default(),
        menu: menu(stage, message),
        title: stage.kind.words("Les focus groupes"),
    };
    stage.print("message-actions", &page)
}

fn history(stage: &Stage) -> Sample {
    let message =
        Message { edited_at: Some(ago(DAY)), ..message(stage, 2, stage.nadia(), &["Mieux dit."], ago(2 * DAY)) };
    let former = FormerBody {
        until_at: ago(DAY),
        html: SafeHtml::sanitised("<p>Ce que nous avions dit, et qui était moins juste.</p>".to_owned()),
    };
    let page = HistoryPage {
        shell: stage.shell(&stage.text.get("message-history-title"), Current::Elsewhere),
        message,
        former: stage.kind.list(&[former]),
    };
    stage.print("message-history", &page)
}

fn thread_actions(stage: &Stage) -> Sample {
    let thread = Thread {
        kind: ThreadKind::Question,
        status: Some(ThreadStatus::Open),
        ..row(stage, 31, "Qui a déjà travaillé avec un évaluateur externe ?", None, ago(18))
    };
    let former = Former {
        title: stage.kind.words("Évaluateur externe"),
        changed_by: stage.kind.name("Inès Lefebvre"),
        until_at: ago(DAY),
    };
    let page = ThreadActionsPage {
        shell: stage.shell(&thread.title, Current::Elsewhere),
        faults: stage.kind.faults(&["title", "channel", "into"]),
        may: ThreadMayDo { change: stage.kind != Kind::Empty, arrange: stage.kind != Kind::Empty },
        title: stage.kind.words("Évaluateur externe"),
        former: stage.kind.list(&[former]),
        leave: (stage.kind == Kind::Long).then(|| id(11)),
        channels: stage.kind.list(&[(id(22), stage.kind.name("Parentalité"))]),
        others: stage.kind.list(&[(id(32), stage.kind.name("Associer les parents"))]),
        thread,
    };
    stage.print("thread-actions", &page)
}

fn favourites(stage: &Stage) -> Sample {
    let page = FavouritesPage {
        shell: stage.shell(&stage.text.get("favourites-title"), Current::Elsewhere),
        messages: messages(stage).into_iter().take(2).collect(),
    };
    stage.print("favourites", &page)
}

fn poll_form(stage: &Stage) -> Sample {
    let page = PollFormPage {
        shell: stage.shell(&stage.text.get("poll-title"), Current::Elsewhere),
        faults: stage.kind.faults(&["options", "closes_at"]),
        thread: id(31),
        message_id: Uuid::from_u128(61),
        body: stage.kind.words("Quel jour vous convient ?"),
        options: stage.kind.words("Mardi\nJeudi"),
        multiple: stage.kind == Kind::Long,
        closes_at: "2025-10-02T09:30".to_owned(),
    };
    stage.print("poll-form", &page)
}
