//! Draws Grafana's dashboards without Grafana, in a terminal and as pictures, and checks their queries on a Prometheus.

pub mod check;
pub mod dashboard;
pub mod picture;
pub mod prometheus;
pub mod promql;
pub mod sample;
pub mod terminal;
pub mod unit;
mod view;

pub use anyhow::Error;
