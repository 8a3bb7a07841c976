//! Managed PostgreSQL: real servers with TLS on port 25060, in a network namespace of their own.
//!
//! A cluster's addresses belong to the namespace, which redirects them to the current primary. With standbys, a
//! commit is acknowledged when one of them has received it (synchronous replication), so a failover loses none.
//! The platform promises standbys and automatic failover and does not say how much a failover may lose; a
//! standby that lags would lose the last writes.

mod cluster;
mod connections;
mod contents;
mod failover;
mod node;
pub mod pooler;
mod repair;
mod replication;
pub mod roles;
mod sandbox;
mod server_process;
mod sync;

pub use cluster::Cluster;
pub use repair::Health;
