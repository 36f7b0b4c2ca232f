//! What the tests, the simulation and the benchmarks share: a PostgreSQL of their own, and the native client.

pub mod cluster;
pub mod reducer;
