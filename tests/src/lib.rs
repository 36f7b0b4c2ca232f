//! What the integration tests, the checks and the benchmarks share: a PostgreSQL of their own, and databases in it.

pub mod cluster;
