//! Sends load to the live IP, injects faults, and reports what clients measured.
//!
//! [`simulate`] replays a run of the simulator and reads every acknowledged write back. [`failover`] keeps a steady load,
//! injects a fault and measures the recovery; [`matrix`] repeats that for every fault, [`soak`] injects random ones.

mod acceptance;
pub mod api;
pub mod cli;
pub mod command;
pub mod error;
pub mod failover;
pub mod matrix;
mod random;
pub mod scenario;
pub mod simulate;
pub mod soak;
pub mod stats;
pub mod target;
