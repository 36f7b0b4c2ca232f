//! The product from the outside: HTTP, sockets, and the rules that the house stands on.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]
#![expect(clippy::disallowed_methods, reason = "the servers of tests end with their test")]

mod support;

mod apply;
mod away;
mod cancelled;
mod composer;
mod connections;
mod conversations;
mod demo;
mod documents;
mod extras;
mod failpoints;
mod fanout;
mod floors;
mod groups;
mod health;
mod live;
mod locks;
mod meetings;
mod messages;
mod nodes;
mod notifications;
mod outgoing;
mod people;
mod poll;
mod previews;
mod push;
mod remembered;
mod revocation;
mod routes;
mod search;
mod stop;
mod streams;
mod sweeps;
mod territories;
mod threads;
mod typing;
mod unread;
mod verdicts;
mod walkthroughs;
