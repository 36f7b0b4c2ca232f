//! Characters that are not seen, and change what is.

use crate::error::{Error, Result};

/// Whether it turns the direction of all that follows, by which a text can be made to read otherwise than it is (Unicode
/// TR 36, 2.8). Who writes from right to left needs none of them, since each paragraph goes by its own letters.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether it takes no room, or turns the direction: what comes from elsewhere, such as the name of a file or the title of a
/// page, is shown without any. What joins the parts of an emoji or of a word is not among them.
pub fn is_unseen(c: char) -> bool {
    turns(c)
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a name or a title holds what none may: it is one line, and reads as it is written.
pub fn holds_hidden(line: &str) -> bool {
    line.chars().any(|c| c.is_control() || turns(c))
}

/// A text of several lines as it is kept, of the field that it was typed into. Line ends of every kind become LF, and
/// outer blanks go; so do other control characters, and those that turn the direction. U+0000 is refused.
pub fn plain(field: &'static str, text: &str) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::field(field, "malformed"));
    }
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let kept: String = text.chars().filter(|&c| matches!(c, '\n' | '\t') || !(c.is_control() || turns(c))).collect();
    Ok(kept.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{holds_hidden, is_unseen, plain};

    #[test]
    fn what_is_not_seen_does_not_change_how_a_text_reads() {
        let kept = |text: &str| plain("body", text).unwrap();
        assert_eq!(kept(" a\r\nb\rc\u{b}d\u{2028}e "), "a\nb\nc\nd\ne");
        assert_eq!(kept("a\u{7}\u{1b}[31mb\u{9b}c\td"), "a[31mbc\td");
        assert_eq!(kept("virement\u{202e}fdp.exe\u{202c}"), "virementfdp.exe");
        assert_eq!(kept("\u{2066}a\u{2069}"), "a");
        let seen = "שלום \u{200f}abc, 👩\u{200d}🏫 et co\u{ad}upe";
        assert_eq!(kept(seen), seen);
        assert!(plain("body", "a\0b").is_err());
    }

    #[test]
    fn what_is_not_seen_is_told_from_what_joins() {
        assert!("\u{ad}\u{61c}\u{200b}\u{202e}\u{2067}\u{2060}\u{feff}\u{e0041}".chars().all(is_unseen));
        assert!(!"é 👩\u{200d}🏫\u{200c}שa\u{2028}".chars().any(is_unseen));
    }

    #[test]
    fn a_name_is_one_line_and_reads_as_it_is_written() {
        for hidden in ["a\u{0}", "a\nb", "a\u{9b}b", "virement\u{202e}fdp.exe", "\u{2066}a\u{2069}"] {
            assert!(holds_hidden(hidden), "{hidden:?}");
        }
        for seen in ["", "Réussite éducative\u{a0}: l’essentiel", "שלום \u{200f}abc", "👩\u{200d}🏫 et co\u{ad}upe"]
        {
            assert!(!holds_hidden(seen), "{seen:?}");
        }
    }
}
