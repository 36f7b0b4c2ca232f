//! Routes that say who may ask. There is no other way to add one, so none is without a policy.

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, delete, get, patch, post, put},
};

use schemars::{JsonSchema, SchemaGenerator};

use super::{App, Viewer, accept, kept};
use crate::error::Error;

/// Who may reach a route's handler at all; what they may do there is the room's access function to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Anybody.
    Public,
    /// Whoever is signed in.
    SignedIn,
}

/// Makes the schema of a type, in a document that is being written.
pub type Schema = fn(&mut SchemaGenerator) -> schemars::Schema;

/// What a route of the API takes and answers, for the document that describes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Operation {
    /// The body.
    pub body: Option<Body>,
    /// The query of the address.
    pub query: Option<Schema>,
    /// The status of a success, and what comes with it.
    pub answer: Option<(u16, Option<Schema>)>,
}

/// A body.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// JSON.
    Json(Schema),
    /// A form with a file, and these words.
    Form(&'static [&'static str]),
}

/// A route as it was declared.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, with its `{parameters}`.
    pub path: &'static str,
    /// Who may reach it.
    pub policy: Policy,
    /// What it takes and answers, if it is the API's.
    pub operation: Operation,
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

    /// Says that the last route takes a body of this type.
    #[must_use]
    pub fn takes<T: JsonSchema>(mut self) -> Self {
        self.last().body = Some(Body::Json(SchemaGenerator::subschema_for::<T>));
        self
    }

    /// Says that the last route takes a form with a file and these words.
    #[must_use]
    pub fn takes_file(mut self, words: &'static [&'static str]) -> Self {
        self.last().body = Some(Body::Form(words));
        self
    }

    /// Says that the last route reads a query of this type.
    #[must_use]
    pub fn asks<T: JsonSchema>(mut self) -> Self {
        self.last().query = Some(SchemaGenerator::root_schema_for::<T>);
        self
    }

    /// Says what the last route answers when all is well.
    #[must_use]
    pub fn answers<T: JsonSchema>(mut self, status: u16) -> Self {
        self.last().answer = Some((status, Some(SchemaGenerator::subschema_for::<T>)));
        self
    }

    /// Says that the last route answers a status, and bytes or nothing with it.
    #[must_use]
    pub fn answers_plainly(mut self, status: u16) -> Self {
        self.last().answer = Some((status, None));
        self
    }

    /// What is said of no route is said of nothing.
    fn last(&mut self) -> &mut Operation {
        &mut self.declared.last_mut().expect("an operation follows its route").operation
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
        self.declared.push(Declared { method, path, policy, operation: Operation::default() });
        self.router = self.router.route(path, route);
        self
    }
}

async fn signed_in(viewer: Option<Viewer>, request: Request, next: Next) -> Response {
    if viewer.is_some() {
        return next.run(request).await;
    }
    // A session may end while its holder writes: what they wrote is shown to them.
    if !accept::wants_json(request.uri(), request.headers()) {
        kept::read(request).await;
    }
    Error::Unauthenticated.into_response()
}
