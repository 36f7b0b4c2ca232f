//! Where the figures of a run go: one line of JSON each.

use std::io::Write;

use serde_json::{Map, Value, json};

/// Prints figures, and keeps in mind whether one missed its bound.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) missed: bool,
}

/// What a benchmark of several sides came to.
pub(crate) struct Line {
    fields: Map<String, Value>,
    figures: Vec<Value>,
    met: bool,
    void: bool,
}

/// What a figure must keep.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    fn keeps(self, value: f64) -> bool {
        match self {
            Self::AtMost(bound) => value <= bound,
            Self::AtLeast(bound) => value >= bound,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtMost(bound) => format!("<= {bound}"),
            Self::AtLeast(bound) => format!(">= {bound}"),
        }
    }
}

impl Line {
    /// The line of a benchmark, by its number and what it is.
    pub(crate) fn new(benchmark: &str, what: &str) -> Self {
        let mut fields = Map::new();
        fields.insert("benchmark".to_owned(), benchmark.into());
        fields.insert("what".to_owned(), what.into());
        Self { fields, figures: Vec::new(), met: true, void: false }
    }

    /// Says something beside.
    pub(crate) fn with(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
    }

    /// A figure, mostly a ratio, and what it must keep.
    pub(crate) fn bound(&mut self, name: &str, value: f64, bound: Bound) {
        self.met &= bound.keeps(value);
        let figure = json!({ "of": name, "value": rounded(value), "bound": bound.text(), "met": bound.keeps(value) });
        self.figures.push(figure);
    }

    /// A figure that must keep one bound, and should keep another.
    pub(crate) fn bound_with_goal(&mut self, name: &str, value: f64, floor: Bound, goal: Bound) {
        self.bound(name, value, floor);
        if let Some(Value::Object(figure)) = self.figures.last_mut() {
            figure.insert("goal".to_owned(), goal.text().into());
            figure.insert("goal_met".to_owned(), goal.keeps(value).into());
        }
    }

    /// What must hold for the figures to mean anything.
    pub(crate) fn valid(&mut self, valid: bool) {
        self.void |= !valid;
    }
}

impl Report {
    /// Prints the line of a benchmark.
    pub(crate) fn line(&mut self, mut line: Line) {
        self.missed |= line.void || !line.met;
        line.fields.insert("figures".to_owned(), line.figures.into());
        line.fields.insert("met".to_owned(), (line.met && !line.void).into());
        line.fields.insert("void".to_owned(), line.void.into());
        Self::print(&Value::Object(line.fields));
    }

    /// Prints a figure that stands beside others.
    pub(crate) fn figure(name: &str, value: f64, unit: &str) {
        Self::print(&json!({ "figure": name, "value": rounded(value), "unit": unit }));
    }

    /// Prints a figure that must stay under a bound.
    pub(crate) fn below(&mut self, name: &str, value: f64, unit: &str, bound: f64) {
        let met = value < bound;
        self.missed |= !met;
        Self::print(&json!({ "figure": name, "value": rounded(value), "unit": unit, "below": bound, "met": met }));
    }

    fn print(line: &Value) {
        // Nobody is left to tell that nobody listens.
        drop(writeln!(std::io::stdout(), "{line}"));
    }
}

/// Says what the run does.
pub(crate) fn note(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// A figure with as many digits as it is worth.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The one in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
