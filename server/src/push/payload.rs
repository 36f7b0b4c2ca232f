//! What a device is sent: a title, a few words, where they lead, and how much waits.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use web::{Text, notifications::Notification, paths, text::cut, threads::Thread};
use words::NotificationReason;

/// The longest place in a notification, in characters: services take some 4 kB in all.
const LONGEST_PLACE: usize = 80;

/// How soon a device should show a message (RFC 8030, section 5.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Urgency {
    /// Also where it saves its battery.
    High,
    /// When it next wakes up.
    Normal,
}

impl Urgency {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
        }
    }
}

/// A message to a device.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    /// JSON, as the service worker reads it.
    pub(super) body: String,
    pub(super) urgency: Urgency,
    /// What a later message of the same topic replaces while the device is away: 32 characters of base64 at most.
    pub(super) topic: String,
}

/// One thing that somebody is told.
pub(super) fn of(notification: &Notification, text: Text, unseen: usize) -> Payload {
    let urgency = match notification.reason {
        NotificationReason::Mention | NotificationReason::Conversation | NotificationReason::Reminder => Urgency::High,
        _ => Urgency::Normal,
    };
    let who = cut(&notification.author.name, LONGEST_PLACE);
    let title = text.name(&format!("push-says-{}", notification.reason), &who);
    let thread = cut(&Thread::title_of(notification.kind, &notification.title, text), LONGEST_PLACE);
    let place = match &notification.channel {
        Some((_, channel)) => format!("{} · {thread}", cut(channel, LONGEST_PLACE)),
        None => thread,
    };
    let words = format!("{place}\n{}", notification.extract);
    let tag = notification.id.to_string();
    let topic = URL_SAFE_NO_PAD.encode(notification.id.0);
    Payload { body: body((&title, &words), &notification.place(), &tag, Some(unseen)), urgency, topic }
}

/// Several things together, that came at once or while nothing was to be shown.
pub(super) fn of_many(count: usize, network: &str, text: Text, unseen: usize) -> Payload {
    let words = text.count("push-waiting", count);
    let body = body((network, &words), paths::NOTIFICATIONS, "waiting", Some(unseen));
    Payload { body, urgency: Urgency::Normal, topic: "waiting".to_owned() }
}

/// A word that says that words arrive.
pub(super) fn of_test(network: &str, text: Text) -> Payload {
    let body = body((network, &text.get("push-test-arrived")), paths::PUSH, "test", None);
    Payload { body, urgency: Urgency::High, topic: "test".to_owned() }
}

fn body((title, words): (&str, &str), address: &str, tag: &str, unseen: Option<usize>) -> String {
    json!({ "title": title, "body": words, "url": address, "tag": tag, "unseen": unseen }).to_string()
}
