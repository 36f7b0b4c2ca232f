//! Who and what a message names: `@Sophie Bailleul`, `@Arras`, `@Évaluation`.
//!
//! They are found when it is posted, among the members and the channels of its group and the territories, by their names
//! as they are written; what is named is kept beside the message and linked in its text. A name that is nobody's is text.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use uuid::Uuid;
use web::paths;
use words::{ChannelId, GroupId, MentionKind, PersonId};

use super::{Draft, markdown::Link, store};
use crate::error::{Error, Result};

/// The most that one message names: who wants to reach more names a territory or a channel.
const MOST_NAMED: usize = 50;
/// The longest name that is looked for, in characters.
const LONGEST_NAME: usize = 120;

/// Something that a message names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Mention {
    /// What it is.
    pub kind: MentionKind,
    /// Its id.
    pub subject: Uuid,
}

/// Something that may be named, by its name.
#[derive(Clone, Debug)]
pub(super) struct Nameable {
    /// What it is.
    pub(super) kind: MentionKind,
    /// Its id.
    pub(super) subject: Uuid,
    /// What it is called.
    pub(super) name: String,
    /// The short word of a territory.
    pub(super) code: Option<String>,
}

/// Finds who and what a draft names in its group, and makes links of them.
pub async fn address(connection: &mut PgConnection, group: GroupId, draft: Draft) -> Result<Draft> {
    let said = candidates(draft.body());
    if said.is_empty() {
        return Ok(draft);
    }
    let nameable = store::nameable(connection, group, &said).await?;
    if nameable.is_empty() {
        return Ok(draft);
    }
    let draft = draft.naming(&nameable);
    if draft.mentions().len() > MOST_NAMED { Err(Error::field("body", "too_many_mentions")) } else { Ok(draft) }
}

/// What stands after each `@` that may begin a name, in small letters.
fn candidates(body: &str) -> Vec<String> {
    let mut found: Vec<String> = starts(body).map(|at| lowered(&body[at..]).take(LONGEST_NAME).collect()).collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(10 * MOST_NAMED);
    found
}

fn lowered(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().take_while(|c| *c != '\n').flat_map(char::to_lowercase)
}

/// The places after each `@` that is not within a word, as in an address.
fn starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.match_indices('@').filter_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + 1..].chars().next();
        let begins = before.is_none_or(|before| !before.is_alphanumeric() && before != '@');
        (begins && after.is_some_and(char::is_alphanumeric)).then_some(at + 1)
    })
}

/// What is named in a text, by the longest name that fits: where it stands with its `@`, and all that is meant.
pub(super) fn find(text: &str, nameable: &[Nameable]) -> (Vec<Link>, BTreeSet<Mention>) {
    let (mut links, mut mentions, mut done) = (Vec::new(), BTreeSet::new(), 0);
    for at in starts(text) {
        if at <= done {
            continue;
        }
        let fits = nameable.iter().filter_map(|one| Some((length(&text[at..], one)?, one)));
        let Some(length) = fits.clone().map(|(length, _)| length).max() else { continue };
        let meant: Vec<_> = fits.filter(|(fit, _)| *fit == length).map(|(_, one)| one).collect();
        mentions.extend(meant.iter().map(|one| Mention { kind: one.kind, subject: one.subject }));
        let Some(first) = meant.iter().min_by_key(|one| one.kind) else { continue };
        done = at + length;
        links.push(Link { at: at - 1..done, address: first.path() });
    }
    (links, mentions)
}

/// How many bytes of a text are this name, or its short word.
fn length(text: &str, named: &Nameable) -> Option<usize> {
    [Some(&named.name), named.code.as_ref()].into_iter().flatten().filter_map(|name| begins_with(text, name)).max()
}

/// How many bytes of a text are a name, whatever its capitals; a longer word that begins alike is another.
fn begins_with(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.char_indices();
    for letter in name.chars() {
        let (_, written) = rest.next()?;
        if !written.to_lowercase().eq(letter.to_lowercase()) {
            return None;
        }
    }
    let next = rest.next();
    let ends = next.is_none_or(|(_, next)| !next.is_alphanumeric());
    ends.then(|| next.map_or(text.len(), |(at, _)| at)).filter(|length| *length > 0)
}

impl Nameable {
    fn path(&self) -> String {
        match self.kind {
            MentionKind::Person => paths::person(PersonId(self.subject)),
            MentionKind::Channel => paths::channel(ChannelId(self.subject)),
            MentionKind::Territory => paths::territory(self.code.as_deref().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use words::MentionKind;

    use super::{Nameable, candidates, find};

    fn nameable() -> Vec<Nameable> {
        let one = |number, kind, name: &str, code: Option<&str>| Nameable {
            kind,
            subject: Uuid::from_u128(number),
            name: name.to_owned(),
            code: code.map(str::to_owned),
        };
        vec![
            one(1, MentionKind::Person, "Sophie Bailleul", None),
            one(2, MentionKind::Person, "Sophie Bailleul-Martin", None),
            one(3, MentionKind::Territory, "Arras", Some("ARR")),
            one(4, MentionKind::Channel, "Évaluation", None),
        ]
    }

    fn names(text: &str) -> Vec<&str> {
        let (links, _) = find(text, &nameable());
        links.into_iter().map(|link| &text[link.at]).collect()
    }

    #[test]
    fn a_name_is_found_whatever_its_capitals_and_the_longest_counts() {
        assert_eq!(names("Merci @sophie bailleul !"), ["@sophie bailleul"]);
        assert_eq!(
            names("@Sophie Bailleul-Martin, et @ARR (@Arras) dans @évaluation."),
            ["@Sophie Bailleul-Martin", "@ARR", "@Arras", "@évaluation"]
        );
        assert_eq!(names("@Sophie Bailleul@Arras"), ["@Sophie Bailleul"], "an `@` within a word begins nothing");
    }

    #[test]
    fn what_is_no_name_is_text() {
        for text in ["sophie@arras.example", "@Sophie", "@Arrasien", "@ Arras", "@@Arras", "@", "@\u{202e}Arras", ""] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn ten_thousand_of_them_are_looked_for_in_bounds() {
        let many = (0..10_000).map(|number| format!("@n{number}")).collect::<Vec<_>>().join(" ");
        assert_eq!(candidates(&many).len(), 500);
        let same = "@Arras ".repeat(10_000);
        assert_eq!(find(&same, &nameable()).1.len(), 1);
    }
}
