//! Préau: a workspace for professional networks. The modules in reading order, from the roof down.

pub mod commands;
pub mod fanout;
pub mod health;
pub mod publish;
pub mod reactions;
pub mod serve;
pub mod today;
pub mod work;

pub mod channels;
pub mod conversations;
pub mod documents;
pub mod groups;
pub mod meetings;
pub mod messages;
pub mod notifications;
pub mod people;
pub mod previews;
pub mod push;
pub mod reports;
pub mod search;
pub mod territories;
pub mod threads;

pub mod consumers;
pub mod db;
pub mod files;
pub mod http;
pub mod live;
pub mod mail;
pub mod outgoing;

pub mod batch;
pub mod characters;
pub mod clock;
pub mod config;
pub mod error;
pub mod faults;
pub mod metrics;
pub mod remembered;
pub mod telemetry;
