//! Who and what a message names: `@Sophie Bailleul`, `@Arras`, `@Évaluation`.
//!
//! They are found when it is posted, among the members and the channels of its group and the territories, by their names
//! as they are written; what is named is kept beside the message and linked in its text. A name that is nobody's is text.

use sqlx::PgConnection;
use uuid::Uuid;
use web::paths;
use words::{ChannelId, GroupId, MentionKind, PersonId};

use super::{Draft, store};
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
pub(super) struct Named {
    /// What it is.
    pub(super) kind: MentionKind,
    /// Its id.
    pub(super) subject: Uuid,
    /// What it is called.
    pub(super) name: String,
    /// The short word of a territory.
    pub(super) code: Option<String>,
}

/// A part of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part<'t> {
    /// As it is.
    Text(&'t str),
    /// A name after its `@`, and where it leads.
    Name(&'t str, String),
}

/// Finds who and what a draft names in its group, and makes links of them.
pub async fn address(connection: &mut PgConnection, group: GroupId, draft: Draft) -> Result<Draft> {
    let said = candidates(draft.body());
    if said.is_empty() {
        return Ok(draft);
    }
    let named = store::named(connection, group, &said).await?;
    if named.is_empty() {
        return Ok(draft);
    }
    let draft = draft.naming(&named);
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

/// A text in parts: what is named by the longest name that fits, and the rest; and all that is named there.
pub(super) fn parts<'t>(text: &'t str, named: &[Named]) -> (Vec<Part<'t>>, Vec<Mention>) {
    let (mut parts, mut mentions, mut done) = (Vec::new(), Vec::new(), 0);
    for at in starts(text).collect::<Vec<_>>() {
        if at <= done && done > 0 {
            continue;
        }
        let fits = named.iter().filter_map(|named| Some((length(&text[at..], named)?, named)));
        let Some(length) = fits.clone().map(|(length, _)| length).max() else { continue };
        let meant: Vec<_> = fits.filter(|(fit, _)| *fit == length).map(|(_, named)| named).collect();
        mentions.extend(meant.iter().map(|named| Mention { kind: named.kind, subject: named.subject }));
        let Some(first) = meant.iter().min_by_key(|named| named.kind) else { continue };
        parts.push(Part::Text(&text[done..at - 1]));
        parts.push(Part::Name(&text[at..at + length], first.path()));
        done = at + length;
    }
    parts.push(Part::Text(&text[done..]));
    parts.retain(|part| *part != Part::Text(""));
    mentions.sort_unstable();
    mentions.dedup();
    (parts, mentions)
}

/// How many bytes of a text are this name, or its short word.
fn length(text: &str, named: &Named) -> Option<usize> {
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

impl Named {
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

    use super::{Named, Part, candidates, parts};

    fn named() -> Vec<Named> {
        let one = |number, kind, name: &str, code: Option<&str>| Named {
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
        let (parts, _) = parts(text, &named()).clone();
        parts.into_iter().filter_map(|part| if let Part::Name(name, _) = part { Some(name) } else { None }).collect()
    }

    #[test]
    fn a_name_is_found_whatever_its_capitals_and_the_longest_counts() {
        assert_eq!(names("Merci @sophie bailleul !"), ["sophie bailleul"]);
        assert_eq!(
            names("@Sophie Bailleul-Martin, et @ARR (@Arras) dans @évaluation."),
            ["Sophie Bailleul-Martin", "ARR", "Arras", "évaluation"]
        );
        assert_eq!(names("@Sophie Bailleul@Arras"), ["Sophie Bailleul"], "an `@` within a word begins nothing");
    }

    #[test]
    fn what_is_no_name_is_text() {
        for text in ["sophie@arras.example", "@Sophie", "@Arrasien", "@ Arras", "@@Arras", "@", "@\u{202e}Arras", ""] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn nothing_of_a_text_is_lost_between_its_names() {
        let text = "é@Arras @Arras\n@ARR@";
        let (parts, mentions) = parts(text, &named());
        let whole: String = parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => (*text).to_owned(),
                Part::Name(name, _) => format!("@{name}"),
            })
            .collect();
        assert_eq!((whole.as_str(), mentions.len()), (text, 1));
    }

    #[test]
    fn ten_thousand_of_them_are_looked_for_in_bounds() {
        let many = (0..10_000).map(|number| format!("@n{number}")).collect::<Vec<_>>().join(" ");
        assert_eq!(candidates(&many).len(), 500);
        let same = "@Arras ".repeat(10_000);
        assert_eq!(parts(&same, &named()).1.len(), 1);
    }
}
