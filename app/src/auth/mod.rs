//! Who sent a request, and whether that client may do what it asks for.

pub mod cookies;
pub mod flash;
pub mod limiter;
pub mod same_site;
pub mod session;
pub mod signer;
