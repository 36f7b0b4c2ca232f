//! Addresses: the one place where they are written.

use std::fmt::Display;

use words::{
    AcronymId, ChannelId, DeviceId, DocumentId, DocumentType, FileId, GroupId, MeetingId, MessageId, NotificationId,
    PersonId, ReactionName, ReportId, SessionId, ThreadFilter, ThreadId, ThreadKind,
};

use crate::publish::Intent;

macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident = $path:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $path;)*
    };
}

fixed! {
    /// Today.
    HOME = "/";
    /// The form that asks for an address.
    SIGN_IN = "/sign-in";
    /// The form that asks for the six digits.
    SIGN_IN_CODE = "/sign-in/code";
    /// The form that asks for a password.
    SIGN_IN_PASSWORD = "/sign-in/password";
    /// Signs out.
    SIGN_OUT = "/sign-out";
    /// One's preferences.
    SETTINGS = "/settings";
    /// One's password.
    SETTINGS_PASSWORD = "/settings/password";
    /// What one's devices show, and when.
    PUSH = "/settings/notifications";
    /// Sends a test to one's devices.
    PUSH_TEST = "/settings/notifications/test";
    /// When one's devices show nothing.
    QUIET_HOURS = "/settings/notifications/quiet-hours";
    /// The script that browsers run while no page is open.
    SERVICE_WORKER = "/service-worker.js";
    /// What makes a window of the pages by themselves.
    MANIFEST = "/manifest.webmanifest";
    /// The groups.
    GROUPS = "/groups";
    /// The library.
    DOCUMENTS = "/documents";
    /// The meetings.
    MEETINGS = "/meetings";
    /// One's subscription to the calendar.
    FEED = "/meetings/feed";
    /// Where one's subscription is ended.
    FEED_END = "/meetings/feed/end";
    /// What one says to a few others alone.
    CONVERSATIONS = "/conversations";
    /// The form that begins a conversation.
    CONVERSATIONS_NEW = "/conversations/new";
    /// The DOM id that a conversation's row names. No page has it: the script reads from it which link counts the thread.
    CONVERSATIONS_ID = "threads-conversations";
    /// The directory.
    PEOPLE = "/people";
    /// The search.
    SEARCH = "/search";
    /// What acronyms stand for.
    GLOSSARY = "/glossary";
    /// The messages that one keeps.
    FAVOURITES = "/favourites";
    /// What one is told, and what one follows.
    NOTIFICATIONS = "/notifications";
    /// Where one says that one has seen all that one was told.
    NOTIFICATIONS_SEEN = "/notifications/seen";
    /// Where one says that one has read all that one follows.
    NOTIFICATIONS_READ = "/notifications/read";
    /// The places that the switcher leads to.
    SWITCHER = "/search/places";
    /// Where something is written to the network.
    PUBLISH = "/publish";
    /// Leads to the form of the chosen place.
    PUBLISH_PLACE = "/publish/place";
    /// What would have been mailed.
    MAILBOX = "/mailbox";
    /// How to.
    HELP = "/help";
    /// The accessibility statement.
    ACCESSIBILITY = "/accessibility";
    /// What is kept of people.
    PRIVACY = "/privacy";
    /// Who publishes.
    LEGAL = "/legal";
    /// The socket.
    LIVE = "/live";
}

/// A search with its filters; fields without a value are left out.
pub fn search(fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().filter(|(_, value)| !value.is_empty());
    let fields = fields.map(|(name, value)| format!("{name}={}", encoded(value)));
    match fields.collect::<Vec<_>>().join("&") {
        query if query.is_empty() => SEARCH.to_owned(),
        query => format!("{SEARCH}?{query}"),
    }
}

/// The form in which a question is put to the network, with its words.
pub fn publish_question(words: &str) -> String {
    format!("{PUBLISH}?intent=ask&body={}", encoded(words))
}

/// The sign-in form, which leads to `next` afterwards.
pub fn sign_in(next: Option<&str>) -> String {
    match next {
        Some(next) if next != HOME => format!("{SIGN_IN}?next={}", encoded(next)),
        _ => SIGN_IN.to_owned(),
    }
}

/// The page of a sign-in link, which asks to confirm.
pub fn sign_in_link(secret: &str) -> String {
    format!("{SIGN_IN}/{secret}")
}

/// One session of one's own.
pub fn session(session: SessionId) -> String {
    format!("{SETTINGS}/sessions/{session}/end")
}

/// Where one of one's devices is told nothing any more.
pub fn push_remove(device: DeviceId) -> String {
    format!("{PUSH}/devices/{device}/remove")
}

/// A group.
pub fn group(slug: &str) -> String {
    format!("{GROUPS}/{slug}")
}

/// The form in which a group is changed.
pub fn group_edit(slug: &str) -> String {
    format!("{GROUPS}/{slug}/edit")
}

/// Where a conversation is left.
pub fn conversation_leave(id: GroupId) -> String {
    format!("{CONVERSATIONS}/{id}/leave")
}

/// The members of a group.
pub fn group_members(slug: &str) -> String {
    format!("{GROUPS}/{slug}/members")
}

/// Where one asks to join a group.
pub fn group_join(slug: &str) -> String {
    format!("{GROUPS}/{slug}/join")
}

/// Where one leaves a group, or removes a member.
pub fn group_remove(slug: &str, person: PersonId) -> String {
    format!("{GROUPS}/{slug}/members/{person}/remove")
}

/// The messages that were reported to the animators of a group.
pub fn group_reports(slug: &str) -> String {
    format!("{GROUPS}/{slug}/reports")
}

/// Where a report is said to be seen to.
pub fn report_handled(report: ReportId) -> String {
    format!("/reports/{report}/handled")
}

/// Where a channel is made.
pub fn group_channels(slug: &str) -> String {
    format!("{GROUPS}/{slug}/channels")
}

/// A channel.
pub fn channel(id: ChannelId) -> String {
    format!("/channels/{id}")
}

/// Some threads of a channel's list, from its beginning or from a place.
pub fn channel_list(id: ChannelId, filter: ThreadFilter, place: Option<(&str, &str)>) -> String {
    let show = (filter != ThreadFilter::All).then(|| ("show", filter.as_str()));
    let parts = [show, place].into_iter().flatten().map(|(name, value)| format!("{name}={}", encoded(value)));
    match parts.collect::<Vec<_>>().join("&") {
        query if query.is_empty() => channel(id),
        query => format!("{}?{query}", channel(id)),
    }
}

/// One's conversations, from a place in their list.
pub fn conversations_after(place: &str) -> String {
    format!("{CONVERSATIONS}?after={}", encoded(place))
}

/// The form that opens a thread of a kind in a channel, with what was written already.
pub fn channel_writing(id: ChannelId, kind: ThreadKind, body: &str) -> String {
    format!("{}?new=1&kind={kind}&body={}", channel(id), encoded(body))
}

/// The page that asks where to do something, with what was written already.
pub fn publish(intent: Intent, body: &str) -> String {
    match body {
        "" => format!("{PUBLISH}?intent={}", intent.word()),
        body => format!("{PUBLISH}?intent={}&body={}", intent.word(), encoded(body)),
    }
}

/// Where one says how much of a channel one wants to hear.
pub fn channel_level(id: ChannelId) -> String {
    format!("/channels/{id}/level")
}

/// The form in which a channel is changed.
pub fn channel_edit(id: ChannelId) -> String {
    format!("/channels/{id}/edit")
}

/// Where a channel is archived, or opened again.
pub fn channel_archive(id: ChannelId) -> String {
    format!("/channels/{id}/archive")
}

/// Where a thread is opened.
pub fn channel_threads(id: ChannelId) -> String {
    format!("/channels/{id}/threads")
}

/// A thread.
pub fn thread(id: ThreadId) -> String {
    format!("/threads/{id}")
}

/// Where a thread is named anew, and its question marked.
pub fn thread_edit(id: ThreadId) -> String {
    format!("/threads/{id}/edit")
}

/// Where one posts.
pub fn thread_messages(id: ThreadId) -> String {
    format!("/threads/{id}/messages")
}

/// The messages of a thread from a position to another, both included.
pub fn thread_between(id: ThreadId, from: i32, to: i32) -> String {
    format!("/threads/{id}?from={from}&to={to}")
}

/// The last messages of a thread, from a position on.
pub fn thread_from(id: ThreadId, from: i32) -> String {
    format!("/threads/{id}?from={from}")
}

/// A thread with an answer begun that quotes a message.
pub fn thread_quoting(id: ThreadId, message: MessageId) -> String {
    format!("/threads/{id}?quote={message}#body")
}

/// A thread, at what is new in it.
pub fn thread_news(id: ThreadId) -> String {
    format!("/threads/{id}#new-messages")
}

/// What one may do with a thread.
pub fn thread_actions(id: ThreadId) -> String {
    format!("/threads/{id}/actions")
}

/// Where one says how much of a thread one wants to hear.
pub fn thread_follow(id: ThreadId) -> String {
    format!("/threads/{id}/follow")
}

/// Where a thread is moved to another channel.
pub fn thread_move(id: ThreadId) -> String {
    format!("/threads/{id}/move")
}

/// Where a thread is merged into another one.
pub fn thread_merge(id: ThreadId) -> String {
    format!("/threads/{id}/merge")
}

/// A message among those around it.
pub fn message_at(thread: ThreadId, position: i32, message: MessageId) -> String {
    format!("/threads/{thread}?at={position}#message-{message}")
}

/// What a message said before.
pub fn message_history(message: MessageId) -> String {
    format!("/messages/{message}/history")
}

/// Where a message is said to answer its thread's question.
pub fn message_answer(message: MessageId) -> String {
    format!("/messages/{message}/answer")
}

/// Where a thread of its own begins with a message.
pub fn message_split(message: MessageId) -> String {
    format!("/messages/{message}/split")
}

/// Where all from a message on is marked as unread.
pub fn message_unread(message: MessageId) -> String {
    format!("/messages/{message}/unread")
}

/// Where what a message's links show is taken away.
pub fn message_previews_remove(message: MessageId) -> String {
    format!("/messages/{message}/previews/remove")
}

/// Where a message is pinned in its thread.
pub fn message_pin(message: MessageId) -> String {
    format!("/messages/{message}/pin")
}

/// Where a message is kept, or kept no more.
pub fn message_favourite(message: MessageId) -> String {
    format!("/messages/{message}/favourite")
}

/// Where one asks to be reminded of a message.
pub fn message_reminder(message: MessageId) -> String {
    format!("/messages/{message}/reminder")
}

/// The form that reports a message.
pub fn message_report(message: MessageId) -> String {
    format!("/messages/{message}/report")
}

/// Where one chooses in a message's poll.
pub fn message_vote(message: MessageId) -> String {
    format!("/messages/{message}/vote")
}

/// The form that asks people to choose, in a thread.
pub fn thread_polls(thread: ThreadId) -> String {
    format!("/threads/{thread}/polls")
}

/// A message in its thread.
pub fn message(thread: ThreadId, message: MessageId) -> String {
    format!("/threads/{thread}#message-{message}")
}

/// A message by itself: leads to its place in its thread.
pub fn message_permalink(message: MessageId) -> String {
    format!("/messages/{message}")
}

/// What one may do with a message.
pub fn message_actions(message: MessageId) -> String {
    format!("/messages/{message}/actions")
}

/// Where a message is edited.
pub fn message_edit(message: MessageId) -> String {
    format!("/messages/{message}/edit")
}

/// The page that changes an acronym of the glossary.
pub fn acronym(acronym: AcronymId) -> String {
    format!("{GLOSSARY}/{acronym}")
}

/// Where an acronym is removed.
pub fn acronym_remove(acronym: AcronymId) -> String {
    format!("{GLOSSARY}/{acronym}/remove")
}

/// Where an acronym is brought back.
pub fn acronym_restore(acronym: AcronymId) -> String {
    format!("{GLOSSARY}/{acronym}/restore")
}

/// Where a message is removed.
pub fn message_delete(message: MessageId) -> String {
    format!("/messages/{message}/delete")
}

/// Where the removal of a message is undone.
pub fn message_restore(message: MessageId) -> String {
    format!("/messages/{message}/restore")
}

/// Where a reaction is given or taken back.
pub fn message_reaction(message: MessageId, name: ReactionName) -> String {
    format!("/messages/{message}/reactions/{name}")
}

/// A document.
pub fn document(id: DocumentId) -> String {
    format!("{DOCUMENTS}/{id}")
}

/// The library: of one group or of all, of one type or of all, from its beginning or after a place.
pub fn library(group: Option<&str>, kind: Option<DocumentType>, after: Option<&str>) -> String {
    let parts = [("group", group), ("type", kind.map(DocumentType::as_str)), ("after", after)];
    let parts = parts.iter().filter_map(|(name, value)| value.map(|value| format!("{name}={}", encoded(value))));
    match parts.collect::<Vec<_>>().join("&") {
        query if query.is_empty() => DOCUMENTS.to_owned(),
        query => format!("{DOCUMENTS}?{query}"),
    }
}

/// The DOM id of what shows a group's documents.
pub fn documents_id(group: GroupId) -> String {
    format!("documents-{group}")
}

/// Where a document is removed.
pub fn document_remove(id: DocumentId) -> String {
    format!("{DOCUMENTS}/{id}/remove")
}

/// Where a document is added.
pub fn group_documents(slug: &str) -> String {
    format!("{GROUPS}/{slug}/documents")
}

/// Where a version is added.
pub fn document_versions(id: DocumentId) -> String {
    format!("{DOCUMENTS}/{id}/versions")
}

/// The bytes of a file.
pub fn file(id: FileId) -> String {
    format!("/files/{id}")
}

/// Where a meeting is scheduled.
pub fn group_meetings(slug: &str) -> String {
    format!("{GROUPS}/{slug}/meetings")
}

/// The form in which a meeting is scheduled.
pub fn group_meetings_new(slug: &str) -> String {
    format!("{GROUPS}/{slug}/meetings/new")
}

/// A calendar subscription, by its secret.
pub fn feed(secret: &str) -> String {
    format!("/feeds/{secret}.ics")
}

/// A meeting.
pub fn meeting(id: MeetingId) -> String {
    format!("{MEETINGS}/{id}")
}

/// The form in which a meeting is changed.
pub fn meeting_edit(id: MeetingId) -> String {
    format!("{MEETINGS}/{id}/edit")
}

/// Where a meeting is cancelled, or taken up again.
pub fn meeting_state(id: MeetingId) -> String {
    format!("{MEETINGS}/{id}/state")
}

/// Where one answers a meeting.
pub fn meeting_rsvp(id: MeetingId) -> String {
    format!("{MEETINGS}/{id}/rsvp")
}

/// A meeting for a calendar.
pub fn meeting_ics(id: MeetingId) -> String {
    format!("{MEETINGS}/{id}/calendar.ics")
}

/// Where one says that one has seen a notification.
pub fn notification_seen(id: NotificationId) -> String {
    format!("{NOTIFICATIONS}/{id}/seen")
}

/// A person.
pub fn person(id: PersonId) -> String {
    format!("{PEOPLE}/{id}")
}

/// A territory.
pub fn territory(code: &str) -> String {
    format!("/territories/{code}")
}

/// The DOM id of a group's list of channels.
pub fn channels_id(group: GroupId) -> String {
    format!("channels-{group}")
}

/// The DOM id of a channel's list of threads.
pub fn threads_id(channel: ChannelId) -> String {
    format!("threads-{channel}")
}

/// The DOM id of the list of a channel's pinned threads.
pub fn pinned_id(channel: ChannelId) -> String {
    format!("pinned-{channel}")
}

/// The DOM id of a thread's row in that list.
pub fn thread_row_id(thread: ThreadId) -> String {
    format!("thread-row-{thread}")
}

/// The DOM id of a thread's messages.
pub fn thread_messages_id(thread: ThreadId) -> String {
    format!("thread-messages-{thread}")
}

/// The DOM id of a message.
pub fn message_id(message: MessageId) -> String {
    format!("message-{message}")
}

/// The DOM id of a meeting.
pub fn meeting_id(meeting: MeetingId) -> String {
    format!("meeting-{meeting}")
}

/// An address of our own that somebody may be led to after signing in; anything else is the home page.
pub fn safe_next(next: Option<&str>) -> &str {
    match next {
        Some(next)
            if next.starts_with('/')
                && !next.starts_with("//")
                && !next.contains('\\')
                && !next.chars().any(char::is_control) =>
        {
            next
        }
        _ => HOME,
    }
}

/// A value of a query, percent-encoded (RFC 3986).
pub fn encoded(value: impl Display) -> String {
    use std::fmt::Write;
    value.to_string().bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(byte.into()),
            // Writing to a string cannot fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{safe_next, sign_in};

    #[test]
    fn one_is_led_to_our_own_addresses_only() {
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
        {
            assert_eq!(safe_next(Some(foreign)), "/", "{foreign}");
        }
        assert_eq!(safe_next(Some("/threads/1?before=3")), "/threads/1?before=3");
        assert_eq!(sign_in(Some("/search?q=à")), "/sign-in?next=/search%3Fq%3D%C3%A0");
    }
}
