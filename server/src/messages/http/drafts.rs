//! What helps while somebody writes: what is kept of it, how it will look, and what can be named in it.

use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use web::SafeHtml;
use words::{ChannelId, MessageId, ThreadId, ThreadKind};

use crate::{
    channels,
    error::{Error, Result},
    http::{App, Json, Page, Path, Policy, Query, Routes, Viewer, print},
    messages::{self, Desk, Draft, Kept, Named, Unfinished},
    threads,
};

/// The routes of what is being written.
pub(super) fn routes() -> Routes {
    Routes::new()
        .get(Policy::SignedIn, "/threads/{thread}/completion", in_thread::complete)
        .get(Policy::SignedIn, "/channels/{channel}/completion", in_channel::complete)
        .post(Policy::SignedIn, "/api/v1/preview", preview)
        .takes::<PreviewBody>()
        .answers::<Preview>(200)
        .get(Policy::SignedIn, "/api/v1/threads/{thread}/draft", in_thread::find)
        .answers::<KeptDraft>(200)
        .put(Policy::SignedIn, "/api/v1/threads/{thread}/draft", in_thread::keep)
        .takes::<DraftBody>()
        .answers::<KeptDraft>(200)
        .delete(Policy::SignedIn, "/api/v1/threads/{thread}/draft", in_thread::forget)
        .asks::<ForgetQuery>()
        .answers_plainly(204)
        .get(Policy::SignedIn, "/api/v1/channels/{channel}/draft", in_channel::find)
        .answers::<KeptDraft>(200)
        .put(Policy::SignedIn, "/api/v1/channels/{channel}/draft", in_channel::keep)
        .takes::<DraftBody>()
        .answers::<KeptDraft>(200)
        .delete(Policy::SignedIn, "/api/v1/channels/{channel}/draft", in_channel::forget)
        .asks::<ForgetQuery>()
        .answers_plainly(204)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PreviewBody {
    body: String,
}

/// A body as it will be read.
#[derive(Serialize, JsonSchema)]
struct Preview {
    html: SafeHtml,
}

async fn preview(Json(asked): Json<PreviewBody>) -> Result<axum::Json<Preview>> {
    let draft = Draft::checked(None, &asked.body, Vec::new())?;
    Ok(axum::Json(Preview { html: messages::sanitised(draft.html().to_owned()) }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DraftBody {
    /// The id that its message will have: once that is there, the draft is over.
    id: MessageId,
    #[serde(default)]
    title: String,
    kind: Option<ThreadKind>,
    body: String,
}

/// What the asker is writing, and when it was kept.
#[derive(Serialize, JsonSchema)]
struct KeptDraft {
    id: MessageId,
    title: String,
    kind: ThreadKind,
    body: String,
    updated_at: DateTime<Utc>,
}

impl From<Kept> for KeptDraft {
    fn from(Kept { message, title, kind, body, updated_at }: Kept) -> Self {
        Self { id: message, title, kind, body, updated_at }
    }
}

#[derive(Deserialize, JsonSchema)]
struct ForgetQuery {
    /// The one message whose draft is forgotten; that of any without it.
    id: Option<MessageId>,
}

#[derive(Deserialize)]
struct CompletionQuery {
    of: Named,
    #[serde(default)]
    q: String,
}

/// Where one writes, as an address names it.
#[derive(Clone, Copy)]
enum Place {
    Thread(ThreadId),
    Channel(ChannelId),
}

impl Place {
    async fn desk(self, connection: &mut PgConnection, viewer: &Viewer) -> Result<Desk> {
        Ok(match self {
            Self::Thread(thread) => Desk::from(&threads::may_read(connection, viewer, thread).await?),
            Self::Channel(channel) => Desk::from(&channels::may_read(connection, viewer, channel).await?),
        })
    }

    async fn find(self, app: &App, viewer: &Viewer) -> Result<axum::Json<KeptDraft>> {
        let mut connection = app.db.lend().await?;
        let desk = self.desk(&mut connection, viewer).await?;
        let kept = messages::find_draft(&mut connection, &desk).await?.ok_or(Error::NotFound)?;
        Ok(axum::Json(kept.into()))
    }

    async fn keep(self, app: &App, viewer: Viewer, draft: DraftBody) -> Result<axum::Json<KeptDraft>> {
        let text = Unfinished::checked(draft.id, &draft.title, draft.kind, &draft.body)?;
        let kept = app.db.write(move |tx| {
            Box::pin(async move {
                let desk = self.desk(tx.connection(), &viewer).await?;
                messages::keep(tx, &desk, text).await
            })
        });
        Ok(axum::Json(kept.await?.into()))
    }

    async fn forget(self, app: &App, viewer: Viewer, message: Option<MessageId>) -> Result<StatusCode> {
        let forgotten = app.db.write(move |tx| {
            Box::pin(async move {
                let desk = self.desk(tx.connection(), &viewer).await?;
                messages::forget(tx, &desk, message).await
            })
        });
        forgotten.await.map(|()| StatusCode::NO_CONTENT)
    }

    async fn complete(self, app: &App, page: &Page, asked: CompletionQuery) -> Result<Response> {
        let viewer = page.reader()?;
        let mut connection = app.db.lend().await?;
        let desk = self.desk(&mut connection, &viewer).await?;
        let now = app.db.clock().now();
        print(&messages::complete(&mut connection, &desk, asked.of, &asked.q, page.text, now).await?)
    }
}

macro_rules! gates {
    ($module:ident, $place:ident, $id:ty) => {
        mod $module {
            use super::*;

            pub(super) async fn find(
                State(app): State<App>,
                viewer: Viewer,
                Path(id): Path<$id>,
            ) -> Result<axum::Json<KeptDraft>> {
                Place::$place(id).find(&app, &viewer).await
            }

            pub(super) async fn keep(
                State(app): State<App>,
                viewer: Viewer,
                Path(id): Path<$id>,
                Json(draft): Json<DraftBody>,
            ) -> Result<axum::Json<KeptDraft>> {
                Place::$place(id).keep(&app, viewer, draft).await
            }

            pub(super) async fn forget(
                State(app): State<App>,
                viewer: Viewer,
                Path(id): Path<$id>,
                Query(asked): Query<ForgetQuery>,
            ) -> Result<StatusCode> {
                Place::$place(id).forget(&app, viewer, asked.id).await
            }

            pub(super) async fn complete(
                State(app): State<App>,
                page: Page,
                Path(id): Path<$id>,
                Query(asked): Query<CompletionQuery>,
            ) -> Result<Response> {
                Place::$place(id).complete(&app, &page, asked).await
            }
        }
    };
}

gates!(in_thread, Thread, ThreadId);
gates!(in_channel, Channel, ChannelId);
