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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::json::NumberOrText;
    use crate::cloud::operations::database_contents::NewDatabaseRule;
    use crate::cloud::operations::database_orders::NewDatabase;
    use crate::cloud::operations::droplet_orders::NewDroplet;
    use crate::cloud::operations::firewalls::NewFirewall;
    use serde_json::json;

    fn droplet(record: &mut Record, name: &str, tag: &str) -> u64 {
        let new = NewDroplet {
            name: Some(name.to_owned()),
            region: Some("fra1".to_owned()),
            size: "s-1vcpu-1gb".to_owned(),
            image: NumberOrText::Text("debian-12-x64".to_owned()),
            tags: Some(vec![tag.to_owned()]),
            ..NewDroplet::default()
        };
        record.create_droplets(&new).unwrap()[0].0
    }

    fn firewall(record: &mut Record, description: serde_json::Value) {
        let new: NewFirewall = serde_json::from_value(description).unwrap();
        record.create_firewall(&new).unwrap();
    }

    #[test]
    fn firewalls_by_tag_and_by_id_are_merged_and_their_peers_resolved() {
        let mut record = Record::new(0);
        let (a, b) = (
            droplet(&mut record, "a", "app"),
            droplet(&mut record, "b", "app"),
        );
        let monitor = droplet(&mut record, "m", "monitor");
        let everyone = json!({"addresses": ["0.0.0.0/0", "::/0"]});
        firewall(
            &mut record,
            json!({"name": "web", "tags": ["app"],
            "inbound_rules": [{"protocol": "tcp", "ports": "80", "sources": everyone}],
            "outbound_rules": [{"protocol": "icmp", "destinations": everyone}]}),
        );
        firewall(
            &mut record,
            json!({"name": "watch", "droplet_ids": [a],
            "inbound_rules": [{"protocol": "tcp", "ports": "9101-9102",
                "sources": {"tags": ["monitor"], "droplet_ids": [b], "addresses": ["10.1.2.3/8"]}}]}),
        );
        let topology = of(&record);
        let [net_a, net_b, net_m] = &topology.droplets[..] else {
            panic!("three droplets")
        };
        assert_eq!((net_a.id, net_b.id, net_m.id), (a, b, monitor));
        assert_eq!(net_m.firewall, None);
        let wall = net_a.firewall.as_ref().unwrap();
        assert_eq!(net_b.firewall.as_ref().unwrap().inbound.len(), 1);
        let on = |ports| {
            let mut inbound = wall.inbound.iter();
            inbound.find(|rule| rule.ports == Some(ports)).unwrap()
        };
        assert_eq!(on((80, 80)).peers, ["0.0.0.0/0"]);
        let mut expected = vec![
            "10.0.0.0/8".to_owned(),
            format!("{}/32", net_b.public),
            format!("{}/32", net_b.private.address),
            format!("{}/32", net_m.public),
            format!("{}/32", net_m.private.address),
        ];
        expected.sort();
        assert_eq!(on((9101, 9102)).peers, expected);
        assert_eq!(wall.outbound.len(), 1);
    }

    #[test]
    fn a_reserved_ip_is_routed_to_its_holder_only() {
        let mut record = Record::new(0);
        let a = droplet(&mut record, "a", "app");
        let ip = record.create_reserved_ip("fra1", None).unwrap();
        assert_eq!(of(&record).reserved, []);
        record.set_holder(ip, Some(a));
        assert_eq!(of(&record).reserved, [ReservedRoute { ip, droplet: a }]);
    }

    #[test]
    fn a_database_trusts_everyone_until_it_has_rules() {
        let mut record = Record::new(0);
        let a = droplet(&mut record, "a", "app");
        let new = NewDatabase {
            name: "main".to_owned(),
            engine: "pg".to_owned(),
            size: "db-s-1vcpu-1gb".to_owned(),
            region: "fra1".to_owned(),
            num_nodes: 1,
            ..NewDatabase::default()
        };
        let id = record.create_database(&new).unwrap();
        assert_eq!(of(&record).databases[0].trusted, None);
        let rule = |kind: &str, value: String| NewDatabaseRule {
            uuid: None,
            r#type: kind.to_owned(),
            value,
        };
        let rules = [
            rule("tag", "app".to_owned()),
            rule("ip_addr", "10.9.0.1".to_owned()),
        ];
        record.set_database_rules(id, &rules).unwrap();
        let net = of(&record).droplets[0].clone();
        let mut expected = vec![
            "10.9.0.1/32".to_owned(),
            format!("{}/32", net.public),
            format!("{}/32", net.private.address),
        ];
        expected.sort();
        assert_eq!(of(&record).databases[0].trusted, Some(expected));
        record
            .set_database_rules(id, &[rule("droplet", a.to_string())])
            .unwrap();
        assert_eq!(
            of(&record).databases[0].trusted.as_ref().map(Vec::len),
            Some(2)
        );
    }
}
