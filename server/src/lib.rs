//! Préau: a workspace for professional networks. The modules in reading order, from the roof down.

pub mod db;

pub mod clock;
pub mod error;
