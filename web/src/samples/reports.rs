//! Reports.

use super::{Sample, Stage, ago, id, talk};
use crate::{
    page::Current,
    reports::{Report, ReportPage, ReportsPage},
};

pub(super) fn samples(stage: &Stage) -> Vec<Sample> {
    let report = Report {
        id: id(111),
        message: id(0x72),
        reason: stage.kind.name("Ce ton blesse."),
        reporter: stage.kind.name("Hugo Lemaire"),
        author: stage.kind.name("Nadia Verhaeghe"),
        body: stage.kind.words("Ce que je pense de cela."),
        slug: "reseau".to_owned(),
        group_name: stage.kind.name("Réseau CPO Hauts-de-France"),
        created_at: ago(50),
    };
    let list = ReportsPage {
        shell: stage.shell(&stage.text.get("reports-title"), Current::Groups),
        slug: "reseau".to_owned(),
        group: stage.kind.name("Réseau CPO Hauts-de-France"),
        reports: stage.kind.list(&[report]),
    };
    let form = ReportPage {
        shell: stage.shell(&stage.text.get("report-title"), Current::Elsewhere),
        faults: stage.kind.faults(&["reason"]),
        message: talk::said(stage),
        reason: stage.kind.words("Ce ton blesse."),
    };
    vec![stage.print("reports", &list), stage.print("report-form", &form)]
}
