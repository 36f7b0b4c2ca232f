//! Errors, and the pages that are only text.

use super::{Kind, Sample, Stage};
use crate::page::{Current, ErrorPage, KeptPage, Prose, ProsePage};

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    let mut samples = vec![error(stage), kept(stage)];
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

fn text(stage: &Stage, prose: Prose) -> Sample {
    let shell = stage.shell(&prose.title(stage.text), Current::Elsewhere);
    stage.print(prose.word(), &ProsePage::of(shell, prose))
}
