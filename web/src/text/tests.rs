//! The locales are whole: every key that is used exists in both languages, and every key that exists is used.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::{ENGLISH, FRENCH, cut};

/// Keys of a language, with the arguments of each.
fn keys(rooms: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for room in rooms {
        assert!(fluent_bundle::FluentResource::try_new((*room).to_owned()).is_ok(), "a file does not parse: {room}");
        let mut current = String::new();
        for line in room.lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase()))
            {
                current = key.to_owned();
                assert!(keys.insert(current.clone(), BTreeSet::new()).is_none(), "{key} is there twice");
            }
            for argument in line.split('$').skip(1) {
                let name: String = argument.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                keys.entry(current.clone()).or_default().insert(name);
            }
        }
    }
    keys
}

/// Every word in quotes of the templates and of the sources, where a key may stand.
fn quoted(folder: &Path, words: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            quoted(&path, words);
        } else if path.extension().is_some_and(|kind| kind == "html" || kind == "rs" || kind == "txt") {
            let content = fs::read_to_string(&path).unwrap();
            words.extend(content.split('"').map(str::to_owned));
        }
    }
}

fn used() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut words = BTreeSet::new();
    quoted(&root.join("src"), &mut words);
    quoted(&root.join("../server/src"), &mut words);
    words
}

/// Beginnings of keys that are completed by a value's word or an error's code.
const BEGINNINGS: &[&str] = &[
    "access-",
    "announce-",
    "answer-",
    "channel-level-",
    "document-type-",
    "documents-type-",
    "error-",
    "error-conflict-",
    "error-field-",
    "weekday-",
    "month-",
    "mode-",
    "notification-why-",
    "post-",
    "publish-",
    "push-says-",
    "publish-hint-",
    "reaction-",
    "remind-",
    "role-",
    "search-found-",
    "search-is-",
    "search-with-",
    "short-month-",
    "short-weekday-",
    "state-",
    "switcher-kind-",
    "theme-",
    "thread-filter-",
    "thread-kind-",
    "thread-level-",
    "thread-none-",
    "thread-status-",
    "locale-",
];

#[test]
fn both_languages_say_the_same_things() {
    let (french, english) = (keys(FRENCH), keys(ENGLISH));
    for (key, arguments) in &french {
        assert_eq!(Some(arguments), english.get(key), "{key} differs between the languages");
    }
    let missing: Vec<_> = english.keys().filter(|key| !french.contains_key(*key)).collect();
    assert!(missing.is_empty(), "only in English: {missing:?}");
}

#[test]
fn no_key_is_unused_and_none_is_missing() {
    let (french, used) = (keys(FRENCH), used());
    let unused: Vec<_> = french
        .keys()
        .filter(|key| !used.contains(*key) && !BEGINNINGS.iter().any(|beginning| key.starts_with(beginning)))
        .collect();
    assert!(unused.is_empty(), "unused: {unused:?}");
    let called = called();
    assert!(called.len() > 50, "the scan finds the calls");
    let missing: Vec<_> = called.iter().filter(|key| !french.contains_key(*key)).collect();
    assert!(missing.is_empty(), "missing: {missing:?}");
}

/// The keys of `text.get("…")` and its like.
fn called() -> BTreeSet<String> {
    fn scan(folder: &Path, keys: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                scan(&path, keys);
                continue;
            }
            let content = fs::read_to_string(&path).unwrap_or_default();
            for call in [".get(\"", ".count(\"", ".name(\"", ".with(\""] {
                for rest in content.split(call).skip(1).filter(|_| content.contains("text")) {
                    let key = rest.split('"').next().unwrap_or_default();
                    if key.contains('-') && !key.contains([' ', '{', '_', '/']) {
                        keys.insert(key.to_owned());
                    }
                }
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut keys = BTreeSet::new();
    scan(&root.join("src"), &mut keys);
    scan(&root.join("../server/src"), &mut keys);
    keys
}

#[test]
fn french_is_set_as_french_is_printed() {
    for line in FRENCH.iter().flat_map(|room| room.lines()).filter(|line| !line.starts_with('#')) {
        let Some((_, text)) = line.split_once('=').or(Some(("", line))) else { continue };
        assert!(!text.contains('\''), "a straight apostrophe: {line}");
        assert!(!text.contains('·') || text.contains(" · "), "a mid-dot form: {line}");
        for sign in [" ?", " !", " ;", " :", "« ", " »"] {
            assert!(!text.contains(sign), "an ordinary space beside a high sign: {line}");
        }
    }
}

#[test]
fn what_is_cut_says_so() {
    assert_eq!((cut("évaluer", 7), cut("évaluer", 4)), ("évaluer".to_owned(), "éva…".to_owned()));
}
