//! The network that follows from a record.

use localcloud::cloud::json::NumberOrText;
use localcloud::cloud::operations::database_contents::NewDatabaseRule;
use localcloud::cloud::operations::database_orders::NewDatabase;
use localcloud::cloud::operations::droplet_orders::NewDroplet;
use localcloud::cloud::operations::firewalls::NewFirewall;
use localcloud::cloud::record::Record;
use localcloud::machine::spec::ReservedRoute;
use localcloud::topology::of;
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
