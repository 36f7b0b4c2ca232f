use chrono::NaiveDate;
use proptest::prelude::*;
use words::{Has, Sought};

use super::{Field, Filters, Question, Sort};

fn day(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

/// The words of a question, with what is to be found of each.
fn terms(typed: &str) -> Vec<(String, Sort, bool)> {
    Question::read(typed).terms.into_iter().map(|term| (term.text, term.sort, term.excluded)).collect()
}

#[test]
fn a_question_is_words_phrases_beginnings_and_exclusions() {
    let word = |text: &str| (text.to_owned(), Sort::Word, false);
    assert_eq!(terms("  Évaluation, externe ? "), [word("Évaluation"), word("externe")]);
    assert_eq!(
        terms("« comité de pilotage » éval* -presse"),
        [
            ("comité de pilotage".to_owned(), Sort::Phrase, false),
            ("éval".to_owned(), Sort::Beginning, false),
            ("presse".to_owned(), Sort::Word, true),
        ]
    );
    assert_eq!(terms("l'été à Lille REP+"), [word("l'été"), word("Lille"), word("REP+")], "à says nothing");
    assert_eq!(terms("\"jamais fermé"), [word("jamais"), word("fermé")], "a quote that is not closed is none");
    assert_eq!(terms("de* - \" ' \\ & | ! ( ) <>"), [word("de")], "too short to begin with, and signs alone");
    assert_eq!(terms("a\u{202e}b\u{0}c \u{200b}"), [word("abc")], "what is not seen is not there");
}

#[test]
fn a_filter_is_typed_in_french_or_in_english() {
    for typed in [
        "de:camille dans:\"Salon Évaluation\" avec:document apres:2026-01-31 avant:2026-10-02 territoire:LIL type:message x",
        "from:camille in:\"Salon Évaluation\" has:file after:31/01/2026 before:02/10/2026 territory:LIL type:messages x",
        "de: camille dans: «Salon Évaluation» Avec:pièce après:\"31 janvier 2026\" AVANT:\"2 oct. 2026\" territoire:LIL type:message x",
    ] {
        let question = Question::read(typed);
        let filters = Filters {
            author: Some("camille".to_owned()),
            place: Some("Salon Évaluation".to_owned()),
            has: Some(Has::Document),
            after: day(2026, 1, 31),
            before: day(2026, 10, 2),
            territory: Some("LIL".to_owned()),
            kind: Some(Sought::Message),
        };
        assert_eq!((question.filters, question.remarks, question.terms.len()), (filters, vec![], 1), "{typed}");
    }
}

#[test]
fn a_month_or_a_year_is_before_its_first_day_and_after_its_last() {
    for typed in ["octobre 2026", "oct. 2026", "October 2026", "2026-10", "10/2026"] {
        let question = Question::read(&format!("avant:{typed} mot"));
        assert_eq!((question.filters.before, question.terms.len()), (day(2026, 10, 1), 1), "{typed}");
        assert_eq!(Question::read(&format!("apres:{typed}")).filters.after, day(2026, 10, 31), "{typed}");
    }
    assert_eq!(Question::read("before:2026").filters.before, day(2026, 1, 1));
    assert_eq!(Question::read("after:2026").filters.after, day(2026, 12, 31));
}

#[test]
fn what_is_not_understood_is_said_beside_its_field_and_the_rest_is_looked_for() {
    let question = Question::read("avant:hier avec:rien type:chose sujet:école mot");
    let told: Vec<_> = question.remarks.iter().map(|remark| (remark.field, remark.typed.as_str())).collect();
    assert_eq!(told, [(Field::Before, "hier"), (Field::Has, "rien"), (Field::Kind, "chose"), (Field::Words, "sujet")]);
    assert_eq!(question.filters, Filters::default());
    assert_eq!(question.words(), "sujet école mot", "an unknown filter is words");
    let never = Question::read("apres:2026-10-01 avant:2026-10-02 mot");
    assert_eq!((never.filters, never.remarks.len()), (Filters::default(), 1), "no day is between the two");
    assert_eq!(Question::read("https://anct.example/a:b").remarks, [], "an address is no filter");
    for odd in
        ["avant:2026-02-30", "avant:99999999999", "avant:-1", "avant:0000", "avant:+262143-12-31", "avant:12/13/2026"]
    {
        assert_eq!(Question::read(odd).remarks.len(), 1, "{odd}");
    }
}

#[test]
fn a_question_that_is_too_long_is_read_in_part_and_says_so() {
    let many = Question::read(&"mot ".repeat(10_000));
    assert_eq!((many.terms.len(), many.remarks.len()), (12, 1));
    let long = Question::read(&"m".repeat(10_000));
    assert_eq!((long.terms[0].text.len(), long.remarks.len()), (400, 1));
}

proptest! {
    #[test]
    fn whatever_is_typed_is_read(typed in "\\PC{0,60}|[a-z:\"«»* -]{0,40}") {
        let question = Question::read(&typed);
        prop_assert!(question.terms.len() <= 12 && question.words().chars().count() <= 900);
        prop_assert!(question.terms.iter().all(|term| term.text.chars().any(char::is_alphanumeric)));
    }
}
