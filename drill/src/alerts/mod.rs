//! `drill alerts`: faults that must alert in time and resolve, and the other checks of monitoring.

mod alertmanager;
mod backups;
mod checks;
pub mod each_fault;
mod entry;
mod monitor_off;
mod report;
pub mod runner;
mod schedule;
mod situation;
mod steps;
pub mod suite;
mod table;
mod tool;
mod verify;

pub use report::Report;
