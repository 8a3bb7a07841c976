//! Checks by HTTP whether this droplet is fit to be live.
//!
//! It blocks and uses the standard library alone, because Keepalived runs the binary every second: it starts in a millisecond or two.
//! A check is a few tries; the first success ends it.

mod check;
mod get;
mod target;

pub use check::{Attempt, Limits, Report, check};
pub use get::{Answer, Failure, get};
pub use target::{BadUrl, Target};
