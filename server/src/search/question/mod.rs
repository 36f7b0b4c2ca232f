//! What somebody typed, read: words, phrases, beginnings and exclusions, and filters in French or English.
//!
//! Nothing typed is an error. What is not understood is a [`Remark`], told beside its field, and the rest is looked for.

use chrono::{Datelike, Days, Months, NaiveDate};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use words::{Has, Sought};

/// How much of a question is read, in characters.
const LONGEST: usize = 400;
/// How many words are looked for at once.
const MOST_TERMS: usize = 12;
/// The fewest letters that a beginning is looked for by.
const SHORTEST_BEGINNING: usize = 3;
/// Words that the index does not know as empty, since it folds accents first: `à` is in every other sentence.
const EMPTY: [&str; 7] = ["a", "ou", "meme", "etes", "etant", "etait", "etaient"];
/// The months, as both languages begin them.
const MONTHS: [&[&str]; 12] = [
    &["janvier", "january", "janv", "jan"],
    &["fevrier", "february", "fevr", "feb"],
    &["mars", "march", "mar"],
    &["avril", "april", "avr", "apr"],
    &["mai", "may"],
    &["juin", "june", "jun"],
    &["juillet", "july", "juil", "jul"],
    &["aout", "august", "aug"],
    &["septembre", "september", "sept", "sep"],
    &["octobre", "october", "oct"],
    &["novembre", "november", "nov"],
    &["decembre", "december", "dec"],
];

/// A question, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The words of it, each of which must be there, or must not.
    pub terms: Vec<Term>,
    /// What narrows it.
    pub filters: Filters,
    /// What was not understood.
    pub remarks: Vec<Remark>,
}

/// A word or a phrase of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As typed, without the signs around it.
    pub text: String,
    /// What is to be found of it.
    pub sort: Sort,
    /// Whether it must be absent.
    pub excluded: bool,
}

/// What is to be found of a term.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// The word, in any of its forms.
    Word,
    /// These words in this order.
    Phrase,
    /// Any word that begins so.
    Beginning,
}

/// What narrows a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Who wrote it: some of their name.
    pub author: Option<String>,
    /// Where: some of the name of a group, a channel or a thread.
    pub place: Option<String>,
    /// What comes with it.
    pub has: Option<Has>,
    /// Later than this day.
    pub after: Option<NaiveDate>,
    /// Earlier than this day.
    pub before: Option<NaiveDate>,
    /// Whose post was in this territory: its code, or some of its name.
    pub territory: Option<String>,
    /// Things of this kind alone.
    pub kind: Option<Sought>,
}

/// A field of the form, each of which has a filter that says the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// The words.
    Words,
    /// `de:`
    Author,
    /// `dans:`
    Place,
    /// `avec:`
    Has,
    /// `apres:`
    After,
    /// `avant:`
    Before,
    /// `territoire:`
    Territory,
    /// `type:`
    Kind,
}

/// What was not understood of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where it belongs.
    pub field: Field,
    /// The key of the sentence that says so.
    pub key: &'static str,
    /// What was typed.
    pub typed: String,
}

impl Field {
    /// Every filter.
    pub const FILTERS: [Self; 7] =
        [Self::Author, Self::Place, Self::Has, Self::After, Self::Before, Self::Territory, Self::Kind];

    /// Its name in the form and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "q",
            Self::Author => "author",
            Self::Place => "place",
            Self::Has => "has",
            Self::After => "after",
            Self::Before => "before",
            Self::Territory => "territory",
            Self::Kind => "kind",
        }
    }

    fn typed_as(self) -> &'static [&'static str] {
        match self {
            Self::Words => &[],
            Self::Author => &["de", "from"],
            Self::Place => &["dans", "in"],
            Self::Has => &["avec", "has"],
            Self::After => &["apres", "after"],
            Self::Before => &["avant", "before"],
            Self::Territory => &["territoire", "territory"],
            Self::Kind => &["type"],
        }
    }

    fn typed(key: &str) -> Option<Self> {
        Self::FILTERS.into_iter().find(|field| field.typed_as().contains(&key))
    }
}

impl Question {
    /// Reads what was typed.
    pub fn read(typed: &str) -> Self {
        let shown: String = typed.chars().filter(|c| !is_unseen(*c)).collect();
        let mut question = Self::default();
        let read: String = shown.chars().take(LONGEST).collect();
        let mut pieces = pieces(&read).into_iter().peekable();
        while let Some(mut piece) = pieces.next() {
            let Some(key) = piece.key.take() else {
                question.look_for(&piece);
                continue;
            };
            let Some(field) = Field::typed(&folded(&key)) else {
                question.remark(Field::Words, "search-unknown-filter", &key);
                piece.text = format!("{key} {}", piece.text);
                question.look_for(&piece);
                continue;
            };
            // `de: camille`, and `avant:octobre 2026`.
            if piece.text.is_empty()
                && let Some(next) = pieces.next_if(|next| next.key.is_none())
            {
                piece.text = next.text;
            }
            if month(&piece.text).is_some()
                && let Some(year) = pieces.next_if(|next| next.key.is_none() && is_year(&next.text))
            {
                piece.text = format!("{} {}", piece.text, year.text);
            }
            question.narrow(field, &piece.text);
        }
        if shown.chars().count() > LONGEST || question.terms.len() > MOST_TERMS {
            question.terms.truncate(MOST_TERMS);
            question.remark(Field::Words, "search-too-long", "");
        }
        question
    }

    /// Narrows the question by what a field or a filter says; nothing said narrows nothing.
    pub fn narrow(&mut self, field: Field, typed: &str) {
        let typed: String = typed.chars().filter(|c| !is_unseen(*c)).take(LONGEST).collect();
        let typed = typed.trim();
        if typed.is_empty() {
            return;
        }
        let (filters, text, read) = (&mut self.filters, Some(typed.to_owned()), folded(typed));
        let unknown = match field {
            Field::Words => None,
            Field::Author => set(&mut filters.author, text, ""),
            Field::Place => set(&mut filters.place, text, ""),
            Field::Territory => set(&mut filters.territory, text, ""),
            Field::Has => set(&mut filters.has, has(&read), "search-unknown-has"),
            Field::Kind => set(&mut filters.kind, kind(&read), "search-unknown-kind"),
            Field::After => set(&mut filters.after, span(&read).map(|(_, last)| last), "search-unknown-date"),
            Field::Before => set(&mut filters.before, span(&read).map(|(first, _)| first), "search-unknown-date"),
        };
        if let Some(key) = unknown {
            self.remark(field, key, typed);
        }
        // `apres:` is later than its day, and `avant:` earlier: between two days that touch there is none.
        if let (Some(after), Some(before)) = (self.filters.after, self.filters.before)
            && after.succ_opt().is_none_or(|next| next >= before)
        {
            (self.filters.after, self.filters.before) = (None, None);
            self.remark(field, "search-no-time", typed);
        }
    }

    /// Whether anything is asked at all.
    pub fn asks_nothing(&self) -> bool {
        self.filters == Filters::default() && self.terms.iter().all(|term| term.excluded)
    }

    /// The words, as they would be typed.
    pub fn words(&self) -> String {
        self.terms.iter().map(Term::typed).collect::<Vec<_>>().join(" ")
    }

    /// Says of a field what was not understood of it.
    pub fn remark(&mut self, field: Field, key: &'static str, typed: &str) {
        let remark = Remark { field, key, typed: typed.to_owned() };
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    fn look_for(&mut self, piece: &Piece) {
        let (text, sort) = match piece.text.trim().strip_suffix('*') {
            Some(text) if !piece.quoted && text.chars().count() >= SHORTEST_BEGINNING => (text, Sort::Beginning),
            _ => (piece.text.as_str(), if piece.quoted { Sort::Phrase } else { Sort::Word }),
        };
        let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '+').to_owned();
        let says_something = text.chars().any(char::is_alphanumeric);
        if says_something && (sort != Sort::Word || !EMPTY.contains(&folded(&text).as_str())) {
            self.terms.push(Term { text, sort, excluded: piece.excluded });
        }
    }
}

impl Term {
    fn typed(&self) -> String {
        let sign = if self.excluded { "-" } else { "" };
        match self.sort {
            Sort::Word => format!("{sign}{}", self.text),
            Sort::Phrase => format!("{sign}\"{}\"", self.text),
            Sort::Beginning => format!("{sign}{}*", self.text),
        }
    }
}

/// What stands between two blanks, or between quotes.
#[derive(Debug)]
struct Piece {
    key: Option<String>,
    text: String,
    quoted: bool,
    excluded: bool,
}

fn pieces(typed: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let mut piece = Piece { key: None, text: String::new(), quoted: false, excluded: false };
        if let Some(after) = rest.strip_prefix('-').filter(|after| !after.starts_with(char::is_whitespace)) {
            (piece.excluded, rest) = (true, after);
        }
        if let Some((key, after)) = key_of(rest) {
            (piece.key, rest) = (Some(key.to_owned()), after);
        }
        if let Some((text, after)) = quoted(rest) {
            (piece.text, piece.quoted, rest) = (text.trim().to_owned(), true, after);
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            (piece.text, rest) = (text.to_owned(), after);
        }
        rest = rest.trim_start();
        pieces.push(piece);
    }
    pieces
}

/// Letters before a colon: `de:`. Not `http:` of an address.
fn key_of(text: &str) -> Option<(&str, &str)> {
    let (key, after) = text.split_once(':')?;
    let is_key = (2..=12).contains(&key.chars().count()) && key.chars().all(char::is_alphabetic);
    (is_key && !after.starts_with("//")).then_some((key, after))
}

/// What the text begins with in quotes, if they are closed again.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let opening = text.chars().next()?;
    let closing = match opening {
        '"' => '"',
        '“' => '”',
        '«' => '»',
        _ => return None,
    };
    text[opening.len_utf8()..].split_once(closing)
}

/// Signs that say nothing, or turn what stands beside them around.
fn is_unseen(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// In small letters, without accents and ligatures, as the index has them: what keys, months, kinds and words are
/// compared by.
pub(super) fn folded(text: &str) -> String {
    let letters = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    let folded = letters.fold(String::with_capacity(text.len()), |mut text, c| {
        match c {
            'œ' => text.push_str("oe"),
            'æ' => text.push_str("ae"),
            'ß' => text.push_str("ss"),
            'ø' => text.push('o'),
            'ł' => text.push('l'),
            'đ' => text.push('d'),
            '’' => text.push('\''),
            c => text.push(c),
        }
        text
    });
    folded.nfc().collect()
}

/// Takes over what a filter says; what was not understood leaves it as it was, and answers why.
fn set<T>(filter: &mut Option<T>, said: Option<T>, unknown: &'static str) -> Option<&'static str> {
    if said.is_none() {
        return Some(unknown);
    }
    *filter = said;
    None
}

fn has(word: &str) -> Option<Has> {
    match word {
        "document" | "documents" | "fichier" | "fichiers" | "piece" | "file" | "files" | "attachment" => {
            Some(Has::Document)
        }
        "lien" | "liens" | "link" | "links" => Some(Has::Link),
        _ => None,
    }
}

fn kind(word: &str) -> Option<Sought> {
    match word {
        "answer" | "answers" | "reponse" | "reponses" | "resolu" => Some(Sought::Answer),
        "document" | "documents" | "ressource" | "ressources" | "resource" => Some(Sought::Document),
        "minutes" | "compte rendu" | "comptes rendus" | "compte-rendu" | "comptes-rendus" | "cr" => {
            Some(Sought::Minutes)
        }
        "meeting" | "meetings" | "rencontre" | "rencontres" | "reunion" | "reunions" => Some(Sought::Meeting),
        "message" | "messages" => Some(Sought::Message),
        "thread" | "threads" | "discussion" | "discussions" => Some(Sought::Thread),
        "person" | "people" | "personne" | "personnes" => Some(Sought::Person),
        "territory" | "territories" | "territoire" | "territoires" => Some(Sought::Territory),
        _ => None,
    }
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn month(word: &str) -> Option<u32> {
    let word = folded(word);
    let place = MONTHS.iter().position(|names| names.contains(&word.trim_end_matches('.')))?;
    u32::try_from(place + 1).ok()
}

/// The first and the last day that a date speaks of: a day, a month or a year.
fn span(typed: &str) -> Option<(NaiveDate, NaiveDate)> {
    if let Some(day) = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(typed, form).ok())
        .or_else(|| day_in_words(typed))
    {
        return (1900..2200).contains(&day.year()).then_some((day, day));
    }
    let (months, first) = if let Ok(year) = typed.parse() {
        (12, NaiveDate::from_ymd_opt(year, 1, 1)?)
    } else {
        let (year, number) = match typed.split_once(' ') {
            Some((name, year)) => (year.trim(), month(name)?),
            None => match typed.split_once('-') {
                Some((year, number)) => (year, number.parse().ok()?),
                None => typed.split_once('/').and_then(|(number, year)| Some((year, number.parse().ok()?)))?,
            },
        };
        (1, NaiveDate::from_ymd_opt(year.parse().ok()?, number, 1)?)
    };
    let last = first.checked_add_months(Months::new(months))?.checked_sub_days(Days::new(1))?;
    (1900..2200).contains(&first.year()).then_some((first, last))
}

/// `2 octobre 2026`, `1er mai 2026`.
fn day_in_words(typed: &str) -> Option<NaiveDate> {
    let mut words = typed.split_whitespace();
    let (day, name, year) = (words.next()?, words.next()?, words.next()?);
    let day = day.trim_end_matches("er").parse().ok()?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month(name)?, day)
}

#[cfg(test)]
mod tests;
