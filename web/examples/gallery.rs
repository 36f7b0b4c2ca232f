//! Writes every page with every sample, in both languages and both lights, to `web/gallery`: no server, no database.
//!
//! `cargo run -p web --example gallery`, then any server of static files on that folder.

use std::{fs, io, path::Path};

use words::{Locale, Theme};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("gallery");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    copy_assets(&folder.join("assets"))?;
    let mut index =
        vec!["<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Gallery</title><ul>".to_owned()];
    for (locale, theme) in [(Locale::Fr, Theme::Light), (Locale::Fr, Theme::Dark), (Locale::En, Theme::Light)] {
        for sample in web::samples::all(locale, theme) {
            let file = format!("{}-{locale}-{theme}.html", sample.name);
            fs::write(folder.join(&file), sample.html.map_err(io::Error::other)?)?;
            index.push(format!("<li><a href=\"{file}\">{file}</a></li>"));
        }
    }
    fs::write(folder.join("index.html"), index.join("\n"))
}

/// The assets stand beside the pages, under the address that the pages give them.
fn copy_assets(to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("dist"))? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
