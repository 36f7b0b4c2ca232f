//! Scripts, styles, fonts and icons: built into the binary, under addresses that change with their content.

use std::borrow::Cow;

/// The files of `web/dist`, as `make assets` left them.
#[derive(rust_embed::RustEmbed)]
#[folder = "dist"]
struct Dist;

/// The names that pages use, each with the hashed one: `app.js app-3F2A.js` a line.
static NAMES: std::sync::LazyLock<Vec<(String, String)>> = std::sync::LazyLock::new(|| {
    let list = Dist::get("names.txt").map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default();
    list.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, hashed)| (name.to_owned(), hashed.to_owned()))
        .collect()
});

/// A file as it is sent.
#[derive(Debug)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub media_type: String,
    /// Whether the bytes are brotli's.
    pub brotli: bool,
}

/// The address of a file by the name that pages use, such as `app.js`.
pub fn path(name: &str) -> String {
    let hashed = NAMES.iter().find(|(known, _)| known == name).map_or(name, |(_, hashed)| hashed);
    format!("/assets/{hashed}")
}

/// The addresses of what a script imports at once: asked for with it, they come with it.
pub fn parts(name: &str) -> Vec<String> {
    let of_it = format!("{name}+");
    NAMES.iter().filter(|(known, _)| *known == of_it).map(|(_, hashed)| format!("/assets/{hashed}")).collect()
}

/// What identifies this build's scripts and styles.
pub fn build() -> &'static str {
    NAMES.iter().find(|(name, _)| name == "app.js").map_or("none", |(_, hashed)| hashed)
}

/// A file by its hashed name, as brotli if the browser takes it and it is smaller.
pub fn get(name: &str, accepts_brotli: bool) -> Option<Asset> {
    if std::path::Path::new(name).extension().is_some_and(|end| end == "br") || name == "names.txt" {
        return None;
    }
    let plain = Dist::get(name)?;
    let media_type = plain.metadata.mimetype().to_owned();
    match Dist::get(&format!("{name}.br")).filter(|_| accepts_brotli) {
        Some(small) => Some(Asset { bytes: small.data, media_type, brotli: true }),
        None => Some(Asset { bytes: plain.data, media_type, brotli: false }),
    }
}
