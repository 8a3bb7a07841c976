//! Derives from the record what the network should be. Pure.

use crate::cloud::Record;
use crate::cloud::droplets::Droplet;
use crate::plane::spec::{DropletNet, ReservedRoute, Topology};

/// The network that `record` asks for.
#[must_use]
pub fn of(record: &Record) -> Topology {
    let live = record
        .droplets
        .values()
        .filter(|droplet| !droplet.destroying);
    let held = record.reserved_ips.values().filter_map(|reserved| {
        let droplet = reserved.droplet?;
        Some(ReservedRoute {
            ip: reserved.ip,
            droplet,
        })
    });
    Topology {
        droplets: live.map(|droplet| droplet_net(record, droplet)).collect(),
        reserved: held.collect(),
        databases: Vec::new(),
    }
}

/// A droplet's addresses and the firewall around it.
#[must_use]
pub fn droplet_net(record: &Record, droplet: &Droplet) -> DropletNet {
    record.droplet_net(droplet, None)
}
