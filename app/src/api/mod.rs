//! The simulator's JSON API.

pub mod follows;
pub mod latest;
pub mod messages;
pub mod register;
