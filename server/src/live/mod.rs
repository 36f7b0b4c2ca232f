//! The live core: what happens is in the log before anybody hears of it, and everybody hears of it once, in order.
//!
//! State machines without I/O ([`hub::Hub`], [`session::Session`]) decide; small drivers beside
//! them talk to the database and the sockets. This floor knows no room: the roof gives it functions.

pub mod allowance;
pub mod bus;
mod by_stream;
pub mod connections;
pub mod ending;
pub mod frame;
pub mod http;
pub mod hub;
pub mod hubs;
pub mod log;
pub mod outbox;
pub mod poll;
mod reader;
pub mod session;
pub mod socket;
mod store;
pub mod upgrade;
pub mod wire;
