//! Sends load to the live IP, injects faults, and reports what clients measured.
//!
//! [`simulate`] replays a run of the simulator and reads every acknowledged write back. [`failover`] keeps a steady load,
//! injects a fault and measures the recovery; [`matrix`] repeats that for every fault, [`soak`] injects random ones.
//! [`alerts`] checks that each fault alerts in time and that its alerts resolve.

mod acceptance;
pub mod alerts;
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
