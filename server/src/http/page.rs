//! The page gate: what every page needs of its request, and the snapshot that it is read in.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{Html, IntoResponse, Response},
};
use sqlx::PgConnection;
use web::{
    Text,
    page::{Nav, Shell},
};
use words::{Announce, MessageId, Theme};

use super::{App, Viewer, accept, security::Nonce};
use crate::{db::Work, error::Result};

/// What a page needs of its request.
#[derive(Clone, Debug)]
pub struct Page {
    /// The reader's language.
    pub text: Text,
    /// Who reads, if somebody is signed in.
    pub viewer: Option<Viewer>,
    /// The address asked for, with its query.
    pub address: String,
    /// The id that a message will have which is written on this page.
    pub message: MessageId,
    pub(super) nonce: String,
    network: String,
    demo: bool,
}

impl FromRequestParts<App> for Page {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let viewer = parts.extensions.get::<Viewer>().cloned();
        let locale = viewer.as_ref().map_or_else(|| accept::locale(&parts.headers), |viewer| viewer.locale);
        Ok(Self {
            text: Text::of(locale),
            viewer,
            address: parts.uri.path_and_query().map_or("/", |address| address.as_str()).to_owned(),
            message: MessageId::fresh(),
            nonce: parts.extensions.get::<Nonce>().map(|nonce| nonce.0.clone()).unwrap_or_default(),
            network: app.settings.network.clone(),
            demo: app.settings.mailbox,
        })
    }
}

impl Page {
    /// Who reads; the route's policy made sure that there is somebody.
    pub fn reader(&self) -> Result<Viewer> {
        self.viewer.clone().ok_or(crate::error::Error::Unauthenticated)
    }

    /// A shell without navigation: for who is not signed in, and for when the database cannot be asked.
    pub fn bare(&self, title: &str) -> Shell {
        Shell {
            text: self.text,
            nonce: self.nonce.clone(),
            theme: self.viewer.as_ref().map_or(Theme::System, |viewer| viewer.theme),
            announce: self.viewer.as_ref().map_or(Announce::Words, |viewer| viewer.announce),
            title: title.to_owned(),
            network: self.network.clone(),
            address: self.address.clone(),
            demo: self.demo,
            nav: None,
        }
    }

    /// The shell of a page that anybody may read, with its title.
    pub fn public(&self, title: &str) -> Shell {
        self.bare(title)
    }

    /// A shell whose navigation was read in the page's snapshot.
    pub fn shell(&self, title: &str, nav: Nav) -> Shell {
        Shell { nav: Some(nav), ..self.bare(title) }
    }

    /// Reads the navigation and the page's content in one snapshot, so that its sequences are the content's (I5). Those of
    /// a remembered navigation, and of the reader's own stream, are of just before: what came meanwhile is told once more.
    pub async fn read<T, F>(&self, app: &App, read: F) -> Result<(Nav, T)>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut PgConnection, &'c Viewer) -> Work<'c, T> + Send + 'static,
    {
        let (viewer, navigation, epoch) = (self.reader()?, app.navigation.clone(), app.db.epoch().await?);
        let known = navigation.remembered(&viewer, epoch).await;
        app.db
            .snapshot(move |connection| {
                Box::pin(async move {
                    let nav = match known {
                        Ok(nav) => {
                            #[cfg(feature = "faults")]
                            navigation.assert_good(connection, &viewer, &nav).await?;
                            nav
                        }
                        Err(turn) => {
                            let nav = navigation.read(connection, &viewer, epoch).await?;
                            drop(turn);
                            nav
                        }
                    };
                    let content = read(connection, &viewer).await?;
                    Ok((nav, content))
                })
            })
            .await
    }

    /// The shell of an error page: with the navigation if it can be read.
    pub async fn shell_or_bare(&self, app: &App, title: &str) -> Shell {
        if self.viewer.is_none() {
            return self.bare(title);
        }
        match self.read(app, |_, _| Box::pin(async { Ok(()) })).await {
            Ok((nav, ())) => self.shell(title, nav),
            Err(_) => self.bare(title),
        }
    }
}

/// Prints a page.
pub fn print(view: &impl askama::Template) -> Result<Response> {
    Ok(Html(view.render()?).into_response())
}
