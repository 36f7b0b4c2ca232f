//! Reports: the form that reports a message, and what waits for the animators.

use askama::Template;
use chrono::{DateTime, Utc};
use words::{MessageId, ReportId};

use crate::{
    date,
    messages::{Message, MessageView},
    page::{Faults, Shell},
};

/// A message that somebody reports.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// The message.
    pub message: MessageId,
    /// Why, in their words.
    pub reason: String,
    /// Who reports it.
    pub reporter: String,
    /// Who wrote it.
    pub author: String,
    /// What it says, as typed, in short.
    pub body: String,
    /// The short address of its group.
    pub slug: String,
    /// The group's name.
    pub group_name: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// The form that reports a message.
#[derive(Debug, Template)]
#[template(path = "reports/form.html")]
pub struct ReportPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The message.
    pub message: Message,
    /// The reason, as typed.
    pub reason: String,
}

/// What waits for the animators of a group.
#[derive(Debug, Template)]
#[template(path = "reports/list.html")]
pub struct ReportsPage {
    /// The shell.
    pub shell: Shell,
    /// The group's short address.
    pub slug: String,
    /// The group's name.
    pub group: String,
    /// The reports, the oldest first.
    pub reports: Vec<Report>,
}

impl ReportPage {
    fn view(&self) -> MessageView<'_> {
        MessageView { text: self.shell.text, message: &self.message }
    }

    fn day(&self) -> String {
        date::heading(self.shell.text, self.message.created_at)
    }
}

impl ReportsPage {
    fn when(&self, report: &Report) -> String {
        date::exact(self.shell.text, report.created_at)
    }

    fn extract(&self, report: &Report) -> String {
        let extract = crate::messages::extract(&report.body);
        self.shell.text.with("report-of", &[("name", report.author.as_str().into()), ("extract", extract.into())])
    }
}
