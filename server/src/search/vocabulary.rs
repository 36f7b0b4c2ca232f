//! The words that each group writes, gathered now and then, and what they make of a mistyped question.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::TimeDelta;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use words::PersonId;

use super::{
    question::{Sort, Term},
    store::vocabulary as store,
};
use crate::{
    db::Db,
    error::{Error, Result},
};

/// How often words are gathered. A round takes a few messages, so that nobody waits for it: a network that writes faster
/// than that has its words soon anyway.
const PAUSE: Duration = Duration::from_secs(10);
/// How many messages one round reads.
const ROUND: i64 = 200;
/// How old a message must be: one that was dated before another may be committed after it.
const SETTLED: TimeDelta = TimeDelta::minutes(1);
/// After how many rounds the common words are taken over again: an hour.
const COMMON: u32 = 360;

/// Gathers words until told to stop.
pub async fn work(db: Db, stop: CancellationToken) {
    for round in 0_u32.. {
        let worked = async {
            if round.is_multiple_of(COMMON) {
                db.write(|tx| Box::pin(async move { store::renew_common(tx.connection()).await })).await?;
            }
            gather(&db).await
        };
        match worked.await {
            Ok(_) | Err(Error::Unavailable) => {}
            Err(error) => tracing::error!(%error, "the words of messages could not be gathered"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Gathers the words of the next messages, and answers how many messages these were.
pub async fn gather(db: &Db) -> Result<usize> {
    db.write(|tx| {
        Box::pin(async move {
            let before = tx.now() - SETTLED;
            let Some(said) = store::said(tx.connection(), before, ROUND).await? else { return Ok(0) };
            let mut seen: HashMap<String, i32> = HashMap::new();
            for body in &said.bodies {
                for word in words_of(body) {
                    *seen.entry(word).or_default() += 1;
                }
            }
            let (words, counts): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
            store::add(tx.connection(), said.group, &words, &counts).await?;
            store::set_progress(tx.connection(), said.group, said.until).await?;
            Ok(said.bodies.len())
        })
    })
    .await
}

/// The words of a text that are worth to be known, each once: of four letters or more, and of letters alone.
fn words_of(body: &str) -> HashSet<String> {
    body.split(|c: char| !c.is_alphanumeric())
        .filter(|word| (4..=30).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic))
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() <= 30)
        .collect()
}

/// The terms with each word that nobody wrote put right; none if nothing looks mistyped.
pub(super) async fn put_right(
    connection: &mut PgConnection,
    person: PersonId,
    terms: &[Term],
) -> Result<Option<Vec<Term>>> {
    let is_word = |term: &&Term| {
        !term.excluded && term.sort == Sort::Word && words_of(&term.text).contains(&term.text.to_lowercase())
    };
    let typed: Vec<_> = terms.iter().filter(is_word).map(|term| term.text.to_lowercase()).collect();
    if typed.is_empty() {
        return Ok(None);
    }
    let meant: HashMap<_, _> = store::nearest(connection, person, &typed).await?.into_iter().collect();
    let right = |term: &Term| match meant.get(&term.text.to_lowercase()) {
        Some(word) if !term.excluded && term.sort == Sort::Word => Term { text: word.clone(), ..term.clone() },
        _ => term.clone(),
    };
    Ok((!meant.is_empty()).then(|| terms.iter().map(right).collect()))
}
