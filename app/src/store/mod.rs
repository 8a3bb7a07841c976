//! What is stored: one file per table, one statement per function. Knows nothing of HTTP.

pub mod arrivals;
pub mod follows;
pub mod latest;
pub mod messages;
pub mod newest;
pub mod shared;
pub mod users;
pub mod writes;
