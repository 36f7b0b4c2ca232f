//! The simulation in the small, and the simulation itself put to the test.

use clap::ValueEnum;

use crate::{processors, run, schedule::Schedule, shrink, twist::Twist};

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
fn schedules_that_once_failed_do_not_any_more() {
    for schedule in shrink::kept().unwrap() {
        assert_eq!(schedule.run(None, false).violation, None, "{schedule:?}");
    }
}

#[test]
fn the_same_seed_does_the_same() {
    let (one, other) = (Schedule::new(7).run(None, true), Schedule::new(7).run(None, true));
    assert!(one.trace.len() > 100);
    assert_eq!(one.trace, other.trace);
}

#[test]
fn every_planted_bug_is_found() {
    for &twist in Twist::value_variants() {
        let run = run(0, UNTIL_FOUND, Some(twist), processors());
        assert!(run.failed.is_some(), "{twist:?} is not found in {} seeds", run.seeds);
    }
}
