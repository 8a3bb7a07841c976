//! A run of the simulator: its requests in order, and when each is sent.

pub mod generate;
pub mod step;
pub mod tsv;
mod words;
