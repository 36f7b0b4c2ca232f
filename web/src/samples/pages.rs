//! Errors, and the pages that are only text.

use super::{Kind, Sample, Stage, id};
use crate::{
    page::{Current, ErrorPage, KeptPage, Prose, ProsePage},
    publish::{Intent, Place, PublishPage},
};

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    let mut samples = vec![error(stage), kept(stage), publish(stage)];
    if stage.kind == Kind::Ordinary {
        samples.extend(Prose::ALL.into_iter().map(|prose| text(stage, prose)));
    }
    samples
}

fn error(stage: &Stage) -> Sample {
    let title = stage.text.get("error-title");
    let (status, code) = match stage.kind {
        Kind::Ordinary => (404, "not_found"),
        Kind::Empty => (503, "unavailable"),
        Kind::Long => (403, "forbidden"),
        Kind::Hostile => (500, "internal"),
    };
    let page = ErrorPage {
        shell: if stage.kind == Kind::Empty { stage.bare(&title) } else { stage.shell(&title, Current::Elsewhere) },
        status,
        code,
        sentence: stage.kind.name(&stage.text.word("error", code)),
    };
    stage.print("error", &page)
}

fn kept(stage: &Stage) -> Sample {
    let page = KeptPage {
        shell: stage.bare(&stage.text.get("error-title")),
        status: 503,
        sentence: stage.text.get("error-unavailable"),
        typed: stage.kind.words("Je joins notre cahier des charges."),
        back: "/threads/31".to_owned(),
        signed_out: false,
    };
    stage.print("kept", &page)
}

fn publish(stage: &Stage) -> Sample {
    let place = Place {
        slug: "reseau".to_owned(),
        name: stage.kind.name("Réseau CPO Hauts-de-France"),
        channels: vec![(id(21), stage.kind.name("Évaluation")), (id(22), stage.kind.name("Parentalité"))],
    };
    let intent = match stage.kind {
        Kind::Ordinary => Intent::Ask,
        Kind::Empty => Intent::Propose,
        Kind::Long => Intent::Share,
        Kind::Hostile => Intent::Announce,
    };
    let page = PublishPage {
        shell: stage.shell(&stage.text.get("publish-title"), Current::Elsewhere),
        intent: Some(intent),
        body: stage.kind.words("Qui a déjà…"),
        places: stage.kind.list(&[place]),
        meeting: None,
    };
    stage.print("publish", &page)
}

fn text(stage: &Stage, prose: Prose) -> Sample {
    let shell = stage.shell(&prose.title(stage.text), Current::Elsewhere);
    stage.print(prose.word(), &ProsePage::of(shell, prose))
}
