//! The gates of push: the page of one's devices and of their quiet hours, and JSON.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::NaiveTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    page::{Current, Faults},
    paths,
    push::{Device, PushPage, QuietForm, QuietHours, Tested},
};
use words::DeviceId;

use super::{NewDevice, Sender, Which, keys};
use crate::{
    error::{Error, Result},
    http::{App, Form, Json, List, ListQuery, Page, Path, Policy, Query, Routes, Viewer, print},
    people,
};

/// The routes of push.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, paths::PUSH, page)
        .post(Policy::SignedIn, paths::QUIET_HOURS, save_quiet_hours)
        .post(Policy::SignedIn, paths::PUSH_TEST, test_form)
        .post(Policy::SignedIn, "/settings/notifications/devices/{device}/remove", remove_form)
        .get(Policy::SignedIn, "/api/v1/push/key", key)
        .answers::<PublicKey>(200)
        .get(Policy::SignedIn, "/api/v1/push/devices", list)
        .asks::<ListQuery>()
        .answers::<List<Device>>(200)
        .post(Policy::SignedIn, "/api/v1/push/devices", subscribe)
        .takes::<Subscribe>()
        .answers::<Subscribed>(201)
        .delete(Policy::SignedIn, "/api/v1/push/devices/{device}", unsubscribe)
        .answers_plainly(204)
        .post(Policy::SignedIn, "/api/v1/push/tests", test)
        .takes::<Test>()
        .answers::<Tested>(200)
        .get(Policy::SignedIn, "/api/v1/push/quiet-hours", quiet_hours)
        .answers::<QuietHours>(200)
        .put(Policy::SignedIn, "/api/v1/push/quiet-hours", set_quiet_hours)
        .takes::<QuietHours>()
        .answers::<QuietHours>(200)
}

/// What a browser subscribes with.
#[derive(Serialize, JsonSchema)]
struct PublicKey {
    /// The `applicationServerKey`: an uncompressed point of P-256, in base64url.
    key: String,
}

/// A browser's `PushSubscription`, as `toJSON` writes it; what else it says is its own.
#[derive(Deserialize, JsonSchema)]
struct Subscribe {
    endpoint: String,
    keys: SubscribeKeys,
}

#[derive(Deserialize, JsonSchema)]
struct SubscribeKeys {
    p256dh: String,
    auth: String,
}

#[derive(Serialize, JsonSchema)]
struct Subscribed {
    id: DeviceId,
}

/// Which device is tested; all of one's own if none is named.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Test {
    device: Option<DeviceId>,
}

/// What is not ticked is not sent.
#[derive(Deserialize)]
struct QuietHoursForm {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    weekends: bool,
    #[serde(default)]
    holidays: bool,
}

/// What was done before the page is read.
#[derive(Default, Deserialize)]
struct Came {
    done: Option<u8>,
    accepted: Option<u32>,
    gone: Option<u32>,
    refused: Option<u32>,
    unreachable: Option<u32>,
}

impl Came {
    /// What came of a test, if there was one.
    fn tested(&self) -> Option<Tested> {
        let count = Option::unwrap_or_default;
        let (gone, refused, unreachable) = (count(self.gone), count(self.refused), count(self.unreachable));
        Some(Tested { accepted: self.accepted?, gone, refused, unreachable })
    }
}

async fn page(State(app): State<App>, page: Page, Query(came): Query<Came>) -> Result<Response> {
    show(&app, &page, Faults::default(), None, came).await
}

async fn show(app: &App, page: &Page, faults: Faults, typed: Option<QuietForm>, came: Came) -> Result<Response> {
    let (key, now) = (keys::of(&app.db).await?.public(), app.db.clock().now());
    let (nav, (devices, quiet)) = page
        .read(app, move |connection, viewer| {
            Box::pin(async move {
                let devices = super::devices(connection, viewer, now).await?;
                Ok((devices, super::quiet_hours(connection, viewer).await?))
            })
        })
        .await?;
    let shell = page.shell(&page.text.get("push-title"), nav).at(Current::Elsewhere);
    let tested = came.tested();
    let quiet = typed.unwrap_or_else(|| quiet.into());
    print(&PushPage { shell, faults, key, devices, quiet, done: came.done.is_some(), tested, now })
}

async fn save_quiet_hours(State(app): State<App>, page: Page, Form(form): Form<QuietHoursForm>) -> Result<Response> {
    let QuietHoursForm { enabled, from, to, weekends, holidays } = form;
    let typed = QuietForm { enabled, from, to, weekends, holidays };
    let saved = match chosen(&typed) {
        Ok(chosen) => {
            let viewer = page.reader()?;
            let saved =
                app.db.write(move |tx| Box::pin(async move { super::set_quiet_hours(tx, &viewer, chosen).await }));
            saved.await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=1", paths::PUSH)).into_response()),
        Err(error) => {
            let faults = people::http::faults(error, page.text)?;
            show(&app, &page, faults, Some(typed), Came::default()).await
        }
    }
}

fn chosen(typed: &QuietForm) -> Result<QuietHours> {
    let time = |field, typed: &str| typed.parse::<NaiveTime>().map_err(|_| Error::field(field, "malformed"));
    let (from, to) = (time("from", &typed.from)?, time("to", &typed.to)?);
    let QuietForm { enabled, weekends, holidays, .. } = *typed;
    Ok(QuietHours { enabled, from, to, weekends, holidays })
}

async fn test_form(State(app): State<App>, viewer: Viewer) -> Result<Redirect> {
    let Tested { accepted, gone, refused, unreachable } = tested(&app, &viewer, Which::All).await?;
    let came = format!("accepted={accepted}&gone={gone}&refused={refused}&unreachable={unreachable}");
    Ok(Redirect::to(&format!("{}?{came}", paths::PUSH)))
}

async fn remove_form(State(app): State<App>, viewer: Viewer, Path(device): Path<DeviceId>) -> Result<Redirect> {
    app.db.write(move |tx| Box::pin(async move { super::unsubscribe(tx, &viewer, device).await })).await?;
    Ok(Redirect::to(&format!("{}?done=1", paths::PUSH)))
}

async fn key(State(app): State<App>) -> Result<axum::Json<PublicKey>> {
    Ok(axum::Json(PublicKey { key: keys::of(&app.db).await?.public() }))
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<List<Device>>> {
    let mut connection = app.db.lend().await?;
    let devices = super::devices(&mut connection, &viewer, app.db.clock().now()).await?;
    Ok(axum::Json(List::page(devices, &query, |device| device.id.to_string())?))
}

async fn subscribe(State(app): State<App>, viewer: Viewer, Json(body): Json<Subscribe>) -> Result<Response> {
    let keys = (body.keys.p256dh.as_str(), body.keys.auth.as_str());
    let new = NewDevice::checked(&body.endpoint, keys, &app.settings.outgoing)?;
    let subscribed = app.db.write(move |tx| Box::pin(async move { super::subscribe(tx, &viewer, &new).await }));
    Ok((StatusCode::CREATED, axum::Json(Subscribed { id: subscribed.await? })).into_response())
}

async fn unsubscribe(State(app): State<App>, viewer: Viewer, Path(device): Path<DeviceId>) -> Result<StatusCode> {
    app.db.write(move |tx| Box::pin(async move { super::unsubscribe(tx, &viewer, device).await })).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn test(State(app): State<App>, viewer: Viewer, Json(body): Json<Test>) -> Result<axum::Json<Tested>> {
    Ok(axum::Json(tested(&app, &viewer, body.device.map_or(Which::All, Which::One)).await?))
}

async fn tested(app: &App, viewer: &Viewer, which: Which) -> Result<Tested> {
    super::test(&app.db, &Sender::new(&app.settings), viewer, which).await
}

async fn quiet_hours(State(app): State<App>, viewer: Viewer) -> Result<axum::Json<QuietHours>> {
    let mut connection = app.db.lend().await?;
    Ok(axum::Json(super::quiet_hours(&mut connection, &viewer).await?))
}

async fn set_quiet_hours(
    State(app): State<App>,
    viewer: Viewer,
    Json(chosen): Json<QuietHours>,
) -> Result<axum::Json<QuietHours>> {
    app.db.write(move |tx| Box::pin(async move { super::set_quiet_hours(tx, &viewer, chosen).await })).await?;
    Ok(axum::Json(chosen))
}
