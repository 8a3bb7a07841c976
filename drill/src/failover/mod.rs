//! `drill failover`: injects a fault under load and measures the recovery from outside.

pub mod cloud;
pub mod drill;
pub mod droplets;
pub mod fault;
pub mod injection;
mod judge;
pub mod load;
mod observed;
pub mod outage;
pub(crate) mod pair;
pub mod phases;
pub mod plan;
pub mod report;
pub(crate) mod run;
pub(crate) mod step_table;
mod table;
pub mod witness;
