//! The page that asks what one wants to do, and then where: who comes with something to say need not know the house.

use axum::{
    extract::State,
    response::{Redirect, Response},
};
use serde::Deserialize;
use web::{
    page::NavGroup,
    paths,
    publish::{Intent, Place, PublishPage},
};
use words::{ChannelId, GroupId, Role};

use crate::{
    error::Result,
    groups,
    http::{App, Page, Policy, Query, Routes, print},
    meetings,
};

/// The routes of publishing.
pub fn routes() -> Routes {
    Routes::new().get(Policy::SignedIn, "/publish", publish).get(Policy::SignedIn, "/publish/place", place)
}

#[derive(Deserialize)]
struct PublishQuery {
    intent: Option<Intent>,
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
struct PlaceQuery {
    intent: Intent,
    channel: ChannelId,
    #[serde(default)]
    body: String,
}

async fn publish(State(app): State<App>, page: Page, Query(query): Query<PublishQuery>) -> Result<Response> {
    let now = app.db.clock().now();
    let (nav, (mut writable, animated, meeting)) = page
        .read(&app, move |connection, viewer| {
            Box::pin(async move {
                let groups = groups::list(connection, viewer).await?;
                let of = |may: fn(Role) -> bool| -> Vec<GroupId> {
                    groups.iter().filter(|group| group.role.is_some_and(may)).map(|group| group.id).collect()
                };
                let writable = of(|role| role != Role::Guest);
                let animated = of(|role| role == Role::Animator);
                Ok((writable, animated, meetings::next(connection, viewer, now).await?))
            })
        })
        .await?;
    if query.intent == Some(Intent::Announce) {
        writable = animated;
    }
    let places = nav.menu.groups().iter().filter(|group| writable.contains(&group.id)).map(place_of).collect();
    print(&PublishPage {
        shell: page.shell(&page.text.get("publish-title"), nav),
        intent: query.intent,
        body: query.body,
        places,
        meeting: meeting.map(|meeting| (meeting.id, meeting.title)),
    })
}

fn place_of(group: &NavGroup) -> Place {
    let channels = group.channels.iter().map(|channel| (channel.id, channel.name.clone())).collect();
    Place { slug: group.slug.clone(), name: group.name.clone(), channels }
}

/// Leads to the form of a channel, with what is known already.
async fn place(Query(query): Query<PlaceQuery>) -> Redirect {
    Redirect::to(&paths::channel_writing(query.channel, query.intent.kind(), &query.body))
}
