//! The handlers of the pages.

pub mod assets;
pub mod failure;
pub mod follow;
mod frame;
pub mod live;
pub mod login;
pub mod post;
pub mod register;
pub mod timeline;
