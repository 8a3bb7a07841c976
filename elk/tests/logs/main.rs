//! What becomes of log lines, with the real Filebeat and Elasticsearch's core.
//!
//! Both come from `elk/engine/install`; `make test-logs` does that first.

mod arrival;
mod engine;
mod filebeat;
mod journal;
mod lifecycle;
mod searches;
