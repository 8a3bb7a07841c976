//! The built command against a fake `MiniTwit` that can misbehave.

mod alerts;
mod cloud;
mod failover;
mod fake;
mod matrix;
mod simulate;
mod soak;
