//! `drill matrix`: every fault in turn, and the page with what users lose in each.

mod page;
mod plot;
pub mod results;
pub mod run;
pub mod summary;
mod write;

pub use write::write;
