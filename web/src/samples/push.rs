//! One's devices, and their quiet hours.

use super::{Kind, Sample, Stage, ago, id, now};
use crate::{
    page::Current,
    push::{Device, PushPage, QuietForm, QuietHours, Tested},
};

pub(super) fn sample(stage: &Stage) -> Sample {
    let device = |number, browser: &str, current| Device {
        id: id(number),
        browser: stage.kind.name(browser),
        current,
        created_at: ago(60 * 24 * 3),
        used_at: None,
    };
    let page = PushPage {
        shell: stage.shell(&stage.text.get("push-title"), Current::Elsewhere),
        faults: stage.kind.faults(&["from", "to"]),
        key: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6".to_owned(),
        devices: stage.kind.list(&[
            device(61, "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0", true),
            device(62, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", false),
        ]),
        quiet: QuietForm { from: stage.kind.words("19:00"), ..QuietHours::default().into() },
        done: stage.kind == Kind::Ordinary,
        tested: (stage.kind != Kind::Ordinary).then(|| {
            let many = u32::try_from(stage.kind.number(1)).unwrap_or_default();
            Tested { accepted: many, gone: many, refused: many, unreachable: many }
        }),
        now: now(),
    };
    stage.print("push", &page)
}
