//! Derives the wanted network from the record. Pure.

use crate::cloud::record::Record;
use crate::cloud::resources::databases::{Database, DatabaseRule};
use crate::cloud::resources::droplets::Droplet;
use crate::cloud::resources::firewall_rules::{FirewallRule, Peers};
use crate::machine::spec::{DatabaseNet, DropletNet, Firewall, ReservedRoute, Rule, Topology};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// The network that `record` asks for.
#[must_use]
pub fn of(record: &Record) -> Topology {
    let droplets = record
        .droplets
        .values()
        .filter(|droplet| !droplet.destroying);
    let databases = record
        .databases
        .values()
        .filter(|database| !database.destroying);
    let held = record.reserved_ips.values().filter_map(|reserved| {
        let droplet = reserved.droplet?;
        Some(ReservedRoute {
            ip: reserved.ip,
            droplet,
        })
    });
    Topology {
        droplets: droplets
            .map(|droplet| droplet_net(record, droplet))
            .collect(),
        reserved: held.collect(),
        databases: databases
            .map(|database| database_net(record, database))
            .collect(),
        cuts: Vec::new(),
    }
}

/// A droplet's addresses and the union of the firewalls around it.
#[must_use]
pub fn droplet_net(record: &Record, droplet: &Droplet) -> DropletNet {
    let union = record
        .firewalls_on(droplet.id)
        .fold(None, |union: Option<Firewall>, firewall| {
            let mut union = union.unwrap_or_default();
            union
                .inbound
                .extend(firewall.inbound.iter().map(|rule| resolve(record, rule)));
            union
                .outbound
                .extend(firewall.outbound.iter().map(|rule| resolve(record, rule)));
            Some(union)
        });
    record.droplet_net(droplet, union)
}

/// A cluster's addresses and who may connect.
#[must_use]
pub fn database_net(record: &Record, database: &Database) -> DatabaseNet {
    let sources = database.rules.iter().flat_map(|rule| source(record, rule));
    let sources: BTreeSet<String> = sources.collect();
    DatabaseNet {
        id: database.id.to_string(),
        public: database.public,
        private: record.private_net(database.vpc, database.private),
        trusted: (!database.rules.is_empty()).then(|| sources.into_iter().collect()),
    }
}

fn resolve(record: &Record, rule: &FirewallRule) -> Rule {
    let Peers {
        addresses,
        droplet_ids,
        tags,
    } = &rule.peers;
    let literal = addresses.iter().filter_map(|address| cidr(address));
    let tagged = tags.iter().flat_map(|tag| record.tagged_droplets(tag));
    let droplets = droplet_ids.iter().copied().chain(tagged);
    let resolved = droplets.flat_map(|id| addresses_of(record, id));
    let peers: BTreeSet<String> = literal.chain(resolved).collect();
    Rule {
        protocol: rule.protocol.into(),
        ports: rule.ports,
        peers: peers.into_iter().collect(),
    }
}

fn source(record: &Record, rule: &DatabaseRule) -> Vec<String> {
    match rule.r#type.as_str() {
        "droplet" => rule
            .value
            .parse()
            .map_or_else(|_| Vec::new(), |id| addresses_of(record, id)),
        "tag" => {
            let tagged = record.tagged_droplets(&rule.value).into_iter();
            tagged.flat_map(|id| addresses_of(record, id)).collect()
        }
        _ => cidr(&rule.value).into_iter().collect(),
    }
}

/// The addresses that a droplet's own traffic comes from.
fn addresses_of(record: &Record, droplet: u64) -> Vec<String> {
    let Ok(droplet) = record.droplet(droplet) else {
        return Vec::new();
    };
    [droplet.public, droplet.private]
        .iter()
        .map(|address| format!("{address}/32"))
        .collect()
}

/// An IPv4 address or range in CIDR notation, without host bits; `None` for IPv6, which the
/// cloud's network does not carry.
fn cidr(text: &str) -> Option<String> {
    let (address, prefix) = text.split_once('/').unwrap_or((text, "32"));
    let (address, prefix): (Ipv4Addr, u32) = (address.parse().ok()?, prefix.parse().ok()?);
    let mask = u32::MAX.checked_shl(32 - prefix.min(32)).unwrap_or(0);
    Some(format!(
        "{}/{prefix}",
        Ipv4Addr::from(u32::from(address) & mask)
    ))
}
