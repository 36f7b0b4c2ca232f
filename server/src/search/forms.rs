//! The forms in which a word may have been written: its acronym or what that stands for, and the English inflections that
//! a French index holds apart.
//!
//! The index knows French alone, since to know both would make every message dearer. So the question is written out
//! instead: `meetings` asks for `meet`, `meets` and `meeting` too, each as the index would have it.

use super::question::{Sort, Term, folded};

/// The longest word that is taken for an English one.
const LONGEST: usize = 20;

/// One of the ways in which a term may have been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The term: one of its forms is enough.
    pub(super) term: i32,
    /// As it would be written.
    pub(super) text: String,
    /// What is to be found of it.
    pub(super) sort: Sort,
    /// The English word whose stem it must share, else it is none of its forms; empty for what needs no proof.
    pub(super) english: String,
    /// Whether the term must be absent.
    pub(super) excluded: bool,
}

/// An acronym with one of its readings.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) acronym: String,
    pub(super) expansion: String,
}

/// Every way in which the terms may have been written.
pub(super) fn of(terms: &[Term], glossary: &[Reading]) -> Vec<Form> {
    let mut forms = Vec::new();
    let (mut at, mut term) = (0, 0);
    while let Some(first) = terms.get(at) {
        term += 1;
        let (read, acronyms) = spelt_out(&terms[at..], glossary);
        let written = &terms[at..at + read.max(1)];
        at += written.len();
        let form = |text: &str, sort, english: &str| Form {
            term,
            text: text.to_owned(),
            sort,
            english: english.to_owned(),
            excluded: first.excluded,
        };
        let text = written.iter().map(|term| term.text.as_str()).collect::<Vec<_>>().join(" ");
        forms.push(form(&parted(&text), first.sort, ""));
        forms.extend(acronyms.iter().map(|acronym| form(acronym, Sort::Word, "")));
        if written.len() > 1 || first.sort != Sort::Word {
            continue;
        }
        let readings = glossary.iter().filter(|reading| folded(&reading.acronym) == folded(&text));
        forms.extend(readings.map(|reading| form(&reading.expansion, Sort::Phrase, "")));
        forms.extend(inflections(&text).iter().map(|inflected| form(inflected, Sort::Word, &text)));
    }
    forms
}

/// How many of the first terms spell an acronym out, with the acronyms that they do: the longest reading wins.
fn spelt_out<'g>(terms: &[Term], glossary: &'g [Reading]) -> (usize, Vec<&'g str>) {
    let mut found: (usize, Vec<&str>) = (0, Vec::new());
    for reading in glossary {
        let spelt = words(&reading.expansion);
        let mut typed = Vec::new();
        let mut read = 0;
        while typed.len() < spelt.len()
            && let Some(term) = terms.get(read).filter(|term| !term.excluded && term.sort == Sort::Word)
        {
            typed.extend(words(&term.text));
            read += 1;
        }
        if spelt.is_empty() || typed != spelt || read < found.0 {
            continue;
        }
        if read > found.0 {
            found = (read, Vec::new());
        }
        found.1.push(&reading.acronym);
    }
    found
}

/// The words of a name as they are compared: folded, in the singular, without the smallest, which nobody types alike.
fn words(text: &str) -> Vec<String> {
    let folded = folded(text);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
    let small = |word: &str| ["des", "les", "aux", "une", "par", "pour"].contains(&word);
    words.filter(|word| !small(word)).map(|word| word.trim_end_matches(['s', 'x']).to_owned()).collect()
}

/// A hyphen between two letters is a blank: `Mons-en-Barœul` was also written without.
fn parted(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let letter = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphabetic());
    let shown = |(at, c): (usize, &char)| {
        let joins = ['-', '‐', '‑'].contains(c) && letter(at.checked_sub(1)) && letter(Some(at + 1));
        if joins { ' ' } else { *c }
    };
    chars.iter().enumerate().map(shown).collect()
}

/// What an English word may look like in another number, person or tense. Most are no words at all: what does not share
/// the word's stem is passed over, and what nobody wrote finds nothing.
fn inflections(word: &str) -> Vec<String> {
    let word = word.to_ascii_lowercase();
    if !(3..=LONGEST).contains(&word.len()) || !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Vec::new();
    }
    let mut bases = vec![word.clone()];
    bases.extend(stripped(&word));
    // `meetings` are of `meet` too.
    bases.extend(word.strip_suffix('s').map(stripped).unwrap_or_default());
    let mut forms: Vec<String> = bases.iter().flat_map(|base| inflected(base)).chain(bases.clone()).collect();
    forms.sort_unstable();
    forms.dedup();
    forms.retain(|form| *form != word);
    forms
}

/// What an English word would be without its ending.
fn stripped(word: &str) -> Vec<String> {
    let mut bases = Vec::new();
    for (ending, others) in [
        ("ies", &["y"][..]),
        ("ied", &["y"]),
        ("es", &["", "e"]),
        ("s", &[""]),
        ("ed", &["", "e"]),
        ("ing", &["", "e"]),
    ] {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.len() > 1) {
            bases.extend(others.iter().map(|other| format!("{stem}{other}")));
            // `planned` and `planning` are of `plan`.
            let twice = stem.len() > 3 && stem.as_bytes()[stem.len() - 1] == stem.as_bytes()[stem.len() - 2];
            if twice && ending.len() > 1 {
                bases.push(stem[..stem.len() - 1].to_owned());
            }
        }
    }
    bases
}

fn inflected(base: &str) -> Vec<String> {
    let mut forms = vec![format!("{base}s"), format!("{base}es")];
    if let Some(stem) = base.strip_suffix('e') {
        forms.extend(["ed", "ing", "ation", "ion"].map(|ending| format!("{stem}{ending}")));
    } else if let Some(stem) = base.strip_suffix('y') {
        forms.extend(["ies", "ied", "ying"].map(|ending| format!("{stem}{ending}")));
    } else {
        forms.extend(["ed", "ing"].map(|ending| format!("{base}{ending}")));
        let last = &base[base.len() - 1..];
        if !["s", "x", "w"].contains(&last) {
            forms.extend(["ed", "ing"].map(|ending| format!("{base}{last}{ending}")));
        }
    }
    if let Some(stem) = base.strip_suffix("ation") {
        forms.extend(["ate", "ated", "ates", "ating", "e", "ed"].map(|ending| format!("{stem}{ending}")));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::{Reading, inflections, of};
    use crate::search::question::{Question, Sort};

    /// The forms of a question, by the number of their term.
    fn forms(typed: &str) -> Vec<(i32, String, Sort)> {
        let reading =
            |acronym: &str, expansion: &str| Reading { acronym: acronym.to_owned(), expansion: expansion.to_owned() };
        let glossary = [
            reading("QPV", "quartier prioritaire de la politique de la ville"),
            reading("QPV", "quartier prioritaire"),
            reading("PRE", "programme de réussite éducative"),
        ];
        let forms = of(&Question::read(typed).terms, &glossary);
        forms.into_iter().filter(|form| form.english.is_empty()).map(|form| (form.term, form.text, form.sort)).collect()
    }

    #[test]
    fn an_acronym_asks_for_what_it_stands_for_and_the_other_way_round() {
        let form = |term, text: &str, sort| (term, text.to_owned(), sort);
        assert_eq!(
            forms("bilan pre"),
            [
                form(1, "bilan", Sort::Word),
                form(2, "pre", Sort::Word),
                form(2, "programme de réussite éducative", Sort::Phrase),
            ]
        );
        assert_eq!(
            forms("Quartiers prioritaires de la politique de la ville bilan"),
            [
                form(1, "Quartiers prioritaires de la politique de la ville", Sort::Word),
                form(1, "QPV", Sort::Word),
                form(2, "bilan", Sort::Word),
            ]
        );
        assert_eq!(forms("quartier prioritaire")[1], form(1, "QPV", Sort::Word));
        assert_eq!(forms("quartier calme").len(), 2);
    }

    #[test]
    fn an_english_word_asks_for_its_other_forms() {
        for (word, others) in [
            ("meetings", ["meeting", "meet", "meets"]),
            ("studies", ["study", "studied", "studying"]),
            ("planning", ["plan", "plans", "planned"]),
            ("evaluate", ["evaluation", "evaluated", "evaluating"]),
        ] {
            let forms = inflections(word);
            for other in others {
                assert!(forms.iter().any(|form| form == other), "{word}: {other} in {forms:?}");
            }
        }
        assert_eq!(inflections("école"), Vec::<String>::new(), "an accent is not English");
        assert_eq!(forms("Mons-en-Barœul 16-25")[0].1, "Mons en Barœul");
        assert_eq!(forms("16-25")[0].1, "16-25", "but years and ages are as written");
    }
}
