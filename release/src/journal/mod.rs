//! The journal of releases in PostgreSQL: who may release now, the current step, and the state that the release started from.
//!
//! One release is open at a time. Its owner renews a lease; after the lease has expired another runner may take the release over, and
//! later writes of the first owner are refused.

mod accounts;
mod connect;
mod connection;
mod freezes;
mod release;
mod releases;

pub use connection::Journal;
pub use release::{Release, Start, State};
