//! Texts: what people read, in their language, from the rooms' `.ftl` files.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::langid;
use words::Locale;

macro_rules! rooms {
    ($locale:literal: $($room:literal)*) => {
        &[$(include_str!(concat!("../", $room, "/", $locale, ".ftl"))),*]
    };
}

/// The texts of each room, in the reading order of the house.
const FRENCH: &[&str] = rooms!["fr": "page" "people" "territories" "groups" "channels" "threads" "messages" "notifications" "conversations" "push" "publish" "reports" "documents" "meetings" "search" "today"];
const ENGLISH: &[&str] = rooms!["en": "page" "people" "territories" "groups" "channels" "threads" "messages" "notifications" "conversations" "push" "publish" "reports" "documents" "meetings" "search" "today"];

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle(langid!("fr-FR"), FRENCH), bundle(langid!("en-GB"), ENGLISH)]);

/// The texts of one language. Cheap to copy: views hold one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text(Locale);

impl Text {
    /// The texts of a language.
    pub fn of(locale: Locale) -> Self {
        Self(locale)
    }

    /// The language.
    pub fn locale(self) -> Locale {
        self.0
    }

    /// A text without arguments.
    pub fn get(self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text of a value of a closed list: its key is the list's name and the value's word.
    pub fn word(self, list: &str, value: impl std::fmt::Display) -> String {
        self.get(&format!("{list}-{value}"))
    }

    /// A text about a number, which it calls `$count` and which chooses its plural.
    pub fn count<N: TryInto<i64> + Copy>(self, key: &str, count: N) -> String {
        self.with(key, &[("count", count.try_into().unwrap_or(i64::MAX).into())])
    }

    /// A text about something with a name, which it calls `$name`.
    pub fn name(self, key: &str, name: &str) -> String {
        self.with(key, &[("name", name.into())])
    }

    /// A text with arguments.
    pub fn with(self, key: &str, arguments: &[(&str, FluentValue<'_>)]) -> String {
        let arguments: FluentArgs<'_> = arguments.iter().map(|(name, value)| (*name, value.clone())).collect();
        self.format(key, Some(&arguments))
    }

    /// A missing key shows itself: a test reads every template and finds it first.
    fn format(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let bundle = match self.0 {
            Locale::Fr => &BUNDLES[0],
            Locale::En => &BUNDLES[1],
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
    }
}

fn bundle(language: unic_langid::LanguageIdentifier, rooms: &[&str]) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // The marks would end in addresses, mails and tests; names here are of left-to-right scripts.
    bundle.set_use_isolating(false);
    for room in rooms {
        // A fault is a fault of our own files: the tests below parse them all.
        let resource = FluentResource::try_new((*room).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// A text of so many characters at most; one that is cut says so.
pub fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
