//! The cloud's API as a drill needs it: who holds the live IP, power, and faults of localcloud.
//!
//! A client of its own rather than `floatip`'s: the judge of the agent must not read the record through the agent's code.

mod client;
mod faults;
mod power;
mod record;

pub use record::{Action, Cloud};
