//! Routes that say who may ask. There is no other way to add one, so none is without a policy.

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, delete, get, patch, post, put},
};

use super::{App, Viewer};
use crate::error::Error;

/// Who may reach a route's handler at all; what they may do there is the room's access function to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Anybody.
    Public,
    /// Whoever is signed in.
    SignedIn,
}

/// A route as it was declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Declared {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, with its `{parameters}`.
    pub path: &'static str,
    /// Who may reach it.
    pub policy: Policy,
}

/// The routes of a room.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router<App>,
    declared: Vec<Declared>,
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $method:literal;)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name<H, T>(self, policy: Policy, path: &'static str, handler: H) -> Self
            where
                H: Handler<T, App>,
                T: 'static,
            {
                self.add($method, policy, path, $name(handler))
            }
        )*
    };
}

impl Routes {
    /// No route yet.
    pub fn new() -> Self {
        Self::default()
    }

    methods! {
        /// Adds a GET route.
        get = "GET";
        /// Adds a POST route.
        post = "POST";
        /// Adds a PUT route.
        put = "PUT";
        /// Adds a PATCH route.
        patch = "PATCH";
        /// Adds a DELETE route.
        delete = "DELETE";
    }

    /// Adds another room's routes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.declared.extend(other.declared);
        self.router = self.router.merge(other.router);
        self
    }

    /// The router, and the list of what was declared.
    pub fn into_parts(self) -> (Router<App>, Vec<Declared>) {
        (self.router, self.declared)
    }

    fn add(mut self, method: &'static str, policy: Policy, path: &'static str, route: MethodRouter<App>) -> Self {
        let route = match policy {
            Policy::Public => route,
            Policy::SignedIn => route.layer(middleware::from_fn(signed_in)),
        };
        self.declared.push(Declared { method, path, policy });
        self.router = self.router.route(path, route);
        self
    }
}

async fn signed_in(viewer: Option<Viewer>, request: Request, next: Next) -> Response {
    match viewer {
        Some(_) => next.run(request).await,
        None => Error::Unauthenticated.into_response(),
    }
}
