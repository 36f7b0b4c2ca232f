//! The router: a line per room, and the middleware in order.

use std::time::Duration;

use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use sqlx::PgConnection;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    csrf::CsrfLayer,
    timeout::TimeoutLayer,
};
use web::page::{Nav, NavChannel, NavGroup};

use crate::{
    channels,
    db::Work,
    error::Error,
    groups,
    http::{App, Page, Policy, Routes, Viewer, problem, routes::Declared, security},
    messages::{self, Poster},
    people, threads,
};

/// Every route of the product.
pub fn routes() -> Routes {
    Routes::new()
        .get(Policy::Public, "/livez", || async { "ok" })
        .get(Policy::Public, "/readyz", ready)
        .get(Policy::Public, "/assets/{name}", asset)
        .merge(people::http::routes())
        .merge(groups::http::routes())
        .merge(channels::http::routes())
        .merge(messages::http::routes())
}

/// The router, ready to serve.
pub fn router(app: App) -> Router {
    let (router, _) = routes().into_parts();
    let compression = CompressionLayer::new()
        .compress_when(SizeAbove::new(1024).and(NotForContentType::new("application/octet-stream")));
    router
        .fallback(|| async { Error::NotFound })
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed })
        .layer(Extension(Poster::new(app.db.clone())))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(60)))
        .layer(CsrfLayer::new())
        .layer(middleware::from_fn_with_state(app.clone(), problem::explain))
        .layer(middleware::from_fn_with_state(app.clone(), viewer))
        .layer(middleware::from_fn_with_state(app.clone(), security::headers))
        .layer(compression)
        .layer(CatchPanicLayer::new())
        .with_state(app)
}

/// What was declared, for the tests that hold every route to its policy.
pub fn declared() -> Vec<Declared> {
    routes().into_parts().1
}

/// Reads a page's navigation: the reader's groups and channels, and where their streams stand.
pub fn navigation<'c>(connection: &'c mut PgConnection, viewer: &'c Viewer) -> Work<'c, Nav> {
    Box::pin(async move {
        let mut groups: Vec<NavGroup> = Vec::new();
        let mut streams = vec![(viewer.id.0, people::seq(connection, viewer).await?)];
        for row in threads::unread_channels(connection, viewer.id).await? {
            if groups.last().is_none_or(|group| group.id != row.group) {
                streams.push((row.group.0, row.seq));
                groups.push(NavGroup { id: row.group, slug: row.slug, name: row.group_name, channels: Vec::new() });
            }
            if let (Some(group), Some(id), Some(name)) = (groups.last_mut(), row.channel, row.name) {
                group.channels.push(NavChannel { id, name, unread: row.unread });
            }
        }
        Ok(Nav {
            person: viewer.id,
            name: viewer.name.clone(),
            department: None,
            groups,
            epoch: uuid::Uuid::nil(),
            streams,
            current: web::page::Current::default(),
        })
    })
}

/// Notes who asks. A database that is away is an error only where somebody must be signed in.
async fn viewer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match people::http::viewer_of(&app, request.headers()).await {
        Ok(Some(viewer)) => {
            request.extensions_mut().insert(viewer);
        }
        Ok(None) => {}
        Err(error) => {
            let public = ["/assets/", "/livez", "/readyz"].iter().any(|path| request.uri().path().starts_with(path));
            if !public {
                let page: Result<Page, _> = axum::RequestExt::extract_parts_with_state(&mut request, &app).await;
                let Ok(page) = page;
                return problem::answer(&app, page, &error, request.uri(), request.headers()).await;
            }
        }
    }
    next.run(request).await
}

async fn ready(State(app): State<App>) -> Response {
    match app.db.epoch().await.and(crate::db::ping(&app.db).await) {
        Ok(()) => "ok".into_response(),
        Err(error) => error.into_response(),
    }
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(asset) = web::assets::get(&name, accepts.contains("br")) else {
        return Error::NotFound.into_response();
    };
    let mut response = asset.bytes.into_owned().into_response();
    let headers = response.headers_mut();
    if let Ok(media_type) = HeaderValue::from_str(&asset.media_type) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    // The name changes with the content.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if asset.brotli {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}
