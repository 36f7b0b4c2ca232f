//! Markdown to HTML that may be printed as it is: rendered without raw HTML, then sanitised by an allow-list.
//!
//! Surprises: what nests deeper than anybody reads is shown as it was typed, since markup within markup costs more with
//! each level. A task list is a list of boxes that are not for ticking, each with its text for a label.

use std::{borrow::Cow, collections::HashSet, ops::Range, sync::LazyLock};

use comrak::{
    Arena,
    nodes::{Node, NodeLink, NodeValue},
};
use uuid::Uuid;
use web::SafeHtml;

/// How many levels are rendered; a quote of a list of a table is five.
const DEEPEST: usize = 24;
/// The rooms of which a message may link to a thing by its address.
const ROOMS: [&str; 6] = ["threads", "messages", "documents", "meetings", "people", "channels"];

static OPTIONS: LazyLock<comrak::Options<'static>> = LazyLock::new(|| {
    let mut options = comrak::Options::default();
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    // People who write letters mean a line end when they type one.
    options.render.hardbreaks = true;
    // Raw HTML is shown as it was typed rather than dropped.
    options.render.escape = true;
    options
});

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::new();
    builder
        .tags(HashSet::from([
            "a",
            "blockquote",
            "br",
            "code",
            "del",
            "em",
            "hr",
            "input",
            "label",
            "li",
            "ol",
            "p",
            "pre",
            "strong",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
        ]))
        .generic_attributes(HashSet::new())
        .tag_attributes(
            [
                ("a", HashSet::from(["href"])),
                ("ol", HashSet::from(["start"])),
                ("input", HashSet::from(["checked", "disabled"])),
            ]
            .into(),
        )
        .tag_attribute_values([("input", [("type", HashSet::from(["checkbox"]))].into())].into())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Custom(Box::new(own)))
        .link_rel(Some("noopener nofollow ugc"));
    builder
});

/// A part of a text that leads somewhere of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Link {
    /// Where it stands in the text, in bytes.
    pub(super) at: Range<usize>,
    /// The address that it leads to: one of those that [`render`] lets through.
    pub(super) address: String,
}

/// The HTML of a body, in whose texts `links` finds what leads somewhere: not in code, and not in links. A heading
/// that somebody types becomes a strong line: the page's outline is not theirs.
pub(super) fn render(body: &str, links: &dyn Fn(&str) -> Vec<Link>) -> SafeHtml {
    if marks(body) > DEEPEST {
        return as_typed(body);
    }
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, body, &OPTIONS);
    if is_deep(root) {
        return as_typed(body);
    }
    let nodes: Vec<_> = root.descendants().collect();
    for node in nodes {
        label_task(&arena, node);
        link_text(&arena, node, links);
    }
    let mut html = String::new();
    if comrak::format_html(root, &OPTIONS, &mut html).is_err() {
        return as_typed(body);
    }
    let html = SANITISER.clean(&html).to_string();
    SafeHtml::sanitised(without_headings(&html))
}

/// What the store kept of [`render`].
pub fn sanitised(html: String) -> SafeHtml {
    SafeHtml::sanitised(html)
}

/// Of the addresses without a host, those of our own things, exactly.
fn own(address: &str) -> Option<Cow<'_, str>> {
    let (room, thing) = address.strip_prefix('/')?.split_once('/')?;
    let id = || thing.len() == 36 && thing.parse::<Uuid>().is_ok();
    let code = || (2..=5).contains(&thing.len()) && thing.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    (if room == "territories" { code() } else { ROOMS.contains(&room) && id() }).then_some(Cow::Borrowed(address))
}

/// The most marks of quotes and lists at the beginning of a line: as many levels, before anything is parsed.
fn marks(body: &str) -> usize {
    let of_line = |line: &str| {
        let mut marks = 0;
        for (at, mark) in line.char_indices() {
            match mark {
                '>' => marks += 1,
                '-' | '+' | '*' if line[at + 1..].starts_with([' ', '\t']) => marks += 1,
                ' ' | '\t' | '0'..='9' | '.' | ')' => {}
                _ => break,
            }
        }
        marks
    };
    body.lines().map(of_line).max().unwrap_or_default()
}

/// Whether something nests too deep. Nothing here calls itself, however deep it is.
fn is_deep(root: Node<'_>) -> bool {
    let mut depth = 0_usize;
    for edge in root.traverse() {
        match edge {
            comrak::arena_tree::NodeEdge::Start(_) => depth += 1,
            comrak::arena_tree::NodeEdge::End(_) => depth -= 1,
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// A body without any markup: its lines, as they were typed.
fn as_typed(body: &str) -> SafeHtml {
    let mut html = String::from("<p>");
    for (number, line) in body.lines().enumerate() {
        html.push_str(if number == 0 { "" } else { "<br>" });
        html.push_str(&ammonia::clean_text(line));
    }
    html.push_str("</p>");
    SafeHtml::sanitised(html)
}

/// Makes the first line of a task the label of its box.
fn label_task<'a>(arena: &'a Arena<'a>, node: Node<'a>) {
    let ticked = match &node.data().value {
        NodeValue::TaskItem(task) if task.symbol.is_some() => " checked",
        NodeValue::TaskItem(_) => "",
        _ => return,
    };
    let list = node.parent().map(|list| list.data().value.clone());
    let Some(NodeValue::List(list)) = list else { return };
    node.data_mut().value = NodeValue::Item(list);
    let raw = |html: String| -> Node<'a> { arena.alloc(NodeValue::Raw(html).into()) };
    let begins = raw(format!(r#"<label><input type="checkbox"{ticked} disabled> "#));
    let ends = raw("</label>".to_owned());
    let line = node.first_child().filter(|first| matches!(first.data().value, NodeValue::Paragraph));
    if let Some(line) = line {
        line.prepend(begins);
        line.append(ends);
    }
}

/// Cuts a text where it names something of ours, and makes links of those parts.
fn link_text<'a>(arena: &'a Arena<'a>, node: Node<'a>, links: &dyn Fn(&str) -> Vec<Link>) {
    let text = match &node.data().value {
        NodeValue::Text(text) => text.clone(),
        _ => return,
    };
    let linked = node.ancestors().any(|above| matches!(above.data().value, NodeValue::Link(_) | NodeValue::Image(_)));
    let found = if linked { Vec::new() } else { links(&text) };
    let alloc = |value: NodeValue| -> Node<'a> { arena.alloc(value.into()) };
    let words = |words: &str| NodeValue::Text(words.to_owned().into());
    let mut from = 0;
    for Link { at, address } in found {
        // What overlaps, or is no part of the text, is no link.
        let (Some(before), Some(name)) = (text.get(from..at.start), text.get(at.clone())) else { continue };
        let link = alloc(NodeValue::Link(Box::new(NodeLink { url: address, title: String::new() })));
        link.append(alloc(words(name)));
        node.insert_before(alloc(words(before)));
        node.insert_before(link);
        from = at.end;
    }
    if from > 0 {
        node.data_mut().value = words(text.get(from..).unwrap_or_default());
    }
}

fn without_headings(html: &str) -> String {
    if !html.contains("<h") {
        return html.to_owned();
    }
    (1..=6).fold(html.to_owned(), |html, level| {
        html.replace(&format!("<h{level}>"), "<p><strong>").replace(&format!("</h{level}>"), "</strong></p>")
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Link;

    fn render(body: &str) -> String {
        super::render(body, &|_| Vec::new()).as_str().to_owned()
    }

    #[test]
    fn markup_that_people_type_is_shown_and_never_run() {
        let html = render("**hé** <script>alert(1)</script> [x](javascript:alert(1))");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
        assert!(html.contains("<strong>hé</strong>"), "{html}");
        assert!(!html.contains("javascript:"), "{html}");
        let typed = render("<label><input type=\"checkbox\" checked> à cocher</label>");
        assert!(!typed.contains("<input"), "{typed}");
    }

    #[test]
    fn a_typed_heading_does_not_join_the_outline_of_the_page() {
        assert_eq!(render("# Titre").trim(), "<p><strong>Titre</strong></p>");
    }

    #[test]
    fn a_bare_address_becomes_a_link_that_tells_nothing_of_us() {
        let html = render("voir https://irev.fr");
        assert!(
            html.contains(r#"<a href="https://irev.fr" rel="noopener nofollow ugc">https://irev.fr</a>"#),
            "{html}"
        );
    }

    #[test]
    fn a_line_end_is_kept() {
        assert!(render("un\ndeux").contains("<br"));
    }

    #[test]
    fn a_task_is_a_box_that_its_text_labels_and_nobody_ticks() {
        let html = render("- [ ] écrire\n- [x] relire **bien**\n- rien");
        let expected = [
            r#"<li><label><input type="checkbox" disabled=""> écrire</label></li>"#,
            r#"<li><label><input type="checkbox" checked="" disabled=""> relire <strong>bien</strong></label></li>"#,
            "<li>rien</li>",
        ];
        for item in expected {
            assert!(html.contains(item), "{item} in {html}");
        }
    }

    #[test]
    fn a_link_leads_to_our_own_things_by_their_address_alone() {
        let id = "018f0000-0000-7000-8000-000000000000";
        let links = |address: &str| render(&format!("[x]({address})")).contains("href=");
        for room in ["threads", "messages", "documents", "meetings", "people", "channels"] {
            assert!(links(&format!("/{room}/{id}")), "{room}");
        }
        assert!(links("/territories/ARR"));
        for refused in [
            format!("/settings/{id}"),
            format!("/threads/{id}/edit"),
            format!("/threads/{id}?before=3"),
            format!("/threads/{id}#a"),
            format!("//threads/{id}"),
            format!("threads/{id}"),
            format!("/threads/{}", id.replace('-', "")),
            "/territories/arr".to_owned(),
            "/territories/ARR/..".to_owned(),
            "/sign-out".to_owned(),
        ] {
            assert!(!links(&refused), "{refused}");
        }
    }

    #[test]
    fn a_mention_is_a_link_outside_of_code_and_of_links() {
        let find = |text: &str| {
            let at = text.find("@Arras").map(|at| at..at + "@Arras".len());
            at.map(|at| Link { at, address: "/territories/ARR".to_owned() }).into_iter().collect()
        };
        let html = super::render("pour **@Arras**, pas `@Arras` ni [@Arras](https://arras.fr) & co", &find);
        assert_eq!(html.as_str().matches(r#"<a href="/territories/ARR""#).count(), 1, "{html}");
        assert!(
            html.as_str().contains(">@Arras</a></strong>, pas <code>@Arras</code> ni <a href=\"https://"),
            "{html}"
        );
        let none = super::render("été", &|_| vec![Link { at: 1..2, address: "/territories/ARR".to_owned() }]);
        assert_eq!(none.as_str().trim(), "<p>été</p>", "what cuts a character is no mention");
    }

    #[test]
    fn what_nests_without_end_is_shown_as_typed_and_costs_nothing() {
        let deep = |mark: &str| mark.repeat(20_000 / mark.chars().count());
        let hostile = [
            deep(">"),
            deep("> "),
            deep("- "),
            deep("1) "),
            deep("["),
            deep("[]("),
            deep("!["),
            deep("*"),
            deep("*a "),
            deep("*a **b "),
            deep("**a *"),
            deep("_a*"),
            deep("~~a *b"),
            deep("`"),
            deep("<"),
            deep("|"),
            format!("|{}\n|{}\n", "a|".repeat(3_000), "-|".repeat(3_000)),
            (0..190).fold(String::new(), |list, depth| list + &" ".repeat(depth) + "- a\n"),
            "http://a.".repeat(2_000),
            "a@a.".repeat(5_000),
        ];
        for body in hostile {
            let began = Instant::now();
            let html = render(&body);
            let took = began.elapsed();
            let start: String = body.chars().take(8).collect();
            // Some ten milliseconds each, unoptimised; what grows with the square of its depth takes minutes.
            assert!(took < Duration::from_secs(5), "{start}: {took:?}");
            assert!(html.matches("<blockquote").count() <= 24, "{start}");
        }
        assert_eq!(render(&">".repeat(30)), format!("<p>{}</p>", "&gt;".repeat(30)));
        assert!(render("> > a\n> - b").contains("<blockquote>"), "what people write is rendered");
    }
}
