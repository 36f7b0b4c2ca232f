//! What a page says of itself, and where a message leads: both read by the parser that the sanitiser uses, and of both
//! nothing is kept but text.

use std::cell::{Cell, RefCell};

use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, EndTag, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts, states,
};
use url::Url;

use crate::{characters::is_unseen, outgoing};

/// How many links of a message are looked up.
const MOST_LINKS: usize = 3;
/// The longest title, site and description, in characters.
const LONGEST_TITLE: usize = 150;
const LONGEST_SITE: usize = 60;
const LONGEST_DESCRIPTION: usize = 300;

/// What a page says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    pub(super) title: String,
    pub(super) site: Option<String>,
    pub(super) description: Option<String>,
}

/// What a page says of itself, in what is meant to be quoted first; nothing where it has no title.
pub(super) fn said(html: &str) -> Option<Said> {
    let Head { title, named, .. } = read(html);
    let named = named.into_inner();
    let of = |names: &[&str], longest| {
        let first = |name: &&str| named.iter().find(|(known, _)| known == name).map(|(_, content)| content.as_str());
        names.iter().filter_map(first).find_map(|content| line(content, longest))
    };
    Some(Said {
        title: of(&["og:title"], LONGEST_TITLE).or_else(|| line(&title.into_inner(), LONGEST_TITLE))?,
        site: of(&["og:site_name"], LONGEST_SITE),
        description: of(&["og:description", "description"], LONGEST_DESCRIPTION),
    })
}

/// The pages that a message leads to, as far as they are looked up: those of other servers than `own`.
pub(super) fn links(html: &str, own: Option<&Url>) -> Vec<Url> {
    let mut found: Vec<Url> = Vec::new();
    for link in read(html).links.into_inner() {
        let Some(url) = outgoing::page_url(&link) else { continue };
        let is_own = own.is_some_and(|own| (own.host(), own.port()) == (url.host(), url.port()));
        if !is_own && !found.contains(&url) {
            found.push(url);
        }
        if found.len() == MOST_LINKS {
            break;
        }
    }
    found
}

/// A text in one line, without what is not seen or turns the direction of what follows; cut where it is long.
fn line(text: &str, longest: usize) -> Option<String> {
    let hidden = |c: char| c.is_control() && !c.is_whitespace() || is_unseen(c);
    let seen: String = text.chars().filter(|&c| !hidden(c)).collect();
    let line = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { None } else { Some(web::text::cut(&line, longest)) }
}

fn read(html: &str) -> Head {
    let input = BufferQueue::default();
    input.push_back(html.into());
    let tokenizer = Tokenizer::new(Head::default(), TokenizerOpts::default());
    // Nothing of it is run, so that nothing makes it wait.
    drop(tokenizer.feed(&input));
    tokenizer.end();
    tokenizer.sink
}

/// What is noted of a page as it is read.
#[derive(Default)]
struct Head {
    titled: Cell<Titled>,
    title: RefCell<String>,
    /// What is named so, the first one first.
    named: RefCell<Vec<(String, String)>>,
    links: RefCell<Vec<String>>,
}

/// Whether the title was met: a drawing may have others.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Titled {
    #[default]
    NotYet,
    Within,
    Done,
}

impl Head {
    /// How many names and links are noted: a page may be nothing else.
    const MOST: usize = 100;

    fn open(&self, tag: &Tag) -> TokenSinkResult<()> {
        let attribute =
            |name: &str| tag.attrs.iter().find(|one| &*one.name.local == name).map(|one| one.value.to_string());
        match &*tag.name {
            "title" => {
                if self.titled.get() == Titled::NotYet {
                    self.titled.set(Titled::Within);
                }
                return TokenSinkResult::RawData(states::RawKind::Rcdata);
            }
            "textarea" => return TokenSinkResult::RawData(states::RawKind::Rcdata),
            "script" => return TokenSinkResult::RawData(states::RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
                return TokenSinkResult::RawData(states::RawKind::Rawtext);
            }
            "meta" => {
                let name = attribute("property").or_else(|| attribute("name"));
                if let (Some(name), Some(content)) = (name, attribute("content"))
                    && self.named.borrow().len() < Self::MOST
                {
                    self.named.borrow_mut().push((name.trim().to_ascii_lowercase(), content));
                }
            }
            "a" => {
                if let Some(link) = attribute("href").filter(|_| self.links.borrow().len() < Self::MOST) {
                    self.links.borrow_mut().push(link);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl TokenSink for Head {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            TagToken(tag) if tag.kind == StartTag => return self.open(&tag),
            TagToken(tag) if tag.kind == EndTag && &*tag.name == "title" && self.titled.get() == Titled::Within => {
                self.titled.set(Titled::Done);
            }
            CharacterTokens(text) if self.titled.get() == Titled::Within => self.title.borrow_mut().push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Said, line, links, said};

    fn told(title: &str, site: Option<&str>, description: Option<&str>) -> Said {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Said { title: title.to_owned(), site: owned(site), description: owned(description) }
    }

    #[test]
    fn a_page_is_told_by_what_it_says_of_itself() {
        assert_eq!(said("<title>Le &amp; label</title>"), Some(told("Le & label", None, None)));
        assert_eq!(
            said(
                "<head><title>Autre</title><META Property='og:title' content='  Le\n label '><meta name=description \
                 content='En bref'><meta property=og:site_name content=IREV><meta property='og:description' content='Plus'>"
            ),
            Some(told("Le label", Some("IREV"), Some("Plus")))
        );
        assert_eq!(
            said("<meta property=og:title content=' '><title>Le titre</title>"),
            Some(told("Le titre", None, None))
        );
        assert_eq!(said("<title>Un</title><svg><title>Deux</title></svg>"), Some(told("Un", None, None)));
        assert_eq!(said("<title><b>gras</b> &lt;i&gt;</title>"), Some(told("<b>gras</b> <i>", None, None)));
        for silent in ["", "<p>rien", "<title> \u{200b}\u{202e}</title>", "<script>'<title>x</title>'</script>"] {
            assert_eq!(said(silent), None, "{silent}");
        }
        assert_eq!(
            said("<script>'<meta property=og:title content=x>'</script><title>y</title>"),
            Some(told("y", None, None))
        );
        assert_eq!(said("<!-- <title>x</title> --><title>y"), Some(told("y", None, None)));
    }

    #[test]
    fn a_text_is_one_line_of_what_is_seen() {
        assert_eq!(line(" a\u{202e}b\u{0}\n\tc\u{2066}d\u{e0041} ", 100).as_deref(), Some("ab cd"));
        assert_eq!(line(&"é".repeat(20), 10), Some(format!("{}…", "é".repeat(9))));
        assert_eq!(line("\u{feff}", 10), None);
    }

    #[test]
    fn a_message_leads_to_pages_of_others_each_once() {
        let own = "https://preau.example/".parse().unwrap();
        let found = |html: &str| links(html, Some(&own)).iter().map(ToString::to_string).collect::<Vec<_>>();
        let html = "<a href='https://a.example/x#y'>1</a><a href='/threads/1'>2</a><a href='https://PREAU.example/z'>3</a>\
                    <a href='https://a.example/x'>4</a><a href='mailto:a@b.example'>5</a><a href='https://u:p@c.example/'>6</a>\
                    <a href='http://b.example'>7</a><a href='https://c.example/?a=1&amp;b=2'>8</a><a href='https://d.example/'>9</a>";
        assert_eq!(found(html), ["https://a.example/x", "http://b.example/", "https://c.example/?a=1&b=2"]);
    }

    proptest! {
        #[test]
        fn no_page_is_too_strange(html in "(<(title|meta|a|script|!--|/title)[ a-z='\":/>]{0,20}|.){0,30}") {
            drop(links(&html, None));
            if let Some(said) = said(&html) {
                prop_assert!(!said.title.is_empty() && said.title.chars().count() <= 150);
            }
        }
    }
}
