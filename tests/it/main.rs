//! The product from the outside: HTTP, sockets, and the rules that the house stands on.

mod support;

mod floors;
mod groups;
mod live;
mod messages;
mod people;
mod routes;
