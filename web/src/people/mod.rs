//! People, as others see them.

use schemars::JsonSchema;
use serde::Serialize;
use words::{Announce, Locale, PersonId, Post, SessionId, Theme};

use crate::{
    Text,
    page::{Faults, Shell},
    territories::TerritoryLabel,
};

/// Who wrote or did something, with the post held at that time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Author {
    /// The person.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// The territory of their post at that time.
    pub territory: Option<TerritoryLabel>,
    /// The post held at that time.
    #[serde(skip)]
    pub post: Option<Post>,
}

impl Author {
    /// At most two letters that stand for the person: first letters of the first and of the last name.
    pub fn initials(&self) -> String {
        initials(&self.name)
    }
}

/// The first name of somebody: the first word of what they are called.
pub fn first_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or_default()
}

/// At most two letters that stand for a name.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// The form that asks for an address, and offers a password.
#[derive(Debug, askama::Template)]
#[template(path = "people/sign_in.html")]
pub struct SignInPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// What was typed.
    pub email: String,
    /// Where it leads.
    pub next: String,
}

/// The form that asks for the six digits of the mail.
#[derive(Debug, askama::Template)]
#[template(path = "people/code.html")]
pub struct CodePage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// Where it leads.
    pub next: String,
}

/// The page of a link, which asks to confirm: a mail filter that follows it changes nothing.
#[derive(Debug, askama::Template)]
#[template(path = "people/confirm.html")]
pub struct ConfirmPage {
    /// The shell.
    pub shell: Shell,
    /// The link's own address, to post to.
    pub action: String,
    /// Whom it signs in; none if the link is used or too old.
    pub name: Option<String>,
}

/// One's preferences and sessions.
#[expect(clippy::struct_excessive_bools, reason = "each is a box of the form or a part of the page")]
#[derive(Debug, askama::Template)]
#[template(path = "people/settings.html")]
pub struct SettingsPage {
    /// The shell.
    pub shell: Shell,
    /// What was refused.
    pub faults: Faults,
    /// One's name, as typed.
    pub name: String,
    /// One's address.
    pub email: String,
    /// One's language.
    pub locale: Locale,
    /// One's theme.
    pub theme: Theme,
    /// Whether one shows that one writes, and sees that others do.
    pub shows_typing: bool,
    /// Whether the Enter key sends what one writes.
    pub enter_sends: bool,
    /// What one's screen reader is told of new messages.
    pub announce: Announce,
    /// Whether one administers the platform.
    pub admin: bool,
    /// One's sessions.
    pub sessions: Vec<SessionRow>,
    /// What was just done, if something was.
    pub done: bool,
}

/// A session in a list.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// The browser, as it called itself.
    pub user_agent: String,
    /// When it was last used, in words.
    pub seen: String,
    /// Whether it is the one that reads this.
    pub current: bool,
}

/// The mail of a sign-in.
#[derive(Debug, askama::Template)]
#[template(path = "people/sign_in_mail.txt", escape = "none")]
pub struct SignInMailText<'a> {
    /// The reader's texts.
    pub text: Text,
    /// The network's name.
    pub network: &'a str,
    /// The whole address of the link.
    pub link: &'a str,
    /// The six digits; empty in an invitation.
    pub code: &'a str,
}

/// The same mail as HTML.
#[derive(Debug, askama::Template)]
#[template(path = "people/sign_in_mail.html")]
pub struct SignInMail<'a> {
    /// The reader's texts.
    pub text: Text,
    /// The network's name.
    pub network: &'a str,
    /// The whole address of the link.
    pub link: &'a str,
    /// The six digits; empty in an invitation.
    pub code: &'a str,
}

/// A mail of the mailbox.
#[derive(Clone, Debug)]
pub struct MailRow {
    /// To whom.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text, in lines, with its links made visible.
    pub body: String,
    /// The first link of our own that it holds.
    pub link: Option<String>,
}

/// What would have been mailed: of a demonstration, or of a developer's machine.
#[derive(Debug, askama::Template)]
#[template(path = "people/mailbox.html")]
pub struct MailboxPage {
    /// The shell.
    pub shell: Shell,
    /// The last mails first.
    pub mails: Vec<MailRow>,
}
