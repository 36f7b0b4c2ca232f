//! What every page owes to its readers, held on every sample in both languages.

use words::{Locale, Theme};

use super::{Sample, all};

fn pages() -> Vec<(String, String)> {
    let print = |sample: Sample| {
        let html = sample.html.unwrap_or_else(|error| panic!("{} does not print: {error}", sample.name));
        (sample.name, html)
    };
    let pages: Vec<_> = Locale::ALL.iter().flat_map(|locale| all(*locale, Theme::System)).map(print).collect();
    assert!(pages.len() > 60, "the samples are there");
    pages
}

#[test]
fn every_page_prints_with_one_main_heading_and_a_title() {
    for (name, html) in pages() {
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert_eq!(html.matches("<title>").count(), 1, "{name}");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
    }
}

#[test]
fn headings_go_down_one_level_at_a_time() {
    for (name, html) in pages() {
        let main = html.split_once("<main").map_or("", |(_, main)| main);
        // What waits in a template is not read until a script places it.
        let read = main.split("<template").map(|part| part.rsplit("</template>").next().unwrap_or_default());
        let mut level = 0;
        for rest in read.collect::<String>().split("<h").skip(1) {
            let Some(next) = rest.chars().next().and_then(|c| c.to_digit(10)) else { continue };
            assert!(next <= level + 1, "{name}: h{next} after h{level}");
            level = next;
        }
    }
}

#[test]
fn nothing_that_people_write_becomes_markup() {
    let mut hostile = 0;
    for (name, html) in pages() {
        assert!(!html.contains("<script>"), "{name}");
        // But for the pictures that we show ourselves.
        let shown = html.matches("<a class=\"picture\" href=\"/documents/").count();
        let ours = html.matches("\"><img src=\"/files/").count();
        assert_eq!((html.matches("<img").count(), ours), (shown, shown), "{name}");
        hostile += usize::from(html.contains("&#60;script&#62;"));
    }
    assert!(hostile > 20, "the hostile texts are printed, as texts");
}

#[test]
fn the_content_policy_refuses_nothing_that_a_page_holds() {
    for (name, html) in pages() {
        assert!(!html.contains(" style="), "{name}");
        assert!(!html.contains("<style"), "{name}");
        assert!(!html.contains(" onclick="), "{name}");
        // But for where a preview leads, who follows it.
        let leading = html.matches("<div class=\"link-preview\"><a href=\"https://").count();
        assert_eq!(html.matches("://").count(), leading, "{name} asks another site");
        assert_eq!(
            html.matches("<script").count(),
            html.matches("<script type=\"module\" nonce=\"nonce\"").count(),
            "{name}"
        );
    }
}

#[test]
fn an_identifier_stands_once_in_a_page() {
    for (name, html) in pages().into_iter().filter(|(name, _)| !name.ends_with("-long")) {
        let mut seen = std::collections::BTreeSet::new();
        for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(seen.insert(id.to_owned()), "{name}: {id}");
        }
        for field in html.split(" for=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(seen.contains(field), "{name}: the label of {field} labels nothing");
        }
    }
}

#[test]
fn the_one_door_for_markup_is_the_sanitised_type() {
    fn templates(folder: &std::path::Path, found: &mut usize) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                templates(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "html") {
                let content = std::fs::read_to_string(&path).unwrap();
                assert!(!content.contains("|safe") && !content.contains("| safe"), "{}", path.display());
                *found += 1;
            }
        }
    }
    let mut found = 0;
    templates(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found > 15, "the templates are read");
}

#[test]
fn the_live_client_finds_what_it_looks_for() {
    let sample = all(Locale::Fr, Theme::System).into_iter().find(|sample| sample.name == "thread-ordinary").unwrap();
    let html = sample.html.unwrap();
    let thread = "00000000-0000-0000-0000-00000000001f";
    for mark in [
        " data-live-url=\"/live\"",
        " data-epoch=\"",
        " data-streams=\"{&#34;",
        " data-person=\"",
        " data-locale=\"fr\"",
        " data-build=\"",
        " id=\"connection-status\"",
        " id=\"announcer\"",
        " data-author=\"",
        " data-position=\"1\"",
        " data-day=\"2025-09-18\"",
        " data-day-label=\"Jeudi 18 septembre 2025\"",
        " data-last-position=\"",
        "<template id=\"pending-message\">",
        &format!(" id=\"thread-messages-{thread}\""),
        &format!(" id=\"thread-row-{thread}\""),
        &format!(" data-thread=\"{thread}\" data-read-position=\"2\""),
    ] {
        assert!(html.contains(mark), "{mark}");
    }
}

#[test]
fn the_dark_colours_are_the_same_by_choice_and_by_system() {
    let sheet = include_str!("../kit/tokens.css");
    let colours = |from: &str| -> Vec<_> {
        let block = sheet.split_once(from).and_then(|(_, rest)| rest.split_once('}')).map_or("", |(block, _)| block);
        block.lines().map(str::trim).filter(|line| line.starts_with("--")).collect()
    };
    let (chosen, system) = (colours(":root[data-theme=\"dark\"] {"), colours(":root[data-theme=\"system\"] {"));
    assert!(chosen.len() > 25, "the colours are found");
    assert_eq!(chosen, system);
}
