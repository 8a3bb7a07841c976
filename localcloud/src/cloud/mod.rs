//! What exists in the cloud, independent of HTTP and of the machine below.
//!
//! Dependencies point one way: [`resources`] are the data of each resource, [`record::Record`] is composed of
//! them, and [`operations`] are the functions that change a record.

pub mod json;
pub mod operations;
pub mod random;
pub mod record;
pub mod refusal;
pub mod resources;
