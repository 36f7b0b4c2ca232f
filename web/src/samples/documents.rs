//! The library, a document and where one is added.

use chrono::TimeDelta;
use words::{DocumentType, Role};

use super::{Kind, Sample, Stage, id, now, rooms};
use crate::{
    documents::{Document, DocumentFile, DocumentForm, DocumentPage, LibraryPage, NewDocumentPage, Version},
    page::Current,
};

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    vec![library(stage), new(stage), page(stage)]
}

fn sample(stage: &Stage, number: u128, title: &str, kind: DocumentType, name: &str, size_bytes: i64) -> Document {
    let file = |number, name: &str| DocumentFile {
        id: id(number),
        name: stage.kind.name(name),
        size_bytes,
        media_type: "application/octet-stream".to_owned(),
        sha256: "0".repeat(64),
        picture: None,
    };
    let first = Version { number: 1, created_at: now() - TimeDelta::days(250), file: file(91, name) };
    let second = Version { number: 2, created_at: now() - TimeDelta::days(1), file: file(92, name) };
    Document {
        id: id(number),
        group: id(11),
        title: stage.kind.name(title),
        purpose: stage.kind.words("Suivre les actions financées et sortir le tableau de la revue de projet."),
        kind,
        tags: stage.kind.list(&[stage.kind.name("évaluation"), stage.kind.name("pilotage")]),
        url: None,
        versions: if stage.kind == Kind::Empty { vec![first] } else { vec![first, second] },
        shared_by: stage.hugo(),
        created_at: now() - TimeDelta::days(250),
        updated_at: now() - TimeDelta::days(1),
    }
}

fn tool(stage: &Stage) -> Document {
    sample(stage, 81, "Tableau de suivi des actions et des publics", DocumentType::Tool, "suivi.ods", 64_000)
}

fn library(stage: &Stage) -> Sample {
    let documents = [
        tool(stage),
        sample(stage, 82, "Procédure de renouvellement de label 2025-2027", DocumentType::Guide, "label.pdf", 130_390),
        sample(stage, 83, "Grille d’entretien – focus groupes de parents", DocumentType::Tool, "grille.odt", 21_000),
    ];
    let page = LibraryPage {
        shell: stage.shell(&stage.text.get("documents-title"), Current::Documents),
        groups: stage.kind.list(&[rooms::group_of(stage, Some(Role::Member))]),
        group: (stage.kind == Kind::Hostile).then(|| stage.kind.name("reseau")),
        counts: stage.kind.list(&[(DocumentType::Tool, 2), (DocumentType::Guide, 1)]),
        kind: (stage.kind == Kind::Long).then_some(DocumentType::Guide),
        documents: stage.kind.list(&documents),
        next: (stage.kind == Kind::Long).then(|| "1758618000000000.81".to_owned()),
        now: now(),
    };
    stage.print("documents", &page)
}

fn new(stage: &Stage) -> Sample {
    let page = NewDocumentPage {
        shell: stage.shell(&stage.text.get("document-new"), Current::Documents),
        faults: stage.kind.faults(&["title", "file"]),
        group: rooms::group_of(stage, Some(Role::Member)),
        form: DocumentForm {
            title: stage.kind.words("Cahier des charges – évaluation externe"),
            purpose: stage.kind.words("Consulter trois prestataires."),
            ..DocumentForm::default()
        },
        limit_bytes: 2 << 30,
    };
    stage.print("document-new", &page)
}

fn page(stage: &Stage) -> Sample {
    let document = tool(stage);
    let page = DocumentPage {
        shell: stage.shell(&document.title, Current::Documents),
        faults: stage.kind.faults(&["title", "file"]),
        form: DocumentForm::of(&document),
        document,
        changeable: stage.kind != Kind::Empty,
        editing: stage.kind == Kind::Hostile,
        limit_bytes: 2 << 30,
        now: now(),
    };
    stage.print("document", &page)
}
