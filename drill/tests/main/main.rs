//! The built command against a stand-in for `MiniTwit` that can misbehave.

mod cloud;
mod failover;
mod fake;
mod matrix;
mod simulate;
mod soak;
