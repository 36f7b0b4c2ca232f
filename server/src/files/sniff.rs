//! What a file is: by what it begins with, and by its extension only among what cannot be run.

/// How many bytes are looked at.
pub(super) const BEGINNING: usize = 8192;

/// What is not known, and what a browser might run: downloaded, never shown.
const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file.
pub(super) fn media_type(name: &str, beginning: &[u8]) -> String {
    let extension = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    match infer::get(beginning).map(|kind| kind.mime_type()) {
        Some("application/zip") => office(&extension).unwrap_or("application/zip").to_owned(),
        Some(known) if is_inert(known) => known.to_owned(),
        None if std::str::from_utf8(beginning).is_ok() || cut_inside_a_letter(beginning) => match extension.as_str() {
            "csv" => "text/csv".to_owned(),
            "txt" | "md" => "text/plain".to_owned(),
            _ => UNKNOWN.to_owned(),
        },
        Some(_) | None => UNKNOWN.to_owned(),
    }
}

/// What is only looked at or listened to, and the formats of offices. Anything else keeps no name: markup, programs, and
/// what is not known yet.
fn is_inert(media_type: &str) -> bool {
    match media_type.split_once('/') {
        Some(("image", kind)) => kind != "svg+xml",
        Some(("audio" | "video", _)) => true,
        Some(("application", kind)) => {
            kind.starts_with("vnd.openxmlformats-officedocument.")
                || kind.starts_with("vnd.oasis.opendocument.")
                || matches!(kind, "pdf" | "rtf" | "epub+zip" | "gzip" | "x-7z-compressed" | "x-ole-storage")
                || matches!(kind, "msword" | "vnd.ms-excel" | "vnd.ms-powerpoint")
        }
        _ => false,
    }
}

/// Office documents are archives: the extension says which, and none of them is run by a browser.
fn office(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odp" => "application/vnd.oasis.opendocument.presentation",
        _ => return None,
    })
}

/// The beginning of a text may end inside one of its letters.
fn cut_inside_a_letter(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none() && bytes.len() - error.valid_up_to() < 4)
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn what_a_browser_might_run_is_never_named_so() {
        for (name, bytes) in [
            ("page.html", "<!DOCTYPE html><script>alert(1)</script>"),
            ("image.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("photo.png", "<html><body>"),
            ("script.js", "alert(1)"),
            ("feuille.xml", "<?xml version='1.0'?>"),
            ("rapport.pdf", "#!/bin/sh\nrm -rf"),
            ("photo.jpg", "MZ\u{90}\0programme"),
            ("module.txt", "\0asm\u{1}\0\0\0"),
        ] {
            assert_eq!(media_type(name, bytes.as_bytes()), "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn a_known_beginning_says_what_it_is_whatever_the_name() {
        assert_eq!(media_type("liste.txt", b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(media_type("notes.txt", "déjà".as_bytes()), "text/plain");
    }
}
