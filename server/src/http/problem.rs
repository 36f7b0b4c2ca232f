//! How an error is answered: a problem document (RFC 9457) to a program, a page that helps to a person.
//!
//! `IntoResponse` cannot see who asks, so it only notes the error; [`explain`] writes the answer and logs it once.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use web::{
    Text,
    page::{ErrorPage, KeptPage},
    paths,
};

use super::{
    App, Page, accept,
    kept::{self, Typed},
};
use crate::error::Error;

/// An error noted on a response, until [`explain`] writes it.
#[derive(Clone, Debug)]
struct Noted(Arc<Error>);

#[derive(Serialize, JsonSchema)]
pub(super) struct Problem<'a> {
    r#type: &'static str,
    title: String,
    status: u16,
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct ProblemField<'a> {
    field: &'a str,
    code: &'static str,
    detail: String,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = status(&self).into_response();
        response.extensions_mut().insert(Noted(Arc::new(self)));
        response
    }
}

/// The status of an error, as `realtime.md` lists them.
pub fn status(error: &Error) -> StatusCode {
    match error {
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::BadRequest(_) => StatusCode::BAD_REQUEST,
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Forbidden => StatusCode::FORBIDDEN,
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Error::Conflict(_) | Error::IdConflict | Error::Archived => StatusCode::CONFLICT,
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Error::UnknownEvent
        | Error::Database(_)
        | Error::Migrate(_)
        | Error::ServerVersion(_)
        | Error::Io(_)
        | Error::Crypto(_)
        | Error::Render(_)
        | Error::Task(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Writes the noted error of a response, for whoever asked.
pub async fn explain(State(app): State<App>, page: Page, mut request: Request, next: Next) -> Response {
    let json = accept::wants_json(request.uri(), request.headers());
    let reading = request.method() == Method::GET;
    let address = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (typed, back) = (Typed::default(), kept::back(request.headers(), &app.settings.public_url));
    request.extensions_mut().insert(typed.clone());
    let mut response = next.run(request).await;
    let Some(Noted(error)) = response.extensions_mut().remove::<Noted>() else { return response };
    if !json && reading && matches!(*error, Error::Unauthenticated) {
        return Redirect::to(&paths::sign_in(Some(&address))).into_response();
    }
    log(&error, &page.address);
    // Rare: its size is no part of every request.
    if json { problem(&error, page.text) } else { Box::pin(error_page(&app, page, &error, &typed, back)).await }
}

/// Answers an error where no handler ran, and nobody read what was sent.
pub async fn answer(app: &App, page: Page, error: &Error, request: Request) -> Response {
    log(error, &page.address);
    if accept::wants_json(request.uri(), request.headers()) {
        return problem(error, page.text);
    }
    let back = kept::back(request.headers(), &app.settings.public_url);
    let typed = kept::read(request).await;
    error_page(app, page, error, &typed, back).await
}

/// The problem document of an error.
pub fn problem(error: &Error, text: Text) -> Response {
    let status = status(error);
    let fields = if let Error::Invalid(fields) = error { fields.as_slice() } else { &[] };
    let problem = Problem {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        code: error.code(),
        detail: sentence(error, text),
        errors: fields
            .iter()
            .map(|field| ProblemField {
                field: &field.field,
                code: field.code,
                detail: text.get(&format!("error-field-{}", field.code)),
            })
            .collect(),
    };
    let mut response = (status, axum::Json(problem)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    retry_after(error, &mut response);
    response
}

/// What a person is told, in their language.
pub fn sentence(error: &Error, text: Text) -> String {
    match error {
        Error::Conflict(reason) => text.get(&format!("error-conflict-{reason}")),
        Error::TooLarge { limit_bytes } => {
            text.with("error-too_large", &[("limit", web::date::size(text, *limit_bytes).into())])
        }
        error => text.get(&format!("error-{}", error.code())),
    }
}

async fn error_page(app: &App, page: Page, error: &Error, typed: &Typed, back: String) -> Response {
    let status = status(error);
    let signed_out = matches!(error, Error::Unauthenticated);
    let (title, sentence) = if signed_out {
        (page.text.get("kept-signed-out"), page.text.get("kept-signed-out-hint"))
    } else {
        (page.text.get("error-title"), sentence(error, page.text))
    };
    // The shell's navigation is left out when the database cannot be asked.
    let shell = if status.is_server_error() { page.bare(&title) } else { page.shell_or_bare(app, &title).await };
    let (typed, number) = (typed.text(), status.as_u16());
    let html = if typed.is_empty() && !signed_out {
        askama::Template::render(&ErrorPage { shell, status: number, code: error.code(), sentence })
    } else {
        let back = if signed_out { paths::sign_in(Some(&back)) } else { back };
        askama::Template::render(&KeptPage { shell, status: number, sentence, typed, back, signed_out })
    };
    let mut response = match html {
        Ok(html) => (status, axum::response::Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the error page did not render");
            status.into_response()
        }
    };
    retry_after(error, &mut response);
    response
}

fn retry_after(error: &Error, response: &mut Response) {
    let seconds = match error {
        Error::RateLimited { retry_after } => retry_after.as_secs().max(1),
        Error::Unavailable => 2,
        _ => return,
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}

fn log(error: &Error, address: &str) {
    let path = address.split('?').next().unwrap_or_default();
    // The last part of these is a secret.
    let secret = ["/feeds/", "/sign-in/"].into_iter().find(|secret| path.starts_with(secret));
    let path = secret.unwrap_or(path);
    if status(error).is_server_error() {
        tracing::error!(code = error.code(), path, %error, "a request failed");
    } else {
        tracing::debug!(code = error.code(), path, "a request was refused");
    }
}
