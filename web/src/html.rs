//! HTML that may be printed as it is.

use schemars::JsonSchema;
use serde::Serialize;

/// HTML that passed the sanitiser. Printed unescaped by templates: the one door for people's markup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Takes what the sanitiser gave. The only callers are `messages::markdown` of the server, and what it stored.
    pub fn sanitised(html: String) -> Self {
        Self(html)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for SafeHtml {}
