//! Reserved IPs, which older clients call floating IPs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::time::Duration;

/// An address of the account, with or without a droplet behind it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReservedIp {
    /// The address.
    pub ip: Ipv4Addr,
    /// Region slug.
    pub region: String,
    /// The droplet that holds it.
    pub droplet: Option<u64>,
    /// The action that has it locked.
    pub pending: Option<u64>,
    /// When it was reserved.
    pub created_at: Timestamp,
    /// Its last move.
    #[serde(default)]
    pub moved: Option<Move>,
}

/// A move from one holder to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// When.
    pub at: Timestamp,
    /// The previous holder.
    pub from: Option<u64>,
}

impl ReservedIp {
    /// Who held it `lag` before `now`, as far back as its last move.
    #[must_use]
    pub fn holder_before(&self, now: Timestamp, lag: Duration) -> Option<u64> {
        match self.moved {
            Some(moved) if now.duration_since(moved.at).unsigned_abs() < lag => moved.from,
            _ => self.droplet,
        }
    }
}
