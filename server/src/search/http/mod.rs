//! The gates of search: a page, the switcher's list, the glossary's pages, and JSON.

mod glossary;

use axum::{extract::State, response::Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    Text, date,
    page::{Faults, FieldFault},
    paths,
    search::{Active, Correction, Found, Places, SearchForm, SearchPage, Section},
};
use words::Sought;

use super::{Cursor, Field, Filters, Listed, Question, Remark, Request, Results};
use crate::{
    error::{Error, Result},
    http::{App, List, Page, Policy, Query, Routes, Viewer, print},
};

/// How many results of each kind are shown.
const SHOWN: usize = 20;
/// How many may be asked for.
const MOST: usize = 100;

/// The routes of search.
pub fn routes() -> Routes {
    Routes::new()
        .merge(glossary::routes())
        .get(Policy::SignedIn, "/search", page)
        .get(Policy::SignedIn, "/search/places", places)
        .get(Policy::SignedIn, "/api/v1/search", search)
        .asks::<Asked>()
        .answers::<Answer>(200)
}

/// What is asked, by the form or by an address. Each filter may be typed among the words as well.
#[derive(Clone, Default, Deserialize, JsonSchema)]
struct Asked {
    /// The words, and filters among them.
    #[serde(default)]
    q: String,
    /// Some of the author's name.
    #[serde(default)]
    author: String,
    /// Some of the name of a group, a channel or a thread.
    #[serde(default)]
    place: String,
    /// What comes with it: document, link.
    #[serde(default)]
    has: String,
    /// Later than this day, month or year.
    #[serde(default)]
    after: String,
    /// Earlier than this day, month or year.
    #[serde(default)]
    before: String,
    /// A territory's code, or some of its name.
    #[serde(default)]
    territory: String,
    /// answer, document, minutes, meeting, message, thread, person or territory.
    #[serde(default)]
    kind: String,
    /// The `next` of a list: the answer holds that list alone, from there on.
    #[serde(default)]
    cursor: String,
    /// Anything: a mistyped word is not put right.
    #[serde(default)]
    exact: String,
    /// How many of each kind at most.
    limit: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    messages: List<Found>,
    documents: List<Found>,
    meetings: List<Found>,
    people: List<Found>,
    answers: List<Found>,
    minutes: List<Found>,
    threads: List<Found>,
    territories: List<Found>,
    /// What was looked for instead, because nothing was found with what was asked.
    corrected: Option<String>,
    /// What was not understood, and passed over.
    remarks: Vec<Unread>,
}

/// What was not understood of a field.
#[derive(Serialize, JsonSchema)]
struct Unread {
    field: &'static str,
    detail: String,
}

impl Asked {
    fn request(&self) -> Result<Request> {
        let limit = self.limit.unwrap_or(SHOWN);
        if !(1..=MOST).contains(&limit) {
            return Err(Error::field("limit", "malformed"));
        }
        let mut question = Question::read(&self.q);
        for field in Field::FILTERS {
            question.narrow(field, self.field(field));
        }
        let cursor = Some(self.cursor.as_str()).filter(|cursor| !cursor.is_empty()).map(str::parse::<Cursor>);
        let exactly = !self.exact.is_empty();
        Ok(Request { question, limit, cursor: cursor.transpose()?, exactly, minutes_apart: true })
    }

    fn field(&self, field: Field) -> &str {
        match field {
            Field::Words => &self.q,
            Field::Author => &self.author,
            Field::Place => &self.place,
            Field::Has => &self.has,
            Field::After => &self.after,
            Field::Before => &self.before,
            Field::Territory => &self.territory,
            Field::Kind => &self.kind,
        }
    }
}

async fn page(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> Result<Response> {
    let request = asked.request()?;
    let words = request.question.words();
    let (anything, goes_on) = (!request.question.asks_nothing() || !words.is_empty(), request.cursor.is_some());
    let (nav, mut results) = page
        .read(&app, move |connection, viewer| Box::pin(async move { super::search(connection, viewer, request).await }))
        .await?;
    let shell = page.shell(&page.text.get("search-title"), nav);
    let filters = std::mem::take(&mut results.filters);
    let address = Address { words: &words, filters: &filters, exact: &asked.exact };
    print(&SearchPage {
        asked: anything,
        active: active(&address, page.text),
        correction: results.corrected.clone().map(|words| Correction { words, exactly: address.exactly() }),
        whole: goes_on.then(|| address.whole()),
        form: form(&address, &results.remarks, page.text),
        now: app.db.clock().now(),
        sections: sections(&address, results),
        shell,
    })
}

/// The switcher's list: a piece of a page, which its script asks for.
async fn places(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> Result<Response> {
    let (viewer, text, typed) = (page.reader()?, page.text, !asked.q.trim().is_empty());
    let read =
        app.db.snapshot(move |connection| Box::pin(async move { super::places(connection, &viewer, &asked.q).await }));
    print(&Places { text, typed, places: read.await? })
}

async fn search(State(app): State<App>, viewer: Viewer, Query(asked): Query<Asked>) -> Result<axum::Json<Answer>> {
    let request = Request { minutes_apart: false, ..asked.request()? };
    let text = Text::of(viewer.locale);
    let read =
        app.db.snapshot(move |connection| Box::pin(async move { super::search(connection, &viewer, request).await }));
    let results = read.await?;
    let list = |Listed { found, next }| List { items: found, next };
    Ok(axum::Json(Answer {
        messages: list(results.messages),
        documents: list(results.documents),
        meetings: list(results.meetings),
        people: list(results.people),
        answers: list(results.answers),
        minutes: list(results.minutes),
        threads: list(results.threads),
        territories: list(results.territories),
        corrected: results.corrected,
        remarks: results
            .remarks
            .iter()
            .map(|remark| Unread { field: remark.field.name(), detail: text.name(remark.key, &remark.typed) })
            .collect(),
    }))
}

/// A search, to be written as an address.
struct Address<'a> {
    words: &'a str,
    filters: &'a Filters,
    exact: &'a str,
}

impl Address<'_> {
    /// What each field says.
    fn fields(&self) -> Vec<(Field, String)> {
        let Filters { author, place, has, after, before, territory, kind } = self.filters;
        let said = [
            (Field::Words, Some(self.words.to_owned())),
            (Field::Author, author.clone()),
            (Field::Place, place.clone()),
            (Field::Has, has.map(|has| has.to_string())),
            (Field::After, after.map(|day| day.to_string())),
            (Field::Before, before.map(|day| day.to_string())),
            (Field::Territory, territory.clone()),
            (Field::Kind, kind.map(|kind| kind.to_string())),
        ];
        said.into_iter().filter_map(|(field, value)| Some((field, value?))).collect()
    }

    fn with(&self, more: &[(&str, &str)], without: Option<Field>) -> String {
        let fields = self.fields();
        let kept = fields.iter().filter(|(field, _)| Some(*field) != without);
        let kept = kept.map(|(field, value)| (field.name(), value.as_str()));
        paths::search(&kept.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    fn whole(&self) -> String {
        self.with(&[("exact", self.exact)], None)
    }

    fn exactly(&self) -> String {
        self.with(&[("exact", "1")], None)
    }

    fn after(&self, cursor: &str) -> String {
        self.with(&[("exact", self.exact), ("cursor", cursor)], None)
    }
}

fn active(address: &Address<'_>, text: Text) -> Vec<Active> {
    let Filters { has, after, before, kind, .. } = address.filters;
    let active = |(field, value): (Field, String)| {
        let value = match field {
            Field::Words => return None,
            Field::Author | Field::Place | Field::Territory => value,
            Field::Has => text.word("search-with", has.as_ref()?),
            Field::After => date::long(text, (*after)?),
            Field::Before => date::long(text, (*before)?),
            Field::Kind => text.word("search-found", kind.as_ref()?),
        };
        let label = text.name(&format!("search-is-{}", field.name()), &value);
        Some(Active { label, without: address.with(&[("exact", address.exact)], Some(field)) })
    };
    address.fields().into_iter().filter_map(active).collect()
}

/// The form as it was filled in; what was not understood stays in its field.
fn form(address: &Address<'_>, remarks: &[Remark], text: Text) -> SearchForm {
    let said = |wanted: Field| {
        let typed = remarks.iter().find(|remark| remark.field == wanted).map(|remark| remark.typed.clone());
        let found = address.fields().into_iter().find(|(field, _)| *field == wanted).map(|(_, value)| value);
        found.or(typed).unwrap_or_default()
    };
    let fault = |remark: &Remark| FieldFault {
        field: remark.field.name().to_owned(),
        sentence: text.name(remark.key, &remark.typed),
    };
    SearchForm {
        words: address.words.to_owned(),
        author: said(Field::Author),
        place: said(Field::Place),
        has: address.filters.has,
        after: said(Field::After),
        before: said(Field::Before),
        territory: said(Field::Territory),
        kind: address.filters.kind,
        faults: Faults(remarks.iter().map(fault).collect()),
    }
}

/// The lists that hold something or go on. A message of an answer is shown there alone.
fn sections(address: &Address<'_>, results: Results) -> Vec<Section> {
    let Results { answers, documents, minutes, meetings, mut messages, threads, people, territories, .. } = results;
    messages.found.retain(|message| answers.found.iter().all(|answer| answer.id != message.id));
    let lists = [
        (Sought::Answer, answers),
        (Sought::Document, documents),
        (Sought::Minutes, minutes),
        (Sought::Meeting, meetings),
        (Sought::Message, messages),
        (Sought::Thread, threads),
        (Sought::Person, people),
        (Sought::Territory, territories),
    ];
    let section = |(kind, Listed { found, next }): (Sought, Listed)| Section {
        kind,
        found,
        more: next.map(|next| address.after(&next)),
    };
    lists.into_iter().filter(|(_, list)| !list.found.is_empty() || list.next.is_some()).map(section).collect()
}
