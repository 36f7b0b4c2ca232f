//! One match: which room renders an event, and what it changes in a page.
//!
//! An event is read once, as its subject is now (I18), and printed in each form that somebody wants.

use serde_json::{Value, json};
use sqlx::PgConnection;
use web::{
    Text,
    messages::{Message, MessageView},
    paths,
    threads::{Thread, ThreadRow},
};
use words::{
    ChannelId, DocumentId, EventKind, GroupId, MeetingId, MeetingState, MessageId, PersonId, ThreadId, events::Recorded,
};

use crate::{
    channels,
    db::{Db, Work},
    documents,
    error::Result,
    faults::point,
    groups,
    live::{
        frame::{Action, Change, Content},
        hub::Variant,
    },
    meetings, messages, threads,
};

/// What an event's subject is now: read once, whatever the number of forms.
enum Subject {
    /// A message, and the thread whose row shows it.
    Message(Box<Message>, Box<Thread>),
    Thread(Box<Thread>),
    /// What a page reloads for.
    Data(Value),
    /// A position that is the reader's own.
    Own(Value),
}

/// Renders an event in the wanted forms, in their order.
pub fn render<'c>(db: &'c Db, event: &'c Recorded, variants: &'c [Variant]) -> Work<'c, Vec<Content>> {
    Box::pin(async move {
        point!("render");
        let mut connection = db.pool().acquire().await?;
        let subject = read(&mut connection, event).await?;
        let now = db.clock().now();
        variants
            .iter()
            .map(|variant| match *variant {
                Variant::Json => Ok(Content::Json { data: data(event, &subject) }),
                Variant::Html { locale, watched } => html(event, &subject, Text::of(locale), watched, now),
            })
            .collect()
    })
}

async fn read(connection: &mut PgConnection, event: &Recorded) -> Result<Subject> {
    let row = event.row;
    let thread = row.thread.unwrap_or(ThreadId(row.subject));
    Ok(match row.kind {
        EventKind::MessageCreated | EventKind::MessageEdited | EventKind::MessageDeleted | EventKind::ReactionSet => {
            let (message, thread) = messages::rendered(connection, MessageId(row.subject), thread).await?;
            Subject::Message(Box::new(message), Box::new(thread))
        }
        EventKind::ThreadCreated | EventKind::ThreadUpdated => {
            Subject::Thread(Box::new(messages::rendered_thread(connection, thread).await?))
        }
        EventKind::MemberAdded | EventKind::MemberChanged | EventKind::MemberRemoved => {
            let member = groups::member(connection, GroupId(row.stream.0), PersonId(row.subject)).await?;
            Subject::Data(value(&member))
        }
        EventKind::ChannelCreated | EventKind::ChannelUpdated | EventKind::ChannelArchived => {
            Subject::Data(value(&channels::rendered(connection, ChannelId(row.subject)).await?))
        }
        EventKind::GroupJoined | EventKind::GroupLeft => {
            Subject::Data(json!({ "group": row.subject, "stream": row.subject }))
        }
        EventKind::ReadMoved => {
            let (position, length) = threads::read_state(connection, PersonId(row.stream.0), thread).await?;
            Subject::Own(json!({ "thread": thread, "position": position, "last_position": length }))
        }
        EventKind::SettingsUpdated => Subject::Own(json!({})),
        EventKind::DocumentCreated | EventKind::DocumentUpdated => {
            let document = documents::rendered(connection, DocumentId(row.subject)).await?;
            // It was removed meanwhile: the event of that follows.
            Subject::Data(document.map_or_else(|| json!({ "id": row.subject }), |document| value(&document)))
        }
        EventKind::MeetingCreated | EventKind::MeetingUpdated => {
            let meeting = meetings::rendered(connection, MeetingId(row.subject)).await?;
            // A draft is the animators': they ask for it, and others learn nothing of it.
            let told = meeting.filter(|meeting| meeting.state != MeetingState::Draft);
            Subject::Data(told.map_or_else(|| json!({ "id": row.subject }), |meeting| value(&meeting)))
        }
        EventKind::RsvpSet => Subject::Data(rsvp(connection, event).await?),
        EventKind::GroupUpdated => Subject::Data(value(&groups::rendered(connection, GroupId(row.subject)).await?)),
        EventKind::DocumentDeleted => Subject::Data(json!({ "id": row.subject })),
    })
}

async fn rsvp(connection: &mut PgConnection, event: &Recorded) -> Result<Value> {
    let meeting = MeetingId(event.row.subject);
    let answer = match event.row.person {
        Some(person) => meetings::rendered_rsvp(connection, meeting, person).await?,
        None => None,
    };
    let counts = meetings::rendered(connection, meeting).await?.map(|meeting| meeting.counts);
    Ok(json!({ "meeting": meeting, "user": event.row.person, "answer": answer, "counts": counts }))
}

fn data(event: &Recorded, subject: &Subject) -> Value {
    match subject {
        Subject::Message(message, _) if event.row.kind == EventKind::ReactionSet => {
            json!({ "message": message.id, "thread": message.thread, "reactions": value(&message.reactions) })
        }
        Subject::Message(message, _) => value(message),
        Subject::Thread(thread) => value(thread),
        Subject::Data(data) | Subject::Own(data) => data.clone(),
    }
}

fn html(
    event: &Recorded,
    subject: &Subject,
    text: Text,
    watched: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Content> {
    let change = |target: String, action, html: String| Change { target, action, html };
    let row = |thread: &Thread| -> Result<Change> {
        let html = askama::Template::render(&ThreadRow { text, thread, now, read: None, current: false })?;
        // A thread that says something goes to the top of its list, as a fresh page shows it.
        let moves = matches!(event.row.kind, EventKind::MessageCreated | EventKind::ThreadCreated);
        Ok(match thread.channel.filter(|_| moves) {
            Some(channel) => change(paths::threads_id(channel), Action::Prepend, html),
            None => change(paths::thread_row_id(thread.id), Action::Replace, html),
        })
    };
    let one = |change| Content::Html { change, also: Vec::new(), data: None };
    Ok(match subject {
        Subject::Message(_, thread) if !watched => one(row(thread)?),
        Subject::Message(message, thread) => {
            let html = askama::Template::render(&MessageView { text, message })?;
            let at = if event.row.kind == EventKind::MessageCreated {
                change(paths::thread_messages_id(thread.id), Action::Append, html)
            } else {
                change(paths::message_id(message.id), Action::Replace, html)
            };
            Content::Html { change: at, also: vec![row(thread)?], data: None }
        }
        // Its heading is no fragment of its own: who has it open takes the page over.
        Subject::Thread(thread) if watched && event.row.kind == EventKind::ThreadUpdated => Content::Html {
            change: change(paths::thread_messages_id(thread.id), Action::Reload, String::new()),
            also: vec![row(thread)?],
            data: None,
        },
        Subject::Thread(thread) => one(row(thread)?),
        Subject::Data(_) => one(change(reloaded(event), Action::Reload, String::new())),
        // Language, theme and name are all over the page.
        Subject::Own(_) if event.row.kind == EventKind::SettingsUpdated => {
            one(change("content".to_owned(), Action::Reload, String::new()))
        }
        Subject::Own(data) => Content::Html {
            change: change(String::new(), Action::Replace, String::new()),
            also: Vec::new(),
            data: Some(data.clone()),
        },
    })
}

/// The part that a page must show for an event to concern it.
fn reloaded(event: &Recorded) -> String {
    let (stream, subject) = (event.row.stream, event.row.subject);
    match event.row.kind {
        EventKind::DocumentCreated | EventKind::DocumentUpdated | EventKind::DocumentDeleted => {
            paths::documents_id(GroupId(stream.0))
        }
        EventKind::MeetingCreated | EventKind::MeetingUpdated | EventKind::RsvpSet => format!("meeting-{subject}"),
        EventKind::GroupJoined | EventKind::GroupLeft => "navigation".to_owned(),
        _ => paths::channels_id(GroupId(stream.0)),
    }
}

fn value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).expect("views hold strings, numbers and lists")
}
