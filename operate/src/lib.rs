//! What operators' tools share: which environment is meant and what it consists of, commands on its droplets,
//! and an HTTP client for MiniTwit with one list of failures.

pub mod client;
pub mod environment;
pub mod ssh;
