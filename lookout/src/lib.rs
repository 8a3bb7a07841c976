//! Grafana's dashboards without Grafana: in a terminal, as pictures, and checked against the
//! Prometheus that they ask.

pub mod check;
pub mod dashboard;
pub mod picture;
pub mod prometheus;
pub mod promql;
pub mod sample;
pub mod terminal;
pub mod unit;
mod view;
