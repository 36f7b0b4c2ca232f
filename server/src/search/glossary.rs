//! The glossary, as people edit it: each acronym with what it stands for. The next search reads it as it is then.

use chrono::TimeDelta;
use sqlx::PgConnection;
use web::search::Acronym;
use words::AcronymId;

use super::{access::MayEditGlossary, store::glossary as store};
use crate::{
    characters::holds_hidden,
    db::Tx,
    error::{Error, Result},
};

/// How many characters an acronym has.
const ACRONYM: std::ops::RangeInclusive<usize> = 2..=12;
/// How many characters there are in what it stands for.
const EXPANSION: std::ops::RangeInclusive<usize> = 3..=200;
/// How many there may be: each search reads them all.
const MOST: i64 = 1_000;
/// For how long what was removed can be brought back.
const KEPT: TimeDelta = TimeDelta::days(1);

/// An acronym with one thing that it stands for, checked.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    acronym: String,
    expansion: String,
}

impl Entry {
    /// Checks what was typed; blanks around and between words are made one.
    pub(super) fn checked(acronym: &str, expansion: &str) -> Result<Self> {
        let acronym = acronym.trim();
        let expansion = expansion.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut faults = Vec::new();
        let mut fault = |field: &'static str, code| faults.push(crate::error::FieldError { field: field.into(), code });
        if acronym.is_empty() {
            fault("acronym", "required");
        } else if !is_acronym(acronym) {
            fault("acronym", "no_acronym");
        }
        match expansion.chars().count() {
            0 => fault("expansion", "required"),
            length if length > *EXPANSION.end() => fault("expansion", "too_long"),
            length if length < *EXPANSION.start() || holds_hidden(&expansion) => {
                fault("expansion", "malformed");
            }
            _ => {}
        }
        if faults.is_empty() {
            Ok(Self { acronym: acronym.to_owned(), expansion })
        } else {
            Err(Error::Invalid(faults))
        }
    }
}

/// Letters and digits, with `+` and `-` after the first.
fn is_acronym(text: &str) -> bool {
    let within = |c: char| c.is_alphanumeric() || c == '+' || c == '-';
    ACRONYM.contains(&text.chars().count()) && text.starts_with(char::is_alphanumeric) && text.chars().all(within)
}

/// The whole glossary, by acronym.
pub(super) async fn glossary(connection: &mut PgConnection) -> Result<Vec<Acronym>> {
    store::list(connection).await
}

/// One acronym of it.
pub(super) async fn acronym(connection: &mut PgConnection, id: AcronymId) -> Result<Acronym> {
    store::find(connection, id).await?.ok_or(Error::NotFound)
}

/// One that was removed, and can be brought back.
pub(super) async fn removed(connection: &mut PgConnection, id: AcronymId) -> Result<Option<Acronym>> {
    store::removed(connection, id).await
}

/// Adds an acronym, or something else that one stands for.
pub(super) async fn add(tx: &mut Tx, _: &MayEditGlossary, entry: &Entry) -> Result<()> {
    if store::count(tx.connection()).await? >= MOST {
        return Err(Error::field("acronym", "too_many_acronyms"));
    }
    let id = tx.fresh();
    match store::insert(tx.connection(), id, &entry.acronym, &entry.expansion).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::field("expansion", "known_acronym")),
        Err(error) => Err(told(error)),
    }
}

/// Puts an acronym otherwise.
pub(super) async fn change(tx: &mut Tx, _: &MayEditGlossary, id: AcronymId, entry: &Entry) -> Result<()> {
    // What was removed stands in nobody's way.
    store::forget(tx.connection(), &entry.acronym, &entry.expansion).await?;
    match store::set(tx.connection(), id, &entry.acronym, &entry.expansion).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::NotFound),
        Err(error) => Err(told(error)),
    }
}

/// Removes an acronym; it can be brought back for a day.
pub(super) async fn remove(tx: &mut Tx, _: &MayEditGlossary, id: AcronymId) -> Result<()> {
    let now = tx.now();
    store::sweep(tx.connection(), now - KEPT).await?;
    if store::remove(tx.connection(), id, now).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// Brings a removed acronym back.
pub(super) async fn restore(tx: &mut Tx, _: &MayEditGlossary, id: AcronymId) -> Result<()> {
    if store::restore(tx.connection(), id).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// The database knows what is there already, and which letters are some.
fn told(error: Error) -> Error {
    match error.constraint() {
        Some("glossary_pkey") => Error::field("expansion", "known_acronym"),
        Some("glossary_acronym_check") => Error::field("acronym", "no_acronym"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;

    #[test]
    fn an_acronym_is_a_few_letters_and_digits() {
        for acronym in ["QPV", " REP+ ", "UL2A", "Éa", "A-B"] {
            assert!(Entry::checked(acronym, "quartier prioritaire").is_ok(), "{acronym}");
        }
        for acronym in ["", "A", "+A", "A B", "<b>", "ABCDEFGHIJKLM", "A\u{202e}B"] {
            assert!(Entry::checked(acronym, "quartier prioritaire").is_err(), "{acronym}");
        }
        for expansion in ["", "  ", "ab", "a\u{0}b c", &"x".repeat(201)] {
            assert!(Entry::checked("QPV", expansion).is_err(), "{expansion}");
        }
    }
}
