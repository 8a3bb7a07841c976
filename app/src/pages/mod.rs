//! What people see.

pub mod assets;
mod escape;
pub mod failure;
pub mod live;
pub mod timeline;
