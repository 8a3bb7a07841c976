//! What an agent decides: pure, without I/O, clock or randomness.

pub mod agent;
pub mod apply;
pub mod call_limiter;
pub mod decision;
pub mod facts;
pub mod history;
pub mod log_event;
pub mod rules;
pub mod settings;
pub mod view;
