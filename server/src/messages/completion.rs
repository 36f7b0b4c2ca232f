//! What may be named where somebody writes: people, territories and channels by `@`, documents, meetings and threads by
//! `#`. Of the group in which they write, and of what they may read there.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use web::{
    Text, date,
    messages::{Completion, Suggestion},
    paths,
};

use super::{Desk, store};
use crate::error::Result;

/// How many of each kind are offered.
const EACH: i64 = 4;
/// How many people are: they come first, and are what is looked for most.
const PEOPLE: i64 = 6;
/// The longest beginning that is looked for, in characters.
const LONGEST: usize = 80;

/// What is being named.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// Who is to hear of it.
    People,
    /// What is to be found again.
    Things,
}

/// What begins like this, as it may be put into a text.
pub async fn complete(
    connection: &mut PgConnection,
    desk: &Desk,
    named: Named,
    words: &str,
    text: Text,
    now: DateTime<Utc>,
) -> Result<Completion> {
    let words: String = words.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    let words = words.trim();
    let suggestions = match named {
        Named::People => people(connection, desk, words, text).await?,
        Named::Things => things(connection, desk, words, text, now).await?,
    };
    Ok(Completion { text, suggestions })
}

async fn people(connection: &mut PgConnection, desk: &Desk, words: &str, text: Text) -> Result<Vec<Suggestion>> {
    let group = desk.may().group();
    let mut found = Vec::new();
    for member in store::members(connection, desk, words, PEOPLE).await? {
        let post = member.post.map(|post| text.word("post", post));
        let detail = post.into_iter().chain(member.territory).collect::<Vec<_>>().join(" · ");
        found.push(named(member.name, detail));
    }
    // Without a word all of them begin alike, and people are enough.
    if !words.is_empty() {
        for territory in store::territories(connection, group, words, EACH).await? {
            found.push(named(territory.name, text.name("completion-territory", &territory.department)));
        }
        for channel in store::channels(connection, group, words, EACH).await? {
            found.push(named(channel, text.get("completion-channel")));
        }
    }
    Ok(found)
}

async fn things(
    connection: &mut PgConnection,
    desk: &Desk,
    words: &str,
    text: Text,
    now: DateTime<Utc>,
) -> Result<Vec<Suggestion>> {
    let group = desk.may().group();
    let mut found = Vec::new();
    for document in store::documents(connection, group, words, EACH).await? {
        let detail = text.word("document-type", document.kind);
        found.push(linked(document.title, &paths::document(document.id), detail));
    }
    for meeting in store::meetings(connection, group, desk.may().person(), words, EACH).await? {
        let day = date::short(text, meeting.starts_at, now);
        found.push(linked(meeting.title, &paths::meeting(meeting.id), text.name("completion-meeting", &day)));
    }
    for thread in store::titled_threads(connection, group, words, EACH).await? {
        let detail = text.name("completion-thread", &thread.channel);
        found.push(linked(thread.title, &paths::thread(thread.id), detail));
    }
    Ok(found)
}

fn named(name: String, detail: String) -> Suggestion {
    Suggestion { inserted: format!("@{name} "), name, detail }
}

/// A link in Markdown, in whose text nothing of the title is a mark.
fn linked(title: String, address: &str, detail: String) -> Suggestion {
    let mut marked = String::with_capacity(title.len());
    for c in title.chars() {
        if matches!(c, '\\' | '[' | ']' | '*' | '_' | '`' | '<' | '>' | '~' | '|' | '&' | '!') {
            marked.push('\\');
        }
        marked.push(c);
    }
    Suggestion { inserted: format!("[{marked}]({address}) "), name: title, detail }
}
