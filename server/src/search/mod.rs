//! Search: one box over messages, documents, meetings, people and territories, of what the asker may read.
//!
//! French stemming, accents and ligatures folded: `Mons-en-Barœul` and `mons en baroeul` find the same. The question is
//! written out, never the index: acronyms by the glossary, English words by their forms. A message is found as soon as it
//! is committed, since the index is written with it; how it is found in time is told in [`messages`].
//!
//! Everybody reads the glossary; whoever animates a group, or administers, edits it, and the next search reads it so.
//!
//! Tables: `glossary`, `vocabulary`, `vocabulary_progress`, `common_lexemes`; all else is read from the rooms below.
//!
//! Surprises: rights are a join of each statement, so that a former member finds nothing from the moment they left. A
//! mistyped word is put right by what the asker's own groups wrote, and only if something is found with it; documents whose
//! titles look like it are shown only where no message and no document holds it.

mod access;
mod extract;
mod forms;
mod glossary;
pub mod http;
mod messages;
mod narrow;
mod question;
mod store;
mod vocabulary;

use std::{collections::HashSet, str::FromStr};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use web::search::{Found, Place};
use words::Sought;

pub use question::{Field, Filters, Question, Remark};
pub use vocabulary::{gather, work};

use self::{
    extract::{NOTHING, Wanted},
    narrow::Narrow,
    question::Sort,
    store::{
        Beginning, Key, Query, Said,
        documents::{self, Chosen},
        messages as said, names,
    },
};
use crate::{
    error::{Error, Result},
    http::Viewer,
};

/// How many documents the index is asked for, of words that may be rare.
const RARE: i64 = 500;
/// How many answered questions are shown at most.
const ANSWERS: usize = 5;
/// How many places the switcher offers.
const OFFERED: i64 = 8;
/// The longest name that the switcher looks for, in characters.
const LONGEST_NAME: usize = 80;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The question.
    pub question: Question,
    /// How many of each kind at most.
    pub limit: usize,
    /// Where the list of one kind goes on; the other kinds are left out then.
    pub cursor: Option<Cursor>,
    /// Whether a word that nobody wrote is left as it was typed.
    pub exactly: bool,
    /// Whether minutes are a list of their own alone, and not among the documents too.
    pub minutes_apart: bool,
}

/// Where a list goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// Which list.
    pub kind: Sought,
    /// After what: a key of time, or a name.
    after: After,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum After {
    Key(Key),
    Name(String),
}

/// A list of things of one kind, and where it goes on.
#[derive(Debug, Default)]
pub struct Listed {
    /// What was found.
    pub found: Vec<Found>,
    /// Where there may be more.
    pub next: Option<String>,
}

/// What a search found, by kind.
#[derive(Debug, Default)]
pub struct Results {
    /// Questions that were answered, the latest first.
    pub answers: Listed,
    /// Documents that are no minutes, the latest first.
    pub documents: Listed,
    /// Minutes, the latest first.
    pub minutes: Listed,
    /// Meetings, the latest first.
    pub meetings: Listed,
    /// Messages, the latest first; those of the answered questions among them.
    pub messages: Listed,
    /// Threads by their titles, the most alike first.
    pub threads: Listed,
    /// People, by name.
    pub people: Listed,
    /// Territories, by name.
    pub territories: Listed,
    /// What was looked for instead of what was typed, because nothing was found with that.
    pub corrected: Option<String>,
    /// What narrowed the search in the end.
    pub filters: Filters,
    /// What was not understood.
    pub remarks: Vec<Remark>,
}

impl Results {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        [
            &self.answers,
            &self.documents,
            &self.minutes,
            &self.meetings,
            &self.messages,
            &self.threads,
            &self.people,
            &self.territories,
        ]
        .iter()
        .all(|list| list.found.is_empty() && list.next.is_none())
    }
}

/// Looks for a question in everything that the viewer may read. What is not understood of it is among the results.
pub async fn search(connection: &mut PgConnection, viewer: &Viewer, request: Request) -> Result<Results> {
    let mut results = match sought(connection, viewer, request).await {
        // What was found until then is lost with the transaction; the same question may be luckier.
        Err(Error::Database(sqlx::Error::Database(error))) if error.code().as_deref() == Some("57014") => {
            tracing::warn!("a search took too long");
            return Err(Error::Unavailable);
        }
        other => other?,
    };
    results.remarks.dedup();
    Ok(results)
}

async fn sought(connection: &mut PgConnection, viewer: &Viewer, mut request: Request) -> Result<Results> {
    let Beginning { groups, glossary, messages } = store::bound(connection, viewer.id).await?;
    let narrow = Narrow::read(connection, viewer, &mut request.question).await?;
    let mut search = Search { viewer, request, narrow, groups, messages, query: None, typed: String::new() };
    let mut results = search.run(connection, &glossary).await?;
    if results.is_empty() && !search.request.exactly && search.request.cursor.is_none() {
        let right = vocabulary::put_right(connection, viewer.id, &search.request.question.terms).await?;
        if let Some(right) = right {
            let typed = std::mem::replace(&mut search.request.question.terms, right);
            let corrected = search.run(connection, &glossary).await?;
            if !corrected.is_empty() {
                results = Results { corrected: Some(search.request.question.words()), ..corrected };
            }
            search.request.question.terms = typed;
        }
    }
    let Question { filters, remarks, .. } = search.request.question;
    Ok(Results { filters, remarks, ..results })
}

/// The places whose names look like what was typed; the last ones for nothing.
pub async fn places(connection: &mut PgConnection, viewer: &Viewer, typed: &str) -> Result<Vec<Place>> {
    let typed: String = typed.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    store::bound(connection, viewer.id).await?;
    match typed.trim() {
        "" => store::switcher::recent(connection, viewer.id, OFFERED).await,
        typed => store::switcher::named(connection, viewer.id, typed, OFFERED).await,
    }
}

/// A search under way.
struct Search<'v> {
    viewer: &'v Viewer,
    request: Request,
    narrow: Narrow,
    groups: Vec<Uuid>,
    /// About how many messages there are.
    messages: i64,
    query: Option<Query>,
    /// The plain words, to be compared with names.
    typed: String,
}

impl Search<'_> {
    async fn run(&mut self, connection: &mut PgConnection, glossary: &[forms::Reading]) -> Result<Results> {
        let question = &self.request.question;
        let terms = &question.terms;
        self.typed = terms
            .iter()
            .filter(|term| !term.excluded && term.sort != Sort::Beginning)
            .map(|term| term.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        self.query = match terms.as_slice() {
            [] => None,
            terms => store::query(connection, &forms::of(terms, glossary)).await?,
        };
        // Empty words alone find nothing, and neither does no question.
        if question.asks_nothing() || (self.query.is_none() && !terms.is_empty()) {
            return Ok(Results::default());
        }
        let mut results = Results::default();
        if self.wants(Sought::Message) || self.wants(Sought::Answer) {
            self.messages(connection, &mut results).await?;
        }
        if self.wants(Sought::Document) || self.wants(Sought::Minutes) {
            self.documents(connection, &mut results).await?;
        }
        self.names(connection, &mut results).await?;
        Ok(results)
    }

    /// Whether things of a kind are asked for.
    fn wants(&self, kind: Sought) -> bool {
        let asked = self.request.cursor.as_ref().map(|cursor| cursor.kind).or(self.request.question.filters.kind);
        asked.is_none_or(|asked| asked == kind)
    }

    fn below(&self) -> Key {
        match &self.request.cursor {
            Some(Cursor { after: After::Key(key), .. }) => (*key).min(self.narrow.below),
            _ => self.narrow.below,
        }
    }

    fn most(&self) -> i64 {
        i64::try_from(self.request.limit + 1).unwrap_or(i64::MAX)
    }

    fn query(&self) -> Option<&str> {
        self.query.as_ref().map(|query| query.text.as_str())
    }

    fn wanted(&self) -> &Wanted {
        self.query.as_ref().map_or(&NOTHING, |query| &query.wanted)
    }

    /// The asker's groups that the filters leave.
    fn places(&self) -> Vec<Uuid> {
        let within = self.narrow.places.as_ref().map(|places| &places.within);
        self.groups.iter().filter(|group| within.is_none_or(|within| within.contains(group))).copied().collect()
    }

    async fn messages(&self, connection: &mut PgConnection, results: &mut Results) -> Result<()> {
        let groups = self.places();
        let ask = said::Ask {
            person: self.viewer.id,
            groups: &groups,
            query: self.query(),
            wanted: self.wanted(),
            narrow: &self.narrow,
            below: self.below(),
        };
        let limit = self.request.limit;
        let said = self.query.as_ref().map_or(Said::Often, |query| query.said);
        let reach = messages::find(connection, &ask, (said, self.messages), limit + 1).await?;
        if self.wants(Sought::Answer) && self.query.is_some() {
            let titled = said::answered(connection, &ask, self.most()).await?;
            let hits = reach.hits.iter().filter(|hit| hit.resolved).map(|hit| (hit.thread, hit.key.id));
            let mut seen = HashSet::new();
            let one_each = hits.chain(titled).filter(|(thread, _)| seen.insert(*thread));
            let first: Vec<_> = one_each.map(|(_, message)| message).take(ANSWERS).collect();
            results.answers.found = said::dressed(connection, &ask, &first).await?;
        }
        if self.wants(Sought::Message) {
            let shown: Vec<_> = reach.hits.iter().take(limit).map(|hit| hit.key.id).collect();
            let last = reach.hits.get(limit).and_then(|_| reach.hits.get(limit - 1)).map(|hit| hit.key);
            let next = last.or(reach.down_to.map(|at| Key { at, id: Uuid::nil() }));
            results.messages.next = next.map(|key| Cursor::of(Sought::Message, key).to_string());
            results.messages.found = said::dressed(connection, &ask, &shown).await?;
        }
        Ok(())
    }

    async fn documents(&self, connection: &mut PgConnection, results: &mut Results) -> Result<()> {
        let rare = match self.query() {
            Some(query) => documents::by_index(connection, query, RARE).await?,
            None => Vec::new(),
        };
        if self.query().is_none() || rare.len() >= usize::try_from(RARE).unwrap_or_default() {
            store::plan_anew(connection).await?;
            self.documents_among(connection, None, results).await?;
            return store::plan_once(connection).await;
        }
        self.documents_among(connection, Some(&rare), results).await?;
        // Nobody said these words: they may be a title's, mistyped.
        if results.is_empty() && !self.typed.is_empty() {
            let alike = documents::by_title(connection, &self.typed, RARE).await?;
            self.documents_among(connection, Some(&alike), results).await?;
        }
        Ok(())
    }

    /// Those of the chosen documents that count, or else the latest of all that do.
    async fn documents_among(
        &self,
        connection: &mut PgConnection,
        chosen: Option<&[Chosen]>,
        results: &mut Results,
    ) -> Result<()> {
        let groups = self.places();
        for kind in [Sought::Document, Sought::Minutes].into_iter().filter(|kind| self.wants(*kind)) {
            let apart = kind == Sought::Minutes || self.request.minutes_apart;
            let ask = documents::Ask {
                person: self.viewer.id,
                groups: &groups,
                query: self.query(),
                wanted: self.wanted(),
                narrow: &self.narrow,
                minutes: apart.then_some(kind == Sought::Minutes),
                below: self.below(),
            };
            let found = match chosen {
                Some(chosen) => {
                    let may = |one: &&Chosen| ask.minutes.is_none_or(|minutes| minutes == one.minutes);
                    let ids: Vec<_> = chosen.iter().filter(may).map(|one| one.id).collect();
                    documents::of(connection, &ask, &ids, self.most()).await?
                }
                None => documents::latest(connection, &ask, self.most()).await?,
            };
            let listed = self.listed(kind, found);
            if kind == Sought::Minutes { results.minutes = listed } else { results.documents = listed }
        }
        Ok(())
    }

    async fn names(&self, connection: &mut PgConnection, results: &mut Results) -> Result<()> {
        let ask = names::Ask {
            person: self.viewer.id,
            query: self.query(),
            wanted: self.wanted(),
            typed: &self.typed,
            narrow: &self.narrow,
            below: self.below(),
        };
        let most = self.most();
        // A filter that no thing of a kind can keep leaves none of them.
        let filters = &self.request.question.filters;
        let timeless = filters.has.is_none() && filters.place.is_none() && filters.after.or(filters.before).is_none();
        if self.wants(Sought::Meeting) && filters.has.is_none() && filters.territory.is_none() {
            results.meetings = self.listed(Sought::Meeting, names::meetings(connection, &ask, most).await?);
        }
        let bare = filters.has.is_none() && filters.author.is_none() && filters.territory.is_none();
        if self.wants(Sought::Thread) && bare && !self.typed.is_empty() && self.request.cursor.is_none() {
            results.threads.found = names::threads(connection, &ask, most - 1).await?;
        }
        if self.wants(Sought::Person) && timeless {
            let after = match &self.request.cursor {
                Some(Cursor { after: After::Name(name), .. }) => name.as_str(),
                _ => "",
            };
            results.people = self.listed(Sought::Person, names::people(connection, &ask, after, most).await?);
        }
        if self.wants(Sought::Territory) && timeless && filters.author.is_none() && self.request.cursor.is_none() {
            results.territories.found = names::territories(connection, &ask, most - 1).await?;
        }
        Ok(())
    }

    /// A list without the one that was asked for beyond it, which tells that it goes on.
    fn listed(&self, kind: Sought, mut found: Vec<Found>) -> Listed {
        let goes_on = found.len() > self.request.limit;
        found.truncate(self.request.limit);
        let after = |last: &Found| match last.at {
            Some(at) => After::Key(Key { at, id: last.id }),
            None => After::Name(format!("{} {}", last.title, last.id)),
        };
        let next = found.last().filter(|_| goes_on).map(|last| Cursor { kind, after: after(last) }.to_string());
        Listed { found, next }
    }
}

impl Cursor {
    fn of(kind: Sought, key: Key) -> Self {
        Self { kind, after: After::Key(key) }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.after {
            After::Key(key) => write!(f, "{}.{}.{}", self.kind, key.at.timestamp_micros(), key.id),
            After::Name(name) => write!(f, "{}.{name}", self.kind),
        }
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let malformed = || Error::field("cursor", "malformed");
        let (kind, after) = text.split_once('.').ok_or_else(malformed)?;
        let kind = kind.parse().map_err(|_| malformed())?;
        let after = match kind {
            Sought::Person if !after.contains('\0') => After::Name(after.to_owned()),
            Sought::Document | Sought::Minutes | Sought::Meeting | Sought::Message => {
                let (at, id) = after.split_once('.').ok_or_else(malformed)?;
                let at = at.parse().ok().and_then(DateTime::<Utc>::from_timestamp_micros).ok_or_else(malformed)?;
                After::Key(Key { at, id: id.parse().map_err(|_| malformed())? })
            }
            _ => return Err(malformed()),
        };
        Ok(Self { kind, after })
    }
}
