//! What is counted for operators, as the text that Prometheus reads (exposition format 0.0.4).

use std::{
    fmt::{Display, Write},
    sync::atomic::{AtomicU64, Ordering},
};

/// How many values were at most as large as each of some bounds. Values are whole: units are the text's matter.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One for each bound, and one for what is larger than all.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// A histogram with these bounds, in ascending order.
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        let at = self.bounds.partition_point(|&bound| bound < value);
        self.counts[at].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

/// The text, as it is written.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// What only grows.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(name, "", value);
    }

    /// What goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, help, "gauge");
        self.line(name, "", value);
    }

    /// A histogram whose values are so many to the unit of its name.
    pub fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram, to_the_unit: f64) {
        #[expect(clippy::cast_precision_loss, reason = "a figure to look at, exact up to 2^53")]
        let unit = |value: u64| value as f64 / to_the_unit;
        self.head(name, help, "histogram");
        let mut below = 0;
        for (bound, count) in histogram.bounds.iter().zip(&histogram.counts) {
            below += count.load(Ordering::Relaxed);
            self.line(name, &format!("_bucket{{le=\"{}\"}}", unit(*bound)), below);
        }
        let all = histogram.count();
        self.line(name, "_bucket{le=\"+Inf\"}", all);
        self.line(name, "_sum", unit(histogram.sum.load(Ordering::Relaxed)));
        self.line(name, "_count", all);
    }

    /// The whole text.
    pub fn into_text(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("writing to a string cannot fail");
    }

    fn line(&mut self, name: &str, rest: &str, value: impl Display) {
        writeln!(self.0, "{name}{rest} {value}").expect("writing to a string cannot fail");
    }
}

#[cfg(test)]
mod tests {
    use super::{Exposition, Histogram};

    #[test]
    fn the_text_is_as_prometheus_reads_it() {
        let histogram = Histogram::new(&[1_000, 10_000]);
        for micros in [500, 1_000, 1_001, 20_000] {
            histogram.observe(micros);
        }
        let mut exposition = Exposition::default();
        exposition.counter("preau_gap_detected_total", "Holes seen in a log.", 0);
        exposition.gauge("preau_connections", "Sockets that are open.", 3);
        exposition.histogram("preau_commit_seconds", "How long commits took.", &histogram, 1e6);
        let expected = "\
# HELP preau_gap_detected_total Holes seen in a log.
# TYPE preau_gap_detected_total counter
preau_gap_detected_total 0
# HELP preau_connections Sockets that are open.
# TYPE preau_connections gauge
preau_connections 3
# HELP preau_commit_seconds How long commits took.
# TYPE preau_commit_seconds histogram
preau_commit_seconds_bucket{le=\"0.001\"} 2
preau_commit_seconds_bucket{le=\"0.01\"} 3
preau_commit_seconds_bucket{le=\"+Inf\"} 4
preau_commit_seconds_sum 0.022501
preau_commit_seconds_count 4
";
        assert_eq!(exposition.into_text(), expected);
    }
}
