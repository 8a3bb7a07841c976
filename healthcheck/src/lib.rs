//! Asks one URL whether this droplet is fit to be live.
//!
//! Blocking and on the standard library alone, so that the binary that Keepalived runs every second starts in a millisecond or two.
//! A check is a handful of tries; the first fit answer ends it.

mod check;
mod get;
mod target;

pub use check::{Attempt, Limits, Report, check};
pub use get::{Answer, Failure, get};
pub use target::{BadUrl, Target};
