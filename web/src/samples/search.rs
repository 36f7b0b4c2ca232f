//! The search.

use words::{Has, Sought};

use super::{Kind, Sample, Stage, ago, id, now};
use crate::{
    page::Current,
    search::{Acronym, AcronymPage, Active, Correction, Found, GlossaryPage, Piece, SearchForm, SearchPage, Section},
};

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    vec![results(stage, true), results(stage, false), glossary(stage), acronym(stage)]
}

fn known(stage: &Stage, number: u128) -> Acronym {
    Acronym { id: id(number), acronym: stage.kind.name("QPV"), expansion: stage.kind.words("quartier prioritaire") }
}

fn glossary(stage: &Stage) -> Sample {
    let page = GlossaryPage {
        shell: stage.shell(&stage.text.get("glossary-title"), Current::Elsewhere),
        faults: stage.kind.faults(&["acronym", "expansion"]),
        acronyms: stage.kind.list(&[known(stage, 131), known(stage, 132)]),
        may_edit: stage.kind != Kind::Empty,
        acronym: stage.kind.name("QPV"),
        expansion: stage.kind.words("quartier prioritaire"),
        done: stage.kind == Kind::Long,
        removed: (stage.kind == Kind::Hostile).then(|| known(stage, 133)),
    };
    stage.print("glossary", &page)
}

fn acronym(stage: &Stage) -> Sample {
    let known = known(stage, 131);
    let page = AcronymPage {
        shell: stage.shell(&stage.text.name("glossary-edit", &known.acronym), Current::Elsewhere),
        faults: stage.kind.faults(&["acronym"]),
        acronym: known.acronym.clone(),
        expansion: known.expansion.clone(),
        known,
    };
    stage.print("acronym", &page)
}

fn found(stage: &Stage, number: u128, title: &str, standing: bool) -> Found {
    let piece = |text: &str, marked| Piece { text: stage.kind.words(text), marked };
    let pieces = vec![piece("Nous cherchons une ", false), piece("évaluation", true), piece(" externe.", false)];
    Found {
        author: (stage.kind != Kind::Empty).then(|| stage.kind.name("Sophie Bailleul, Arras")),
        place: (stage.kind != Kind::Empty).then(|| stage.kind.name("Réseau CPO › Évaluation")),
        at: Some(ago(60 * 24 * 400)),
        standing,
        ..Found::new(id(number), stage.kind.words(title), pieces, "/threads/31".to_owned())
    }
}

fn results(stage: &Stage, asked: bool) -> Sample {
    let section = |kind, more: bool| Section {
        kind,
        found: vec![found(stage, 41, "Qui a déjà évalué ?", false), found(stage, 42, "", true)],
        more: more.then(|| "/search?q=x&cursor=y".to_owned()),
    };
    let sections: Vec<_> = Sought::ALL.iter().map(|kind| section(*kind, *kind == Sought::Message)).collect();
    let active = Active { label: stage.kind.name("De : Sophie"), without: "/search?q=x".to_owned() };
    let correction =
        Correction { words: stage.kind.name("évaluation"), exactly: "/search?q=evalution&exact=1".to_owned() };
    let page = SearchPage {
        shell: stage.shell(&stage.text.get("search-title"), Current::Elsewhere),
        form: SearchForm {
            words: if asked { stage.kind.name("evalution") } else { String::new() },
            author: stage.kind.words("Sophie"),
            place: stage.kind.words("Évaluation"),
            has: Some(Has::Link),
            after: "2025-01-31".to_owned(),
            kind: Some(Sought::Message),
            faults: stage.kind.faults(&["q", "before", "kind", "has"]),
            ..SearchForm::default()
        },
        asked,
        active: if asked { stage.kind.list(&[active]) } else { Vec::new() },
        correction: (stage.kind == Kind::Hostile).then_some(correction),
        sections: if asked && stage.kind != Kind::Empty { sections } else { Vec::new() },
        whole: (stage.kind == Kind::Long).then(|| "/search?q=x".to_owned()),
        now: now(),
    };
    stage.print(if asked { "search" } else { "search-nothing" }, &page)
}
