//! The simulation in the small, and the simulation itself put to the test.

use clap::ValueEnum;

use crate::{kept, processors, run, schedule::Schedule, twist::Twist};

/// How many seeds a planted bug may take until it is found.
const UNTIL_FOUND: u64 = 500;

#[test]
fn no_schedule_breaks_an_invariant() {
    let run = run(0, 1000, None, processors());
    assert_eq!(run.failed, None);
    for (figure, count) in run.figures.all() {
        assert!(count > 0, "the schedules do not reach {figure:?}");
    }
}

#[test]
fn what_was_kept_fails_by_its_planted_bug_alone() {
    let kept = kept::all().unwrap();
    for schedule in &kept {
        assert_eq!(schedule.objection(), None, "{schedule:?}");
    }
    for twist in Twist::value_variants() {
        assert!(kept.iter().any(|kept| kept.twist == Some(*twist)), "nothing is kept that finds {twist:?}");
    }
}

#[test]
fn the_same_seed_does_the_same() {
    let (one, other) = (Schedule::new(7).run(None, true), Schedule::new(7).run(None, true));
    assert!(one.trace.len() > 100);
    assert_eq!(one.trace, other.trace);
}

#[test]
fn every_planted_bug_is_found_by_what_it_breaks() {
    for &twist in Twist::value_variants() {
        let run = run(0, UNTIL_FOUND, Some(twist), processors());
        let failed = run.failed.unwrap_or_else(|| panic!("{twist:?} is not found in {} seeds", run.seeds));
        assert!(twist.explains(&failed.violation), "{twist:?} is found as {}", failed.violation);
    }
}
