//! The shortest schedule found that still fails.

use crate::{schedule::Schedule, twist::Twist};

/// Leaves out steps, many at once and then one by one, as long as the schedule still fails, by the invariant that a
/// planted bug breaks.
pub(crate) fn shrink(failing: &Schedule, twist: Option<Twist>) -> Schedule {
    let fails = |schedule: &Schedule| {
        let violation = schedule.run(twist, false).violation;
        violation.is_some_and(|violation| twist.is_none_or(|twist| twist.explains(&violation)))
    };
    let mut best = failing.clone();
    let mut size = best.steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < best.steps.len() {
            let mut fewer = best.clone();
            fewer.steps.drain(at..(at + size).min(best.steps.len()));
            if fails(&fewer) {
                best = fewer;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    best
}
