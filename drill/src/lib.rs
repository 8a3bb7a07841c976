//! Sends load to the live IP, injects faults, and reports what clients saw of them.
//!
//! Two drills: [`simulate`] replays a recorded or generated run the way the simulator does and reads every
//! acknowledged write back; [`failover`] keeps a steady load, breaks the live droplet and times the recovery.

pub mod api;
pub mod cli;
pub mod error;
pub mod failover;
pub mod http;
pub mod scenario;
pub mod simulate;
pub mod stats;
pub mod target;
