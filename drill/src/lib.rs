//! Sends load to the live IP, injects faults, and reports what clients saw of them.
//!
//! Drills: [`simulate`] replays a recorded or generated run the way the simulator does and reads every
//! acknowledged write back; [`failover`] keeps a steady load, breaks the live droplet and times the
//! recovery; [`matrix`] does that with every fault; [`failover::soak`] injects random ones all the time.

pub mod api;
pub mod cli;
mod dice;
pub mod error;
pub mod failover;
pub mod http;
pub mod kept;
pub mod matrix;
pub mod scenario;
pub mod simulate;
pub mod stats;
pub mod target;
