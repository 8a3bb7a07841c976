//! The stored data: one file per table, one statement per function. It does not depend on HTTP.

pub mod batched;
pub mod follows;
pub mod latest;
pub mod messages;
pub mod newest;
pub mod users;
pub mod writes;
