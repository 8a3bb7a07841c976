//! `drill simulate`: a run of the simulator against a target, and whether the target kept what it acknowledged.

pub mod compare;
pub mod ledger;
pub mod read_back;
pub mod report;
pub mod run;
