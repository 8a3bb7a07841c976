//! `drill soak`: random faults, one or two at once, and the invariants that hold in any case.

mod plan;
pub mod report;
mod run;
