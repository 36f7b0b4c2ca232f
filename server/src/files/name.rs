//! The names that people's files have, made safe to show and to send back.

/// The longest name, in bytes.
const LONGEST: usize = 255;

/// The last part of a path, without what would deceive a reader or break a header: control characters, marks that turn
/// the writing direction, blanks and dots at its ends. Its extension is kept when it is cut.
pub fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|&c| !c.is_control() && !turns(c)).collect();
    let clean = clean.trim_matches(|c: char| c.is_whitespace() || c == '.');
    if clean.is_empty() {
        return "fichier".to_owned();
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

/// Marks that turn the writing direction, or take no room.
fn turns(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
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
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
            ("...", "fichier"),
            ("", "fichier"),
            ("  été .pdf ", "été .pdf"),
        ];
        for (given, expected) in cases {
            assert_eq!(safe_name(given), expected, "{given:?}");
        }
        let long = safe_name(&format!("{}.docx", "é".repeat(300)));
        assert!(long.len() <= 255 && long.ends_with("é.docx"), "{long}");
    }
}
