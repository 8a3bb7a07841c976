//! Tests of the way of log lines, with the real Filebeat and Elasticsearch's core.
//!
//! `elk/engine/install` builds both; `make test-logs` runs it first.

mod arrival;
mod engine;
mod filebeat;
mod journal;
mod lifecycle;
mod searches;
