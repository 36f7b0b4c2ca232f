//! A message: the partial that a page and the live stream both print, and the JSON that the API answers.

mod composer;

use std::{borrow::Cow, collections::BTreeSet};

use askama::Template;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use words::{ChannelId, DocumentId, FileId, MessageId, PersonId, ReactionName, ThreadId};

pub use composer::{AttachedFile, Completion, Composer, EditForm, Suggestion};

use crate::{
    SafeHtml, Text, date,
    documents::Picture,
    notifications::RemindIn,
    page::{Faults, Shell},
    paths,
    people::Author,
};

/// A message. What it shows is the same for every reader (style rule 33). Serialised, it is the message of the API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The thread it belongs to.
    pub thread: ThreadId,
    /// The channel of that thread; null for the thread of a meeting or a document.
    pub channel: Option<ChannelId>,
    /// Its place in the thread, from 1.
    pub position: i32,
    /// Who wrote it.
    pub author: Author,
    /// What they typed, in Markdown; null once removed.
    pub body: Option<String>,
    /// The same as sanitised HTML; null once removed.
    pub html: Option<SafeHtml>,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// Who reacted, by reaction; a reaction of nobody is absent.
    pub reactions: Vec<Reaction>,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it was last edited.
    pub edited_at: Option<DateTime<Utc>>,
    /// When it was removed.
    pub deleted_at: Option<DateTime<Utc>>,
    /// What it asks to choose; absent where it asks nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    /// Whether it answers the question of its thread.
    #[serde(skip)]
    pub answers: bool,
    /// Whether it is pinned in its thread.
    #[serde(skip)]
    pub pinned: bool,
    /// Where it was moved to, or came from.
    #[serde(skip)]
    pub moved: Option<Move>,
    /// What the pages say of themselves that it leads to.
    #[serde(skip)]
    pub previews: Vec<LinkPreview>,
}

/// What a message asks to choose, and who chose what.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Poll {
    /// Whether one may choose several.
    pub multiple: bool,
    /// Until when one may choose.
    pub closes_at: Option<DateTime<Utc>>,
    /// What there is to choose, in order.
    pub options: Vec<PollOption>,
}

/// Something that may be chosen.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PollOption {
    /// What it says.
    pub label: String,
    /// Who chose it, in order of choosing.
    pub users: Vec<PersonId>,
}

impl Poll {
    /// How many people chose something.
    fn voters(&self) -> usize {
        self.options.iter().flat_map(|option| &option.users).collect::<BTreeSet<_>>().len()
    }

    /// Until when one may choose, in words.
    pub fn until(&self, text: &Text) -> Option<String> {
        let text = *text;
        self.closes_at.map(|closes_at| text.name("poll-until", &date::exact(text, closes_at)))
    }
}

impl PollOption {
    /// Who chose it, as the script reads them.
    fn voters(&self) -> String {
        self.users.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
}

/// A move of a message to another thread, as its two ends see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    /// It went on: what it said is said there.
    To {
        /// The message that says it now.
        message: MessageId,
    },
    /// It came from another thread, where its place is.
    From {
        /// That thread.
        thread: ThreadId,
        /// Its place there.
        position: i32,
        /// The message that stands there, and says nothing any more.
        message: MessageId,
    },
}

/// What a page says of itself that a message leads to.
#[derive(Clone, Debug)]
pub struct LinkPreview {
    /// Its address.
    pub url: String,
    /// The server that the address names, whatever the page says.
    pub host: String,
    /// Its title.
    pub title: String,
    /// The name of its site.
    pub site: Option<String>,
    /// What it is about.
    pub description: Option<String>,
}

/// What a message said once.
#[derive(Clone, Debug)]
pub struct FormerBody {
    /// Until when it said so.
    pub until_at: DateTime<Utc>,
    /// As sanitised HTML.
    pub html: SafeHtml,
}

/// A file of a message, and the document that it became in the library.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Attachment {
    /// The file.
    pub id: FileId,
    /// Its document.
    pub document: DocumentId,
    /// Its name.
    pub name: String,
    /// Its weight in bytes.
    pub size_bytes: i64,
    /// Its sniffed media type.
    pub media_type: String,
    /// How large it is shown; absent where it is no picture.
    #[serde(flatten)]
    pub picture: Option<Picture>,
    /// The title of its document, which says what a picture shows.
    #[serde(skip)]
    pub title: String,
}

/// One of the three reactions, and who gave it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reaction {
    /// Which.
    pub name: ReactionName,
    /// Who, in order of giving.
    pub users: Vec<PersonId>,
}

/// A message, printed: the partial that pages and the live stream share. It depends on nothing of its reader.
#[derive(Debug, Template)]
#[template(path = "messages/message.html")]
pub struct MessageView<'a> {
    /// The reader's texts.
    pub text: Text,
    /// The message.
    pub message: &'a Message,
}

impl askama::filters::HtmlSafe for MessageView<'_> {}

impl MessageView<'_> {
    fn exact(&self) -> String {
        date::exact(self.text, self.message.created_at)
    }

    fn went(&self) -> Option<String> {
        match self.message.moved {
            Some(Move::To { message }) if self.message.deleted_at.is_some() => Some(paths::message_permalink(message)),
            _ => None,
        }
    }

    fn came(&self) -> Option<String> {
        match self.message.moved {
            Some(Move::From { thread, position, message }) => Some(paths::message_at(thread, position, message)),
            _ => None,
        }
    }

    fn day(&self) -> String {
        date::day(self.message.created_at).to_string()
    }

    fn heading(&self) -> String {
        date::heading(self.text, self.message.created_at)
    }

    fn hour(&self) -> String {
        date::hour(self.text, self.message.created_at, date::NETWORK_ZONE)
    }
}

impl Attachment {
    /// How large it is shown beneath what is said, where it is a picture.
    fn shown(&self) -> Option<Picture> {
        self.picture.map(Picture::shown)
    }

    /// What stands on its picture: the end of its name, at most four letters.
    pub fn extension(&self) -> String {
        extension(&self.name)
    }

    /// Its weight in words.
    pub fn size(&self, text: &Text) -> String {
        date::size(*text, self.size_bytes.unsigned_abs())
    }
}

/// What stands on a file's picture: the end of its name, at most four letters.
pub fn extension(name: &str) -> String {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    if end.is_empty() || end.len() > 4 || !end.chars().all(|c| c.is_ascii_alphanumeric()) {
        return "?".to_owned();
    }
    end.to_uppercase()
}

/// The longest extract, in characters.
const LONGEST_EXTRACT: usize = 140;

/// The beginning of a body, at most 140 characters: without its line ends, the addresses of its links and Markdown's marks.
/// What is cut ends with a whole word, and says so.
pub fn extract(body: &str) -> String {
    let mut body = without_addresses(body);
    if body.contains("- [") {
        body = Cow::Owned(body.replace("- [ ] ", "").replace("- [x] ", ""));
    }
    let (mut words, mut length) = (String::with_capacity(2 * LONGEST_EXTRACT), 0);
    // The spaces that French keeps a line together with are none to part words at.
    for word in body.split_ascii_whitespace() {
        let said = || word.chars().filter(|c| !matches!(c, '*' | '_' | '`' | '#' | '>'));
        let space = if words.is_empty() { "" } else { " " };
        match said().count() {
            0 => continue,
            more => length += space.len() + more,
        }
        words.push_str(space);
        words.extend(said());
        if length > LONGEST_EXTRACT {
            break;
        }
    }
    if length <= LONGEST_EXTRACT {
        return words;
    }
    let cut: String = words.chars().take(LONGEST_EXTRACT - 1).collect();
    // A word that is longer than that is cut all the same.
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{}…", whole.trim_end_matches([',', ';', ':', '.', ' ', '\u{a0}', '\u{202f}']))
}

/// A body without the addresses of its links. One that is cut off is left out with what follows it.
fn without_addresses(body: &str) -> Cow<'_, str> {
    if !body.contains("](") {
        return Cow::Borrowed(body);
    }
    let mut words = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("](") {
        words.push_str(&before.replacen('[', "", 1));
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    words.push_str(rest);
    Cow::Owned(words)
}

/// A message of the reader that is not sent yet, for the script to fill in.
#[derive(Debug, Template)]
#[template(source = "{{ self.view() }}", ext = "html")]
pub struct PendingMessage {
    text: Text,
    message: Message,
}

impl askama::filters::HtmlSafe for PendingMessage {}

impl PendingMessage {
    /// An empty message of whoever reads the page, at the end of a thread.
    pub fn of(shell: &Shell, thread: ThreadId, now: DateTime<Utc>) -> Self {
        let (id, name) = shell
            .nav
            .as_ref()
            .map_or_else(|| (PersonId(Uuid::nil()), String::new()), |nav| (nav.person, nav.name.clone()));
        let message = Message {
            id: MessageId(Uuid::nil()),
            thread,
            channel: None,
            position: 0,
            author: Author { id, name, territory: shell.territory(), post: None },
            body: Some(String::new()),
            html: Some(SafeHtml::sanitised(String::new())),
            attachments: Vec::new(),
            reactions: Vec::new(),
            created_at: now,
            edited_at: None,
            deleted_at: None,
            poll: None,
            answers: false,
            pinned: false,
            moved: None,
            previews: Vec::new(),
        };
        Self { text: shell.text, message }
    }

    fn view(&self) -> MessageView<'_> {
        MessageView { text: self.text, message: &self.message }
    }
}

/// What the reader may do with a message: a page of its own, since a shared partial cannot know.
#[derive(Debug, Template)]
#[template(path = "messages/actions.html")]
pub struct ActionsPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// What they may do at once.
    pub menu: MessageMenu,
    /// The body, as typed.
    pub body: String,
    /// The title of a thread that would begin here, as typed.
    pub title: String,
}

/// What the reader may do with a message at once: on its page, and as a fragment beside it, where a script asks for it.
#[derive(Debug, Template)]
#[template(path = "messages/menu.html")]
pub struct MessageMenu {
    /// The reader's texts.
    pub text: Text,
    /// The message.
    pub message: Message,
    /// Who reads.
    pub reader: PersonId,
    /// What they may do.
    pub deeds: Vec<Deed>,
    /// Whether they keep it.
    pub kept: bool,
    /// Until when they may undo that they removed it.
    pub restorable_until: Option<DateTime<Utc>>,
    /// Whether it stands beside the message, rather than on its page.
    pub beside: bool,
}

/// What somebody may do with a message, beside reading it and reacting to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// Answer, and quote it.
    Quote,
    /// Say that it answers the question of its thread.
    Answer,
    /// Say something else in it.
    Edit,
    /// Pin it in its thread.
    Pin,
    /// Report it to those who animate its group.
    Report,
    /// Go on in a new thread from here.
    Split,
    /// Take away what its links show.
    Unpreview,
    /// Remove it.
    Remove,
}

impl ActionsPage {
    fn message(&self) -> &Message {
        &self.menu.message
    }

    fn view(&self) -> MessageView<'_> {
        MessageView { text: self.shell.text, message: self.message() }
    }

    fn day(&self) -> String {
        date::heading(self.shell.text, self.message().created_at)
    }

    /// Until what time the reader may undo its removal, in words.
    fn restorable_until(&self) -> Option<String> {
        self.menu.restorable_until.map(|until| date::hour(self.shell.text, until, date::NETWORK_ZONE))
    }

    fn place(&self) -> String {
        let message = self.message();
        paths::message_at(message.thread, message.position, message.id)
    }

    fn may(&self, deed: Deed) -> bool {
        self.menu.may(deed)
    }
}

impl askama::filters::HtmlSafe for MessageMenu {}

impl MessageMenu {
    fn may(&self, deed: Deed) -> bool {
        self.deeds.contains(&deed)
    }

    fn given(&self, name: ReactionName) -> bool {
        self.message.reactions.iter().any(|reaction| reaction.name == name && reaction.users.contains(&self.reader))
    }
}

/// The form that asks people to choose.
#[derive(Debug, Template)]
#[template(path = "messages/poll_form.html")]
pub struct PollFormPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// The thread in which it is asked.
    pub thread: ThreadId,
    /// The id that the message will have.
    pub message_id: Uuid,
    /// What is asked, as typed.
    pub body: String,
    /// What there is to choose, a line each, as typed.
    pub options: String,
    /// Whether one may choose several.
    pub multiple: bool,
    /// Until when, as typed.
    pub closes_at: String,
}

/// What a message said, and before.
#[derive(Debug, Template)]
#[template(path = "messages/history.html")]
pub struct HistoryPage {
    /// The shell.
    pub shell: Shell,
    /// The message.
    pub message: Message,
    /// What it said before, the last first.
    pub former: Vec<FormerBody>,
}

impl HistoryPage {
    fn view(&self) -> MessageView<'_> {
        MessageView { text: self.shell.text, message: &self.message }
    }

    fn day(&self) -> String {
        date::heading(self.shell.text, self.message.created_at)
    }

    fn place(&self) -> String {
        paths::message_at(self.message.thread, self.message.position, self.message.id)
    }

    fn until(&self, former: &FormerBody) -> String {
        self.shell.text.name("message-said-until", &date::exact(self.shell.text, former.until_at))
    }
}

/// The messages that one keeps.
#[derive(Debug, Template)]
#[template(path = "messages/favourites.html")]
pub struct FavouritesPage {
    /// The shell.
    pub shell: Shell,
    /// The messages, the last kept first.
    pub messages: Vec<Message>,
}

impl FavouritesPage {
    fn view<'a>(&self, message: &'a Message) -> MessageView<'a> {
        MessageView { text: self.shell.text, message }
    }

    fn day(&self, message: &Message) -> String {
        date::heading(self.shell.text, message.created_at)
    }
}

#[cfg(test)]
mod tests {
    use super::extract;

    #[test]
    fn an_extract_says_what_a_body_says_without_its_marks() {
        assert_eq!(extract("> **Voir** [la grille](/documents/1) et\n`x`"), "Voir la grille et x");
        assert_eq!(extract("[un](/a) puis [deux](/b"), "un puis deux");
        assert_eq!(extract("a [b] (c)"), "a [b] (c)");
        assert_eq!(extract("- [ ] un\n- [x] deux"), "un deux");
        assert_eq!(extract(&"é".repeat(400)).chars().count(), 140);
        let long = extract(&"Nous avons, enfin, terminé\u{202f}! ".repeat(10));
        assert!(long.ends_with("terminé\u{202f}! Nous avons, enfin…"), "{long}");
        assert!(long.chars().count() <= 140);
    }
}
