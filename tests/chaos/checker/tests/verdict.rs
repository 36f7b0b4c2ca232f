//! What keeps a run from passing though nothing in it was wrong.

use super::{
    super::{Aspect, check},
    GAPS, OVERFLOW, line, well, without,
};
use crate::{
    history::{Form, Line, What},
    report::{Divisors, Verdict},
};

/// What keeps a run from passing beside violations, after a change of what was well.
fn missing(change: impl FnOnce(&mut Vec<Line>)) -> Vec<String> {
    let mut lines = well();
    lines.insert(0, line(0, 0, What::Half { needs: vec!["cut".to_owned(), "half_open".to_owned()] }));
    let fault = |at_us, kind: &str| line(at_us, 0, What::Fault { kind: kind.to_owned(), until_us: at_us + 1 });
    lines.extend([fault(2_000, "cut"), fault(3_000, "half_open")]);
    lines.push(line(4_000, 0, What::Met { place: "after_lock".to_owned(), kills: true }));
    change(&mut lines);
    let needed = Divisors { acked: 2, changes: 1, faults: 2, kinds: 2, points: 1, aspects: Aspect::ALL.to_vec() };
    Verdict::of(&lines, check(&lines), needed, 1).missing
}

#[test]
fn a_kind_of_fault_a_point_or_a_part_that_is_missing_fails_a_run() {
    assert_eq!(missing(|_| {}), Vec::<String>::new());
    let is_cut = |what: &What| matches!(what, What::Fault { kind, .. } if kind == "cut");
    let more = |lines: &mut Vec<Line>| {
        lines.extend([0, 1].map(|at_us| line(at_us, 0, What::Fault { kind: "client_crash".to_owned(), until_us: 9 })));
    };
    assert_eq!(
        missing(|lines| {
            without(is_cut)(lines);
            more(lines);
        }),
        ["half 1 made no cut"]
    );
    // One half does not make what the other must.
    let needs = || What::Half { needs: vec!["cut".to_owned()] };
    assert_eq!(missing(|lines| lines.push(line(90_000_000, 0, needs()))), ["half 2 made no cut"]);
    assert_eq!(missing(without(|what| matches!(what, What::Met { .. }))), ["0 points of 1"]);
    for (form, told) in [(Form::Html, "P9 did not look at Html"), (Form::Dom, "P9 did not look at Dom")] {
        assert_eq!(missing(without(|what| matches!(what, What::Compared { form: of, .. } if *of == form))), [told]);
    }
    assert_eq!(missing(without(|what| matches!(what, What::Mention { .. }))), ["P11 looked at nothing"]);
    assert_eq!(missing(without(|what| matches!(what, What::Delivered { .. }))), ["P12 did not look at Slow"]);
    for name in [GAPS, OVERFLOW] {
        assert_eq!(missing(without(|what| matches!(what, What::Counter { name: of, .. } if of == name))).len(), 1);
    }
}
