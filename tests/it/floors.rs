//! The floors of the house: modules look down only, SQL stays in its drawer, and what is banned is absent.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// The floors, the lowest first; modules of one floor do not know each other, but for the ground.
const FLOORS: &[&[&str]] = &[
    &[
        "live",
        "consumers",
        "batch",
        "jobs",
        "files",
        "mail",
        "http",
        "db",
        "error",
        "config",
        "clock",
        "telemetry",
        "faults",
        "metrics",
        "outgoing",
        "characters",
    ],
    &["people", "territories"],
    &["groups"],
    &["channels", "documents"],
    &["threads"],
    &["conversations"],
    &["messages", "meetings"],
    &["search", "notifications", "previews"],
    &["reports", "push"],
    &["serve", "health", "fanout", "reactions", "work", "commands", "main", "lib", "today", "publish"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files of a folder that end so, however deep.
fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path, kind));
        } else if path.extension().is_some_and(|extension| extension == kind) {
            found.push(path);
        }
    }
    found
}

/// Each source file of the server, with the module it belongs to.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = root().join("server/src");
    let source = |path: PathBuf| {
        let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
        let module = Path::new(&first).file_stem().unwrap().to_string_lossy().into_owned();
        let content = fs::read_to_string(&path).unwrap();
        (module, path, content)
    };
    let found: Vec<_> = files(&root, "rs").into_iter().map(source).collect();
    assert!(found.len() > 20, "the sources are found");
    found
}

fn floor(module: &str) -> usize {
    FLOORS.iter().position(|floor| floor.contains(&module)).unwrap_or_else(|| panic!("{module} stands on no floor"))
}

/// The modules that a file names after `crate::` or inside `use crate::{…}`.
fn imports(content: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in content.match_indices("crate::") {
        let rest = &content[at + 7..];
        if let Some(list) = rest.strip_prefix('{') {
            let (mut depth, mut word) = (1, String::new());
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 1 && (c.is_ascii_alphanumeric() || c == '_') {
                    word.push(c);
                } else if !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            found.push(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect());
        }
    }
    found.retain(|word| FLOORS.iter().any(|floor| floor.contains(&word.as_str())));
    found
}

#[test]
fn modules_look_down_the_floors_only() {
    let mut seen = 0;
    for (module, path, content) in sources() {
        for import in imports(&content).iter().filter(|import| **import != module) {
            seen += 1;
            let (here, there) = (floor(&module), floor(import));
            let allowed = there < here || (here == there && (here == 0 || here == FLOORS.len() - 1));
            assert!(allowed, "{} looks up at {import}", path.display());
        }
    }
    assert!(seen > 50, "imports are found");
}

#[test]
fn the_reader_of_imports_sees_what_it_must() {
    let content = "use crate::{\n    db::{Db, Tx},\n    error::Result,\n};\nfn f() { crate::groups::list() }";
    assert_eq!(imports(content), ["db", "error", "groups"]);
}

#[test]
fn sql_stays_in_its_drawer() {
    for (_, path, content) in sources() {
        let drawers = ["db", "store", "store.rs"].map(OsStr::new);
        let store = path.strip_prefix(root()).unwrap().components().any(|part| drawers.contains(&part.as_os_str()));
        for query in ["query!(", "query_as!(", "query_scalar!(", "raw_sql("] {
            assert!(store || !content.contains(query), "{} holds SQL", path.display());
        }
        let begins = content.contains(".begin(") || content.contains(".begin_with(");
        assert!(!begins || path.ends_with("db/mod.rs"), "{} begins a transaction", path.display());
    }
}

#[test]
fn a_right_that_a_statement_read_becomes_a_proof_in_one_place() {
    let makers = sources().into_iter().filter(|(_, _, content)| content.contains("::may_read_as("));
    let makers: Vec<_> = makers.map(|(_, path, _)| path.strip_prefix(root()).unwrap().to_owned()).collect();
    assert_eq!(makers, [Path::new("server/src/threads/access.rs")]);
}

#[test]
fn templates_hold_no_script_no_style_and_no_unsafe_door() {
    let templates = files(&root().join("web/src"), "html");
    for path in &templates {
        let content = fs::read_to_string(path).unwrap();
        for banned in ["|safe", "| safe", " style=", " onclick=", "javascript:"] {
            assert!(!content.contains(banned), "{} holds {banned}", path.display());
        }
    }
    assert!(templates.len() > 10, "the templates are found");
}

#[test]
fn the_release_binary_has_nothing_that_only_tests_use() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    for manifest in ["server/words/Cargo.toml", "web/Cargo.toml"] {
        assert!(
            !read(manifest).contains("[features]"),
            "{manifest}: a feature of tests must not be one of the binary's"
        );
    }
    // One feature, which nothing but the package of the tests asks for, and no build of the program's.
    let server = read("server/Cargo.toml");
    let (_, features) = server.split_once("[features]").unwrap();
    let features = features.lines().skip(1).take_while(|line| !line.starts_with('['));
    let features: Vec<_> = features.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(features, [r#"faults = ["dep:fail", "fail/failpoints"]"#]);
    for recipe in ["Makefile", "deploy/Containerfile", "deploy/README.md"] {
        let recipe = read(recipe);
        // Programs that only tests use are the tests' package's own.
        let builds = recipe.lines().filter(|line| line.contains("cargo build") && !line.contains(" -p tests "));
        let builds: Vec<_> = builds.collect();
        assert!(!builds.is_empty() && builds.iter().all(|build| build.ends_with("--release --locked -p preau")));
    }
    let mut tested = 0;
    for (_, path, content) in sources() {
        // Code of tests is in modules that no other build has.
        let (product, tests) = content.split_once("#[cfg(test)]").unwrap_or((&content, ""));
        tested += usize::from(!tests.is_empty());
        for sign in ["#[test]", "#[tokio::test]", "cfg!(test)", "debug_assertions"] {
            let own = path.file_name().is_some_and(|name| name == "tests.rs")
                || path.components().any(|part| part.as_os_str() == "tests");
            assert!(own || !product.contains(sign), "{} holds {sign} outside its tests", path.display());
        }
    }
    assert!(tested > 5, "the modules of tests are found");
}

/// The fields of the templates that people write words in.
fn written_fields() -> Vec<String> {
    let templates = files(&root().join("web/src"), "html");
    templates.iter().flat_map(|path| written_in(&fs::read_to_string(path).unwrap())).collect()
}

fn written_in(template: &str) -> Vec<String> {
    let quoted = |text: &str| text.split('"').nth(1).unwrap_or_default().to_owned();
    let macros = ["field::input(faults, ", "field::area(faults, "].into_iter();
    let called = macros.flat_map(|call| template.split(call).skip(1).map(quoted).collect::<Vec<_>>());
    let areas = template.split("<textarea").skip(1).filter_map(|rest| {
        let tag = rest.split('>').next().unwrap_or_default();
        tag.split_once(" name=").map(|(_, name)| quoted(name))
    });
    called.chain(areas).filter(|name| !name.is_empty() && !name.contains('{')).collect()
}

#[test]
fn every_field_that_people_write_in_is_shown_again_when_its_form_is_lost() {
    // Who one is and what one proves it with is no text that would be typed twice.
    const SECRET: [&str; 3] = ["email", "password", "code"];
    let found = written_fields();
    assert!(found.len() > 15 && found.iter().any(|name| name == "agenda"), "the fields are found: {found:?}");
    for name in found {
        let shown = preau::http::kept::WRITTEN.contains(&name.as_str());
        assert!(shown || SECRET.contains(&name.as_str()), "{name} is lost with its form");
    }
    let planted = r#"{% call field::area(faults, "minutes", "x") %}<textarea id="a" name="notes">"#;
    assert_eq!(written_in(planted), ["minutes", "notes"]);
}
