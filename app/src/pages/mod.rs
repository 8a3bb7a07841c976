//! What people see.

pub mod assets;
mod escape;
pub mod failure;
pub mod follow;
mod frame;
pub mod item;
pub mod live;
pub mod login;
mod path;
pub mod post;
pub mod register;
pub mod timeline;
