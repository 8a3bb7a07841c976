//! The built command against a stand-in for `MiniTwit` that can misbehave.

mod fake;
mod simulate;
