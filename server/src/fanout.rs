//! One match: which room renders an event, and what it changes in a page.
//!
//! Events that are wanted together are read together, as their subjects are now (I18), and printed in each form that
//! somebody wants.

use std::collections::{HashMap, hash_map::Entry};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use web::{
    Text,
    messages::{Message, MessageView},
    paths,
    threads::{Thread, ThreadRow},
};
use words::{
    ChannelId, DocumentId, EventKind, GroupId, MeetingId, MeetingState, MessageId, NotificationId, PersonId, ThreadId,
    ThreadKind,
    events::{EventRow, Recorded},
};

use crate::{
    channels,
    db::Work,
    documents,
    error::{Error, Result},
    faults::point,
    groups,
    live::{
        frame::{Action, Change, Content},
        hub::Variant,
        hubs::{Asked, Forms},
    },
    meetings, messages, notifications,
    threads::{self, ReadState},
};

/// What the subjects of some events are now: each read once, whatever the number of events and forms.
struct Subjects {
    messages: HashMap<MessageId, Message>,
    threads: HashMap<ThreadId, Thread>,
    positions: HashMap<(PersonId, ThreadId), ReadState>,
    others: HashMap<EventRow, Subject<'static>>,
}

/// What an event's subject is now.
#[derive(Clone)]
enum Subject<'s> {
    /// A message, and the thread whose row shows it, where somebody wants that.
    Message(&'s Message, Option<&'s Thread>),
    Thread(&'s Thread),
    /// What a page reloads for.
    Data(Value),
    /// A position that is the reader's own.
    Own(Value),
}

/// Reads the subjects of events that are wanted together, and answers what tells of each in its forms.
pub fn render<'c>(connection: &'c mut PgConnection, now: DateTime<Utc>, wanted: &'c [Asked]) -> Work<'c, Forms> {
    Box::pin(async move {
        point!("render");
        let subjects = Subjects::read(connection, wanted).await?;
        let forms: Forms = Box::new(move |Asked { event, variants }| forms(event, variants, &subjects, now));
        Ok(forms)
    })
}

impl Subjects {
    /// Reads the messages of all events in one go, their threads in another, and each other subject once.
    async fn read(connection: &mut PgConnection, wanted: &[Asked]) -> Result<Self> {
        let (mut messages, mut threads, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        let mut others = HashMap::new();
        for Asked { event: Recorded { row, .. }, variants } in wanted {
            match row.kind {
                kind if is_of_message(kind) => {
                    messages.push(MessageId(row.subject));
                    if variants.iter().any(|variant| matches!(variant, Variant::Html { .. })) {
                        threads.extend(row.thread);
                    }
                }
                EventKind::ThreadCreated | EventKind::ThreadUpdated | EventKind::ThreadMoved => {
                    threads.push(thread_of(row));
                }
                EventKind::ReadMoved => positions.push(reading_of(row)),
                _ => {
                    if let Entry::Vacant(vacant) = others.entry(*row) {
                        vacant.insert(other(connection, row).await?);
                    }
                }
            }
        }
        once(&mut messages);
        once(&mut threads);
        once(&mut positions);
        Ok(Self {
            messages: if messages.is_empty() {
                HashMap::new()
            } else {
                messages::rendered(connection, &messages).await?
            },
            threads: if threads.is_empty() {
                HashMap::new()
            } else {
                messages::rendered_threads(connection, &threads).await?
            },
            positions: if positions.is_empty() {
                HashMap::new()
            } else {
                threads::read_states(connection, &positions).await?
            },
            others,
        })
    }

    fn of(&self, row: &EventRow) -> Subject<'_> {
        let subject = match row.kind {
            kind if is_of_message(kind) => {
                let thread = row.thread.and_then(|thread| self.threads.get(&thread));
                self.messages.get(&MessageId(row.subject)).map(|message| Subject::Message(message, thread))
            }
            EventKind::ThreadCreated | EventKind::ThreadUpdated | EventKind::ThreadMoved => {
                self.threads.get(&thread_of(row)).map(Subject::Thread)
            }
            EventKind::ReadMoved => {
                let (person, thread) = reading_of(row);
                let ReadState { position, last_position } =
                    self.positions.get(&(person, thread)).copied().unwrap_or_default();
                Some(Subject::Own(json!({ "thread": thread, "position": position, "last_position": last_position })))
            }
            _ => self.others.get(row).cloned(),
        };
        // Of what is its animators' nobody is told more than that there is something: who may read it asks for it.
        subject.unwrap_or_else(|| Subject::Data(json!({ "id": row.subject })))
    }
}

fn once<T: Ord>(ids: &mut Vec<T>) {
    ids.sort_unstable();
    ids.dedup();
}

fn is_of_message(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::MessageCreated
            | EventKind::MessageEdited
            | EventKind::MessageDeleted
            | EventKind::MessagePreviewed
            | EventKind::ReactionSet
            | EventKind::VoteSet
    )
}

fn thread_of(row: &EventRow) -> ThreadId {
    row.thread.unwrap_or(ThreadId(row.subject))
}

/// Whose position in which thread is moved: one's own stream bears one's own number.
fn reading_of(row: &EventRow) -> (PersonId, ThreadId) {
    (PersonId(row.stream.0), thread_of(row))
}

/// A subject that is read alone.
async fn other(connection: &mut PgConnection, row: &EventRow) -> Result<Subject<'static>> {
    Ok(match row.kind {
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
        EventKind::RsvpSet => Subject::Data(rsvp(connection, row).await?),
        EventKind::FollowSet => Subject::Own(follow(connection, row).await?),
        EventKind::NotificationCreated | EventKind::NotificationSeen => {
            let notification = notifications::rendered(connection, NotificationId(row.subject)).await?;
            // What it tells of was removed meanwhile.
            Subject::Own(notification.map_or_else(|| json!({ "id": row.subject }), |notification| value(&notification)))
        }
        EventKind::GroupUpdated => Subject::Data(value(&groups::rendered(connection, GroupId(row.subject)).await?)),
        EventKind::DocumentDeleted => Subject::Data(json!({ "id": row.subject })),
        EventKind::FavouriteSet => Subject::Own(json!({ "message": row.subject })),
        EventKind::SettingsUpdated
        // These are read together, and not here.
        | EventKind::MessageCreated
        | EventKind::MessageEdited
        | EventKind::MessageDeleted
        | EventKind::MessagePreviewed
        | EventKind::ReactionSet
        | EventKind::VoteSet
        | EventKind::ThreadCreated
        | EventKind::ThreadUpdated
        | EventKind::ThreadMoved
        | EventKind::ReadMoved => Subject::Own(json!({})),
    })
}

async fn follow(connection: &mut PgConnection, row: &EventRow) -> Result<Value> {
    let (person, thread) = reading_of(row);
    let level = threads::rendered_level(connection, person, thread).await?;
    Ok(json!({ "thread": thread, "level": level }))
}

async fn rsvp(connection: &mut PgConnection, row: &EventRow) -> Result<Value> {
    let meeting = MeetingId(row.subject);
    let answer = match row.person {
        Some(person) => meetings::rendered_rsvp(connection, meeting, person).await?,
        None => None,
    };
    let counts = meetings::rendered(connection, meeting).await?.map(|meeting| meeting.counts);
    Ok(json!({ "meeting": meeting, "user": row.person, "answer": answer, "counts": counts }))
}

fn forms(event: &Recorded, variants: &[Variant], subjects: &Subjects, now: DateTime<Utc>) -> Result<Vec<Content>> {
    let subject = subjects.of(&event.row);
    variants
        .iter()
        .map(|variant| match *variant {
            Variant::Json => Ok(Content::Json { data: data(event, &subject) }),
            Variant::Withheld { .. } => Ok(Content::unknown(*variant)),
            Variant::Html { locale, watched } => html(event, &subject, Text::of(locale), watched, now),
        })
        .collect()
}

fn data(event: &Recorded, subject: &Subject<'_>) -> Value {
    match subject {
        Subject::Message(message, _) if event.row.kind == EventKind::ReactionSet => {
            json!({ "message": message.id, "thread": message.thread, "reactions": value(&message.reactions) })
        }
        Subject::Message(message, _) if event.row.kind == EventKind::VoteSet => {
            json!({ "message": message.id, "thread": message.thread, "poll": value(&message.poll) })
        }
        Subject::Message(message, _) => value(message),
        Subject::Thread(thread) => value(thread),
        Subject::Data(data) | Subject::Own(data) => data.clone(),
    }
}

fn html(event: &Recorded, subject: &Subject<'_>, text: Text, watched: bool, now: DateTime<Utc>) -> Result<Content> {
    let change = |target: String, action, html: String| Change { target, action, html };
    let row = |thread: &Thread| -> Result<Change> {
        let html = askama::Template::render(&ThreadRow { text, thread, now, current: false })?;
        // A thread that says something goes to the top of its list, as a fresh page shows it.
        let moves = matches!(event.row.kind, EventKind::MessageCreated | EventKind::ThreadCreated);
        Ok(match thread.channel.filter(|_| moves) {
            None if moves && thread.kind == ThreadKind::Conversation => {
                change(paths::CONVERSATIONS_ID.to_owned(), Action::Prepend, html)
            }
            // The pinned ones stay in the order in which they were pinned.
            Some(channel) if !thread.pinned => change(paths::threads_id(channel), Action::Prepend, html),
            _ => change(paths::thread_row_id(thread.id), Action::Replace, html),
        })
    };
    let one = |change| Content::Html { change, also: Vec::new(), data: None };
    Ok(match *subject {
        Subject::Message(_, None) => return Err(Error::NotFound),
        Subject::Message(_, Some(thread)) if !watched => one(row(thread)?),
        Subject::Message(message, Some(thread)) => {
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
        // It is in another place now: a page that lists it, or its channel, or holds it open, is fetched again.
        Subject::Thread(thread) if event.row.kind == EventKind::ThreadMoved => Content::Html {
            change: change(paths::thread_row_id(thread.id), Action::Reload, String::new()),
            also: [Some(paths::thread_messages_id(thread.id)), thread.channel.map(paths::threads_id)]
                .into_iter()
                .flatten()
                .map(|target| change(target, Action::Reload, String::new()))
                .collect(),
            data: None,
        },
        Subject::Thread(thread) => one(row(thread)?),
        Subject::Data(_) => one(change(reloaded(event), Action::Reload, String::new())),
        // Language, theme and name are all over the page, and what one follows is in its navigation.
        Subject::Own(_) if matches!(event.row.kind, EventKind::SettingsUpdated | EventKind::FollowSet) => {
            one(change("content".to_owned(), Action::Reload, String::new()))
        }
        Subject::Own(ref data) => Content::Html {
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
        EventKind::MeetingCreated | EventKind::MeetingUpdated | EventKind::RsvpSet => {
            paths::meeting_id(MeetingId(subject))
        }
        EventKind::GroupJoined | EventKind::GroupLeft => "navigation".to_owned(),
        kind if is_of_message(kind)
            || matches!(kind, EventKind::ThreadCreated | EventKind::ThreadUpdated | EventKind::ThreadMoved) =>
        {
            paths::thread_messages_id(thread_of(&event.row))
        }
        _ => paths::channels_id(GroupId(stream.0)),
    }
}

fn value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).expect("views hold strings, numbers and lists")
}
