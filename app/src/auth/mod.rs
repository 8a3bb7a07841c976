//! Who a request comes from, and whether it may do what it asks for.

pub mod cookies;
pub mod flash;
pub mod limiter;
pub mod same_site;
pub mod seal;
pub mod session;
