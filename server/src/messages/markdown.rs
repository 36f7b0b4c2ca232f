//! Markdown to HTML that may be printed as it is: rendered without raw HTML, then sanitised by an allow-list.

use std::{collections::HashSet, sync::LazyLock};

use comrak::nodes::{NodeLink, NodeValue};
use web::SafeHtml;

use super::mentions::{self, Mention, Named, Part};

static OPTIONS: LazyLock<comrak::Options<'static>> = LazyLock::new(|| {
    let mut options = comrak::Options::default();
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = false;
    // People who write letters mean a line end when they type one.
    options.render.hardbreaks = true;
    // Raw HTML is shown as it was typed rather than dropped.
    options.render.escape = true;
    options
});

/// Our own places that a text may lead to.
const OURS: &[&str] =
    &["/people/", "/territories/", "/channels/", "/threads/", "/messages/", "/documents/", "/meetings/"];

fn ours(address: &str) -> Option<std::borrow::Cow<'_, str>> {
    OURS.iter().any(|path| address.starts_with(path)).then(|| address.into())
}

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
        .tag_attributes([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))].into())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Custom(Box::new(ours)))
        .link_rel(Some("noopener nofollow ugc"));
    builder
});

/// The HTML of a body. A heading that somebody types becomes a strong line: the page's outline is not theirs.
pub(super) fn render(body: &str) -> SafeHtml {
    sanitised_now(&comrak::markdown_to_html(body, &OPTIONS))
}

fn sanitised_now(html: &str) -> SafeHtml {
    SafeHtml::sanitised(without_headings(&SANITISER.clean(html).to_string()))
}

/// The same with links to what the text names, and what that is. A name in code is code.
pub(super) fn render_naming(body: &str, named: &[Named]) -> (SafeHtml, Vec<Mention>) {
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, body, &OPTIONS);
    let mut mentions = Vec::new();
    for node in root.descendants().collect::<Vec<_>>() {
        let text = match &node.data.borrow().value {
            NodeValue::Text(text) if text.contains('@') && !is_linked(node) => text.to_string(),
            _ => continue,
        };
        let (parts, found) = mentions::parts(&text, named);
        mentions.extend(found);
        for part in parts {
            let made = |value: NodeValue| arena.alloc(value.into());
            match part {
                Part::Text(text) => node.insert_before(made(NodeValue::Text(text.to_owned().into()))),
                Part::Name(name, path) => {
                    let link = made(NodeValue::Link(Box::new(NodeLink { url: path, title: String::new() })));
                    link.append(made(NodeValue::Text(format!("@{name}").into())));
                    node.insert_before(link);
                }
            }
        }
        node.detach();
    }
    mentions.sort_unstable();
    mentions.dedup();
    let mut html = String::new();
    comrak::format_html(root, &OPTIONS, &mut html).expect("a string takes what is written to it");
    (sanitised_now(&html), mentions)
}

fn is_linked<'a>(node: &'a comrak::nodes::AstNode<'a>) -> bool {
    node.ancestors().any(|around| matches!(around.data.borrow().value, NodeValue::Link(_)))
}

/// What the store kept of [`render`].
pub fn sanitised(html: String) -> SafeHtml {
    SafeHtml::sanitised(html)
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
    use super::render;

    #[test]
    fn markup_that_people_type_is_shown_and_never_run() {
        let html = render("**hé** <script>alert(1)</script> [x](javascript:alert(1))");
        assert!(html.as_str().contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
        assert!(html.as_str().contains("<strong>hé</strong>"), "{html}");
        assert!(!html.as_str().contains("javascript:"), "{html}");
    }

    #[test]
    fn a_typed_heading_does_not_join_the_outline_of_the_page() {
        assert_eq!(render("# Titre").as_str().trim(), "<p><strong>Titre</strong></p>");
    }

    #[test]
    fn a_bare_address_becomes_a_link_that_tells_nothing_of_us() {
        let html = render("voir https://irev.fr");
        assert!(
            html.as_str().contains(r#"<a href="https://irev.fr" rel="noopener nofollow ugc">https://irev.fr</a>"#),
            "{html}"
        );
    }

    #[test]
    fn a_line_end_is_kept() {
        assert!(render("un\ndeux").as_str().contains("<br"));
    }
}
