//! What an unfinished request has created, for its rollback.

use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use uuid::Uuid;

/// A resource that a request has created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "made", content = "id", rename_all = "snake_case")]
pub enum Created {
    /// An SSH key.
    SshKey(u64),
    /// A VPC that a client asked for by name.
    Vpc(Uuid),
    /// A droplet.
    Droplet(u64),
    /// A reserved IP.
    ReservedIp(Ipv4Addr),
    /// A cloud firewall.
    Firewall(Uuid),
    /// A project.
    Project(Uuid),
    /// A database cluster.
    Database(Uuid),
    /// A database in a cluster.
    DatabaseIn(Uuid, String),
    /// A user of a cluster.
    User(Uuid, String),
    /// A connection pool of a cluster.
    Pool(Uuid, String),
    /// A domain.
    Domain(String),
    /// A record of a domain.
    DomainRecord(String, u64),
    /// A key of Spaces.
    SpacesKey(String),
    /// A certificate.
    Certificate(Uuid),
    /// An uptime check.
    UptimeCheck(Uuid),
    /// An alert policy.
    AlertPolicy(Uuid),
}
