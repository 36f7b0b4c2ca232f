//! The gates of people: signing in and out, one's own account, `GET /me`.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::{
    Text, date,
    page::{Current, Faults, FieldFault},
    paths,
    people::{CodePage, ConfirmPage, SessionRow, SettingsPage, SignInMail, SignInMailText, SignInPage},
};
use words::{Announce, Locale, PersonId, SessionId, StreamId, Theme};

use super::{Preferences, Secret, SignInLetter};
use crate::{
    db::{self, Tx},
    error::{Error, Result},
    http::{App, Credential, Form, Page, Path, Peer, Policy, Query, Routes, Viewer, print},
    mail,
};

/// The routes of people.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::Public, "/sign-in", sign_in_form)
        .post(Policy::Public, "/sign-in", ask_for_link)
        .get(Policy::Public, "/sign-in/code", code_form)
        .post(Policy::Public, "/sign-in/code", use_code)
        .post(Policy::Public, "/sign-in/password", use_password)
        .get(Policy::Public, "/sign-in/{secret}", confirm_form)
        .post(Policy::Public, "/sign-in/{secret}", use_link)
        .post(Policy::SignedIn, "/sign-out", sign_out)
        .get(Policy::SignedIn, "/settings", settings_form)
        .post(Policy::SignedIn, "/settings", save_settings)
        .post(Policy::SignedIn, "/settings/password", save_password)
        .post(Policy::SignedIn, "/settings/sessions/{session}/end", end_session)
        .get(Policy::SignedIn, "/api/v1/me", me)
        .answers::<Me>(200)
}

/// The viewer that a request's cookie or Bearer token names, if any.
pub async fn viewer_of(app: &App, headers: &HeaderMap) -> Result<Option<Viewer>> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if let Some(token) = bearer {
        let Some(secret) = Secret::presented(token.trim()) else { return Ok(None) };
        // Rather rare: its size is no part of every request.
        let asked = db::promptly(async {
            let mut connection = app.db.lend().await?;
            super::viewer_of_token(&mut connection, &secret).await
        });
        return Box::pin(asked).await;
    }
    let jar = CookieJar::from_headers(headers);
    let Some(secret) = jar.get(session_cookie(app)).and_then(|cookie| Secret::presented(cookie.value())) else {
        return Ok(None);
    };
    super::viewer_of_session(&app.db, &app.viewers, &secret).await
}

/// Puts the mail of a sign-in or of an invitation among those to send.
pub async fn enqueue_letter(tx: &mut Tx, app: &App, letter: &SignInLetter) -> Result<()> {
    let text = Text::of(letter.locale);
    let network = app.settings.network.as_str();
    let link = format!("{}{}", app.settings.public_url, paths::sign_in_link(letter.secret.reveal()));
    let subject = if letter.code.is_empty() { "mail-subject-invitation" } else { "mail-subject-sign-in" };
    let plain = SignInMailText { text, network, link: &link, code: &letter.code };
    let html = SignInMail { text, network, link: &link, code: &letter.code };
    let mail = mail::Letter {
        person: letter.person,
        recipient: letter.address.clone(),
        subject: text.name(subject, network),
        text: askama::Template::render(&plain)?,
        html: askama::Template::render(&html)?,
    };
    mail::enqueue(tx, &mail).await
}

/// What was refused of a form, in the reader's language; any other error goes on.
pub fn faults(error: Error, text: Text) -> Result<Faults> {
    match error {
        Error::Invalid(fields) => Ok(Faults(
            fields
                .into_iter()
                .map(|field| FieldFault {
                    field: field.field.into_owned(),
                    sentence: text.word("error-field", field.code),
                })
                .collect(),
        )),
        error => Err(error),
    }
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

#[derive(Deserialize)]
struct AskForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct SettingsForm {
    #[serde(default)]
    name: String,
    locale: Locale,
    theme: Theme,
    /// What is not ticked is not sent.
    #[serde(default)]
    typing: bool,
    #[serde(default)]
    enter_sends: bool,
    announce: Option<Announce>,
}

#[derive(Deserialize)]
struct NewPassword {
    #[serde(default)]
    password: String,
}

#[derive(Serialize, JsonSchema)]
struct Me {
    id: PersonId,
    name: String,
    email: String,
    admin: bool,
    locale: Locale,
    /// Whether one shows that one writes, and sees that others do.
    shows_typing: bool,
    /// Whether the Enter key sends what one writes.
    enter_sends: bool,
    /// What one's screen reader is told of new messages.
    announce: Announce,
    stream: StreamId,
    seq: i64,
    epoch: Uuid,
}

async fn sign_in_form(page: Page, Query(query): Query<Next>) -> Result<Response> {
    let next = paths::safe_next(query.next.as_deref()).to_owned();
    if page.viewer.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    sign_in_page(&page, Faults::default(), String::new(), next)
}

fn sign_in_page(page: &Page, faults: Faults, email: String, next: String) -> Result<Response> {
    let shell = page.public(&page.text.get("sign-in-title"));
    print(&SignInPage { shell, faults, email, next })
}

async fn ask_for_link(
    State(app): State<App>,
    page: Page,
    peer: Peer,
    jar: CookieJar,
    Form(form): Form<AskForm>,
) -> Result<Response> {
    if let Err(error) = super::NewPerson::checked(&form.email, "", false, page.text.locale()) {
        let faults = faults(error, page.text)?;
        return sign_in_page(&page, faults, form.email, form.next);
    }
    count_try(&app, &form.email, &peer).await?;
    let (owner, email) = (app.clone(), form.email.clone());
    let sign_in = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let sign_in = super::ask_to_sign_in(tx, &email).await?;
                if let Some(letter) = &sign_in.letter {
                    enqueue_letter(tx, &owner, letter).await?;
                }
                Ok(sign_in)
            })
        })
        .await?;
    let jar = jar.add(cookie(&app, "sign_in", sign_in.id.to_string()));
    let next = paths::safe_next(Some(&form.next)).to_owned();
    Ok((jar, Redirect::to(&format!("{}?next={}", paths::SIGN_IN_CODE, paths::encoded(next)))).into_response())
}

async fn code_form(page: Page, Query(query): Query<Next>) -> Result<Response> {
    let next = paths::safe_next(query.next.as_deref()).to_owned();
    code_page(&page, Faults::default(), next)
}

fn code_page(page: &Page, faults: Faults, next: String) -> Result<Response> {
    let shell = page.public(&page.text.get("code-title"));
    print(&CodePage { shell, faults, next })
}

async fn use_code(
    State(app): State<App>,
    page: Page,
    headers: HeaderMap,
    jar: CookieJar,
    Form(form): Form<CodeForm>,
) -> Result<Response> {
    let id = jar.get("sign_in").and_then(|cookie| cookie.value().parse::<Uuid>().ok());
    let code = form.code.clone();
    let person = match id {
        Some(id) => {
            app.db.write(move |tx| Box::pin(async move { super::sign_in_by_code(tx, id, &code).await })).await?
        }
        None => None,
    };
    let Some(person) = person else {
        let faults = faults(Error::field("code", "code"), page.text)?;
        return code_page(&page, faults, form.next);
    };
    signed_in(&app, person, &headers, jar, &form.next).await
}

async fn use_password(
    State(app): State<App>,
    page: Page,
    peer: Peer,
    headers: HeaderMap,
    jar: CookieJar,
    Form(form): Form<PasswordForm>,
) -> Result<Response> {
    count_try(&app, &form.email, &peer).await?;
    if let Some(person) = super::sign_in_by_password(&app.db, &form.email, &form.password).await? {
        signed_in(&app, person, &headers, jar, &form.next).await
    } else {
        let faults = faults(Error::field("password", "password"), page.text)?;
        sign_in_page(&page, faults, form.email, form.next)
    }
}

async fn confirm_form(State(app): State<App>, page: Page, Path(text): Path<String>) -> Result<Response> {
    let now = app.db.clock().now();
    let name = match Secret::presented(&text) {
        Some(secret) => {
            let mut connection = app.db.lend().await?;
            super::holder_of_link(&mut connection, &secret, now).await?
        }
        None => None,
    };
    let shell = page.public(&page.text.get("sign-in-title"));
    print(&ConfirmPage { shell, action: paths::sign_in_link(&text), name })
}

async fn use_link(
    State(app): State<App>,
    page: Page,
    headers: HeaderMap,
    jar: CookieJar,
    Path(text): Path<String>,
) -> Result<Response> {
    let person = match Secret::presented(&text) {
        Some(secret) => {
            app.db.write(move |tx| Box::pin(async move { super::sign_in_by_link(tx, &secret).await })).await?
        }
        None => None,
    };
    if let Some(person) = person {
        signed_in(&app, person, &headers, jar, paths::HOME).await
    } else {
        let shell = page.public(&page.text.get("sign-in-title"));
        print(&ConfirmPage { shell, action: String::new(), name: None })
    }
}

async fn signed_in(app: &App, person: PersonId, headers: &HeaderMap, jar: CookieJar, next: &str) -> Result<Response> {
    let user_agent =
        headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let secret =
        app.db.write(move |tx| Box::pin(async move { super::open_session(tx, person, &user_agent).await })).await?;
    let jar = jar.remove(Cookie::build("sign_in").path("/")).add(cookie(
        app,
        session_cookie(app),
        secret.reveal().to_owned(),
    ));
    Ok((jar, Redirect::to(paths::safe_next(Some(next)))).into_response())
}

async fn sign_out(State(app): State<App>, viewer: Viewer, jar: CookieJar) -> Result<Response> {
    if let Credential::Session(session) = viewer.credential {
        let reader = viewer.clone();
        app.db.write(move |tx| Box::pin(async move { super::end_session(tx, &reader, session).await })).await?;
    }
    let jar = jar.remove(Cookie::build(session_cookie(&app)).path("/"));
    Ok((jar, Redirect::to(paths::SIGN_IN)).into_response())
}

#[derive(Deserialize)]
struct Done {
    done: Option<u8>,
}

async fn settings_form(State(app): State<App>, page: Page, Query(query): Query<Done>) -> Result<Response> {
    let typed = Preferences::of(&page.reader()?);
    settings_page(&app, &page, Faults::default(), typed, query.done.is_some()).await
}

async fn settings_page(app: &App, page: &Page, faults: Faults, typed: Preferences, done: bool) -> Result<Response> {
    let now = app.db.clock().now();
    let viewer = page.reader()?;
    let (nav, sessions) = page
        .read(app, move |connection, viewer| Box::pin(async move { super::sessions(connection, viewer, now).await }))
        .await?;
    let sessions = sessions.into_iter().map(|session| session_row(session, &viewer, page.text, now)).collect();
    let shell = page.shell(&page.text.get("settings-title"), nav).at(Current::Elsewhere);
    let Preferences { name, locale, theme, shows_typing, enter_sends, announce } = typed;
    let (email, admin) = (viewer.email, viewer.admin);
    print(&SettingsPage {
        shell,
        faults,
        name,
        email,
        locale,
        theme,
        shows_typing,
        enter_sends,
        announce,
        admin,
        sessions,
        done,
    })
}

fn session_row(session: super::Session, viewer: &Viewer, text: Text, now: DateTime<Utc>) -> SessionRow {
    SessionRow {
        id: session.id,
        current: viewer.credential == Credential::Session(session.id),
        seen: format!(
            "{}, {}",
            date::short(text, session.seen_at, now),
            date::hour(text, session.seen_at, date::NETWORK_ZONE)
        ),
        user_agent: session.user_agent,
    }
}

async fn save_settings(State(app): State<App>, page: Page, Form(form): Form<SettingsForm>) -> Result<Response> {
    let viewer = page.reader()?;
    let SettingsForm { name, locale, theme, typing, enter_sends, announce } = form;
    // A form that does not ask leaves it as it is.
    let announce = announce.unwrap_or(viewer.announce);
    let chosen = Preferences { name, locale, theme, shows_typing: typing, enter_sends, announce };
    let typed = chosen.clone();
    let saved =
        app.db.write(move |tx| Box::pin(async move { super::set_preferences(tx, &viewer, &chosen).await })).await;
    match saved {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=1", paths::SETTINGS)).into_response()),
        Err(error) => {
            let faults = faults(error, page.text)?;
            settings_page(&app, &page, faults, typed, false).await
        }
    }
}

async fn save_password(State(app): State<App>, page: Page, Form(form): Form<NewPassword>) -> Result<Response> {
    let viewer = page.reader()?;
    match super::hash_password(form.password).await {
        Ok(hash) => {
            app.db.write(move |tx| Box::pin(async move { super::set_password(tx, &viewer, hash).await })).await?;
            Ok(Redirect::to(&format!("{}?done=1", paths::SETTINGS)).into_response())
        }
        Err(error) => {
            let faults = faults(error, page.text)?;
            settings_page(&app, &page, faults, Preferences::of(&page.reader()?), false).await
        }
    }
}

async fn end_session(State(app): State<App>, viewer: Viewer, Path(session): Path<SessionId>) -> Result<Redirect> {
    app.db.write(move |tx| Box::pin(async move { super::end_session(tx, &viewer, session).await })).await?;
    Ok(Redirect::to(paths::SETTINGS))
}

async fn me(State(app): State<App>, viewer: Viewer) -> Result<axum::Json<Me>> {
    let epoch = app.db.epoch().await?;
    let stream: StreamId = viewer.id.into();
    let seq = crate::db::last_seq(&app.db, stream).await?;
    Ok(axum::Json(Me {
        id: viewer.id,
        name: viewer.name,
        email: viewer.email,
        admin: viewer.admin,
        locale: viewer.locale,
        shows_typing: viewer.shows_typing,
        enter_sends: viewer.enter_sends,
        announce: viewer.announce,
        stream,
        seq,
        epoch,
    }))
}

async fn count_try(app: &App, address: &str, peer: &Peer) -> Result<()> {
    if !app.settings.rate_limits {
        return Ok(());
    }
    let (address, network) = (address.to_owned(), peer.network());
    app.db.write(move |tx| Box::pin(async move { super::count_try(tx, &address, &network).await })).await
}

/// The name of the session's cookie, by the scheme of the public address.
pub fn session_cookie(app: &App) -> &'static str {
    if app.settings.secure { "__Host-session" } else { "session" }
}

fn cookie(app: &App, name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .secure(app.settings.secure)
        .same_site(SameSite::Lax)
        // The server decides when a session ends.
        .permanent()
        .build()
}
