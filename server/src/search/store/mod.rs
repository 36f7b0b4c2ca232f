//! The SQL of search. Each statement that finds something joins the asker's present memberships.

pub(super) mod documents;
pub(super) mod glossary;
pub(super) mod messages;
pub(super) mod names;
pub(super) mod narrow;
pub(super) mod switcher;
pub(super) mod vocabulary;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;
use words::PersonId;

use super::{
    extract::Wanted,
    forms::{Form, Reading},
    question::Sort,
};
use crate::error::Result;

/// A question as the index is asked it.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// The query, in PostgreSQL's words.
    pub(super) text: String,
    /// How often that is said.
    pub(super) said: Said,
    /// What is marked in what was found.
    pub(super) wanted: Wanted,
}

/// How often what is asked for is said, as far as that is known without looking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// Messages are full of each of several words, or of one of its forms.
    Often,
    /// Messages are full of its only word, or a word is known by its beginning alone: nothing tells how full.
    Unknown,
    /// One of its words is none of those that messages are full of.
    Seldom {
        /// Whether it is wanted together with others.
        together: bool,
    },
}

impl Said {
    /// That of the forms of a question, of which `common` tells whether messages are full of each term.
    fn of(forms: &[Form], common: bool) -> Self {
        let asked = || forms.iter().filter(|form| !form.excluded);
        let begins = asked().any(|form| form.sort == Sort::Beginning);
        let is_alone = asked().all(|form| form.term == 1 && form.sort != Sort::Phrase);
        match (common, begins || is_alone) {
            (false, _) => Self::Seldom { together: !is_alone },
            (true, true) => Self::Unknown,
            (true, false) => Self::Often,
        }
    }
}

/// A place in a list that is sorted by time, the latest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Key {
    pub(super) at: DateTime<Utc>,
    pub(super) id: Uuid,
}

/// What a search begins with.
#[derive(Debug)]
pub(super) struct Beginning {
    /// The groups that the asker is a member of now.
    pub(super) groups: Vec<Uuid>,
    /// What their question is written out by.
    pub(super) glossary: Vec<Reading>,
    /// About how many messages there are, whoever may read them.
    pub(super) messages: i64,
}

/// Bounds what a search may cost: a statement is planned once, in the order that is written, since to think of another takes
/// longer than any of these statements; and it reads no table from its beginning to its end. Answers what it begins with.
pub(super) async fn bound(connection: &mut PgConnection, person: PersonId) -> Result<Beginning> {
    let bounds = sqlx::query!(
        r#"select
             array(select group_id from members where person_id = $1 and ended_seq is null) as "groups!",
             array(select acronym from glossary where removed_at is null order by acronym, expansion) as "acronyms!",
             array(select expansion from glossary where removed_at is null order by acronym, expansion) as "expansions!",
             (select reltuples::bigint from pg_class where oid = 'messages'::regclass) as "messages!",
             concat(
             set_config('statement_timeout', '4s', true), set_config('plan_cache_mode', 'force_generic_plan', true),
             set_config('enable_seqscan', 'off', true), set_config('work_mem', '16MB', true),
             set_config('join_collapse_limit', '1', true), set_config('from_collapse_limit', '1', true),
             set_config('pg_trgm.word_similarity_threshold', '0.5', true)) as "bounds!""#,
        person.0,
    )
    .fetch_one(connection)
    .await?;
    let reading = |(acronym, expansion)| Reading { acronym, expansion };
    Ok(Beginning {
        groups: bounds.groups,
        messages: bounds.messages,
        glossary: bounds.acronyms.into_iter().zip(bounds.expansions).map(reading).collect(),
    })
}

/// Has what is asked next be planned for its very words, since the plan for a rare one is none for a common one: that
/// takes longer than most answers do.
pub(super) async fn plan_anew(connection: &mut PgConnection) -> Result<()> {
    plan(connection, "force_custom_plan").await
}

/// Has what is asked next be planned once for all words.
pub(super) async fn plan_once(connection: &mut PgConnection) -> Result<()> {
    plan(connection, "force_generic_plan").await
}

async fn plan(connection: &mut PgConnection, mode: &str) -> Result<()> {
    sqlx::query_scalar!(r#"select set_config('plan_cache_mode', $1, true) as "mode!""#, mode)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// The query for these forms; none if nothing but empty words is asked for. An English form counts if it shares the stem
/// of its word.
pub(super) async fn query(connection: &mut PgConnection, forms: &[Form]) -> Result<Option<Query>> {
    let of = |sort| forms.iter().map(|form| form.sort == sort).collect::<Vec<_>>();
    let terms: Vec<_> = forms.iter().map(|form| form.term).collect();
    let texts: Vec<_> = forms.iter().map(|form| form.text.clone()).collect();
    let english: Vec<_> = forms.iter().map(|form| form.english.clone()).collect();
    let excluded: Vec<_> = forms.iter().map(|form| form.excluded).collect();
    let row = sqlx::query!(
        r#"with form as (
             select term, excluded, written, beginning,
               -- `animat` is no beginning of the stem of `animation`, which is `anim`.
               tsvector_to_array(to_tsvector('public.fr',
                 case when beginning then written || ' ' || written || 'ion' else written end)) as lexemes,
               case
                 when beginning
                   then ('''' || replace(replace(folded(written), '\', '\\'), '''', '''''') || ''':*')::tsquery
                     || plainto_tsquery('public.fr', written) || plainto_tsquery('public.fr', written || 'ion')
                 when phrase then phraseto_tsquery('public.fr', written)
                 else plainto_tsquery('public.fr', written)
               end as query
             from unnest($1::integer[], $2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::boolean[])
               asked (term, written, english, excluded, phrase, beginning)
             where english = ''
               or (ts_lexize('english_stem', written) = ts_lexize('english_stem', english)
                 and ts_lexize('english_stem', english) <> '{}')
           ), term as (
             select term, excluded, string_agg(distinct '(' || query::text || ')', ' | ') as text,
               bool_or(beginning or not exists (
                 select from unnest(lexemes) lexeme (name)
                 where not exists (select from common_lexemes where common_lexemes.name = lexeme.name))) as common
             from form
             where numnode(query) > 0
             group by term, excluded
           )
           select
             string_agg(case when excluded then '!' else '' end || '(' || text || ')', ' & ' order by term) as "text?",
             coalesce(bool_and(common or excluded), false) as "common!",
             array(select distinct unnest(lexemes) from form where not excluded) as "lexemes!",
             array(select folded(written) from form where beginning and not excluded) as "beginnings!"
           from term
           having not bool_and(excluded)"#,
        &terms,
        &texts,
        &english,
        &excluded,
        &of(Sort::Phrase),
        &of(Sort::Beginning),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.and_then(|row| {
        let said = Said::of(forms, row.common);
        Some(Query { text: row.text?, said, wanted: Wanted::of(row.lexemes, row.beginnings) })
    }))
}
