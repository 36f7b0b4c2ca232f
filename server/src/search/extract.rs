//! Extracts: what a text says around the words that were looked for.
//!
//! A word is told from others as the index tells it, by its stem in French. PostgreSQL's `ts_headline` does the same, and
//! finds the stem of every word of a text, also of those that begin otherwise than all that was looked for.

use std::collections::BTreeSet;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::char::is_combining_mark;
use web::search::Piece;

use super::question::folded;

/// Up to how many characters a text is shown whole.
const WHOLE: usize = 200;
/// How many words an extract of a longer text has at least and at most, and how many bytes.
const FEWEST: usize = 12;
const WORDS: usize = 30;
const BYTES: usize = 400;
/// An extract begins with a sentence if this many words before what was looked for are enough, and else with fewer.
const SENTENCE: usize = 12;
const BEFORE: usize = 5;

/// The words that were looked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    stems: BTreeSet<String>,
    beginnings: Vec<String>,
}

/// Nothing was looked for by words.
pub(super) static NOTHING: Wanted = Wanted { stems: BTreeSet::new(), beginnings: Vec::new() };

/// A word of a text, from one byte to another; what was looked for with it, as a number.
struct Word {
    from: usize,
    to: usize,
    wanted: Option<usize>,
}

impl Wanted {
    /// Those of some lexemes of the index, and those that begin so, which are folded.
    pub(super) fn of(lexemes: Vec<String>, beginnings: Vec<String>) -> Self {
        let stemmer = Stemmer::create(Algorithm::French);
        let mut stems = BTreeSet::new();
        for lexeme in lexemes {
            // `exemple.fr` is one word to the index, and two here; of `mons-en-baroeul` it knows the parts too.
            let is_joined = lexeme.split('-').all(|part| !part.is_empty() && part.chars().all(char::is_alphabetic));
            if !is_joined && !lexeme.chars().all(char::is_alphanumeric) {
                let parts = lexeme.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
                stems.extend(parts.map(|part| stemmer.stem(part).into_owned()));
            }
            stems.insert(lexeme);
        }
        Self { stems, beginnings }
    }

    /// What a text says around the first place that has most of the words; a short text is shown whole, and one without
    /// any of them from its beginning.
    pub(super) fn extract(&self, text: &str) -> Vec<Piece> {
        let words = self.words(text);
        if text.chars().nth(WHOLE).is_none() {
            return pieces(text, 0..text.len(), &words);
        }
        let (from, to) = passage(text, &words);
        let mut pieces = pieces(text, from..to, &words);
        let plain = |text: &str| Piece { text: text.to_owned(), marked: false };
        if from > 0 {
            pieces.insert(0, plain("… "));
        }
        if to < text.trim_end().len() {
            pieces.push(plain(" …"));
        }
        pieces
    }

    fn words(&self, text: &str) -> Vec<Word> {
        let stemmer = Stemmer::create(Algorithm::French);
        let mut words = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find(char::is_alphanumeric) {
            let goes_on = |c: char| c.is_alphanumeric() || is_combining_mark(c);
            let end = rest[start..].find(|c| !goes_on(c)).map_or(rest.len(), |length| start + length);
            let from = text.len() - rest.len();
            words.push(Word { from: from + start, to: from + end, wanted: self.place(&rest[start..end], &stemmer) });
            rest = &rest[end..];
        }
        words
    }

    /// Which of what was looked for a word is.
    fn place(&self, word: &str, stemmer: &Stemmer) -> Option<usize> {
        // The index knows no longer ones either.
        if word.len() > BYTES {
            return None;
        }
        // No stem begins otherwise than its word.
        let first = folded(&word[..word.chars().next()?.len_utf8()]);
        let mut all = self.stems.iter().chain(&self.beginnings);
        if !all.any(|wanted| wanted.starts_with(&first)) {
            return None;
        }
        let word = folded(word);
        let stem = stemmer.stem(&word);
        let by_stem = self.stems.iter().position(|wanted| **wanted == *stem || *wanted == word);
        let begins = || self.beginnings.iter().position(|beginning| word.starts_with(beginning));
        by_stem.or_else(|| begins().map(|place| self.stems.len() + place))
    }
}

/// From which byte to which a passage of a text has most of what was looked for; the first of several.
fn passage(text: &str, words: &[Word]) -> (usize, usize) {
    let mut best = (0, 0);
    let most = words.iter().filter_map(|word| word.wanted).collect::<BTreeSet<_>>().len();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.wanted.is_some()) {
        let reach = words[at..].iter().take(WORDS - SENTENCE).take_while(|other| other.to - word.from < BYTES / 2);
        let seen: BTreeSet<_> = reach.filter_map(|other| other.wanted).chain(word.wanted).collect();
        if seen.len() > best.1 {
            best = (at, seen.len());
        }
        if best.1 == most {
            break;
        }
    }
    let at = best.0;
    let begins = |&place: &usize| {
        place == 0 || {
            let before = &text[words[place - 1].to..words[place].from];
            before.contains('\n') || (before.contains(['.', '!', '?', '…']) && before.contains(char::is_whitespace))
        }
    };
    let sentence = (at.saturating_sub(SENTENCE)..=at).rev().find(begins);
    let mut first = sentence.unwrap_or(at.saturating_sub(BEFORE)).min(words.len().saturating_sub(FEWEST));
    while first < at && words[at].to - words[first].from > BYTES / 2 {
        first += 1;
    }
    let Some(start) = words.get(first) else { return (0, text.floor_char_boundary(BYTES)) };
    // What stands before the first word of all is shown with it: a quotation mark, or the sign of a list.
    let from = if first == 0 && start.from < BYTES / 8 { 0 } else { start.from };
    let last = words[first..].iter().take(WORDS).take_while(|word| word.to - from <= BYTES).last();
    // A word may be longer than an extract.
    let Some(last) = last else { return (from, text.floor_char_boundary(from + BYTES)) };
    let closes = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    let after = text[last.to..].find(|c| !closes(c)).unwrap_or(text.len() - last.to);
    (from, text.floor_char_boundary(last.to + after.min(BYTES)))
}

/// A part of a text, cut where the words that were looked for begin and end.
fn pieces(text: &str, part: std::ops::Range<usize>, words: &[Word]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |from: usize, to: usize, marked| {
        // Something else than our own gates may have written signs that nobody sees.
        let text: String = text[from..to].chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
        if !text.is_empty() {
            pieces.push(Piece { text, marked });
        }
    };
    let mut at = part.start;
    for word in words.iter().filter(|word| word.wanted.is_some() && word.from >= part.start && word.to <= part.end) {
        push(at, word.from, false);
        push(word.from, word.to, true);
        at = word.to;
    }
    push(at, part.end, false);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BYTES, Wanted};

    fn wanted(lexemes: &[&str], beginnings: &[&str]) -> Wanted {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Wanted::of(owned(lexemes), owned(beginnings))
    }

    /// An extract, with what is marked in brackets.
    fn shown(wanted: &Wanted, text: &str) -> String {
        let shown = |piece: web::search::Piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text };
        wanted.extract(text).into_iter().map(shown).collect()
    }

    #[test]
    fn a_word_is_marked_in_each_of_its_forms() {
        let school = wanted(&["ecol", "ecout"], &[]);
        assert_eq!(
            shown(&school, "L’École, les écoles : écoutez l'ÉCOLIER"),
            "L’[École], les [écoles] : [écoutez] l'ÉCOLIER"
        );
        assert_eq!(
            shown(&wanted(&[], &["parent"]), "La parentalité des Parents, par an"),
            "La [parentalité] des [Parents], par an"
        );
        assert_eq!(shown(&wanted(&["mon", "baroeul"], &[]), "Mons-en-Barœul"), "[Mons]-en-[Barœul]");
        assert_eq!(shown(&wanted(&["exemple.fr"], &[]), "voir www.exemple.fr"), "voir www.[exemple].[fr]");
        assert_eq!(shown(&wanted(&["16", "-25"], &[]), "les 16-25 ans"), "les [16]-[25] ans");
        assert_eq!(shown(&wanted(&["mons-en-baroeul"], &[]), "en vain"), "en vain");
        assert_eq!(shown(&school, "E\u{301}coles, e\u{301}coles"), "[E\u{301}coles], [e\u{301}coles]");
        assert_eq!(shown(&wanted(&["lodz"], &[]), "à Łódź"), "à [Łódź]");
        assert_eq!(shown(&wanted(&[], &[]), "rien"), "rien");
        assert_eq!(shown(&school, ""), "");
    }

    #[test]
    fn an_extract_of_a_long_text_begins_with_the_sentence_that_has_most_of_the_words() {
        let filler = "Nous avons parlé de tout cela bien des fois. ".repeat(8);
        let text = format!("La grille. {filler}Voici la « grille » de suivi, relue par tous ! {filler}");
        let both = wanted(&["grill", "suiv"], &[]);
        let extract = shown(&both, &text);
        assert!(extract.starts_with("… Voici la « [grille] » de [suivi], relue par tous ! Nous avons"), "{extract}");
        assert!(extract.ends_with(" …"), "{extract}");
        let first = shown(&wanted(&["grill"], &[]), &text);
        assert!(first.starts_with("La [grille]. Nous avons"), "{first}");
        let address = format!("{filler}Voyez www.exemple.fr pour la grille {filler}");
        let extract = shown(&wanted(&["grill"], &[]), &address);
        assert!(extract.starts_with("… Voyez www.exemple.fr pour la [grille] Nous"), "{extract}");
        let ruled = format!("{}La grille. {filler}", "~ ".repeat(300));
        let extract = shown(&wanted(&["grill"], &[]), &ruled);
        assert!(extract.starts_with("… La [grille]. Nous"), "{extract}");
        let none = shown(&wanted(&["absent"], &[]), &text);
        assert!(none.starts_with("La grille. Nous") && none.ends_with(" …"), "{none}");
        let last = shown(&wanted(&["fin"], &[]), &format!("{}la fin.", "sans point ni virgule ".repeat(20)));
        assert_eq!(last, "… ni virgule sans point ni virgule sans point ni virgule la [fin].");
    }

    proptest! {
        #[test]
        fn an_extract_is_of_its_text_and_short(text in "([a-cé ]{0,9}|\\PC{0,12}|[.\n]){0,150}", long in 0_usize..2) {
            let text = format!("{text}{}", "é".repeat(long * 3000));
            let wanted = wanted(&["a", "bac"], &["c"]);
            let pieces = wanted.extract(&text);
            let shown: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            let bare = shown.trim_start_matches("… ").trim_end_matches(" …");
            let said: String = text.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
            prop_assert!(said.contains(bare));
            prop_assert!(text.chars().count() <= 200 || shown.len() <= BYTES + BYTES / 2);
            let words = wanted.words(&text);
            prop_assert_eq!(pieces.iter().any(|piece| piece.marked), words.iter().any(|word| word.wanted.is_some()));
        }
    }
}
