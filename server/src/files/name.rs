//! The names that people's files have, made safe to show and to send back.

use crate::characters::is_unseen;

/// The longest name, in bytes.
const LONGEST: usize = 255;
/// The name of what has none: a word of both languages.
const UNNAMED: &str = "document";

/// The last part of a path, without what would deceive a reader or break a header: control characters, marks that turn
/// the writing direction, blanks and dots at its ends. Its extension is kept when it is cut.
pub fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = |c: &char| !(c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_unseen(*c));
    let clean: String = last.chars().filter(shown).collect();
    let clean = clean.trim_matches(|c: char| c.is_whitespace() || c == '.');
    if clean.is_empty() {
        return UNNAMED.to_owned();
    }
    if clean.len() <= LONGEST {
        return clean.to_owned();
    }
    let (stem, extension) = match clean.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 10 => (stem, format!(".{extension}")),
        _ => (clean, String::new()),
    };
    let mut end = (LONGEST - extension.len()).min(stem.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", &stem[..end])
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn a_name_is_a_name_and_never_a_path() {
        let cases = [
            ("rapport.pdf", "rapport.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\bilan 2024.ods", "bilan 2024.ods"),
            ("facture\u{202e}fdp.exe", "facturefdp.exe"),
            ("C:fakepath\\..\\..\\notes.txt", "notes.txt"),
            ("nul\0.pdf", "nul.pdf"),
            ("\u{2067}\u{061c}rapport\u{2028}.pdf", "rapport.pdf"),
            ("%2e%2e%2fpasswd", "%2e%2e%2fpasswd"),
            ("..", "document"),
            ("dossier/", "document"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
            ("...", "document"),
            ("", "document"),
            ("  été .pdf ", "été .pdf"),
        ];
        for (given, expected) in cases {
            assert_eq!(safe_name(given), expected, "{given:?}");
        }
        let long = safe_name(&format!("{}.docx", "é".repeat(300)));
        assert!(long.len() <= 255 && long.ends_with("é.docx"), "{long}");
    }
}
