//! The router's ruleset, as text.

use localcloud::machine::addresses::Addresses;
use localcloud::machine::rules::render;
use localcloud::machine::spec::{
    Cut, DatabaseNet, Direction, DropletNet, Firewall, PrivateNet, Protocol, ReservedRoute, Rule,
    Topology,
};

fn plan() -> Addresses {
    Addresses::of_slot(1)
}

fn droplet(id: u64, n: u8, firewall: Option<Firewall>) -> DropletNet {
    DropletNet {
        id,
        public: plan().public(n),
        anchor: plan().anchor(n),
        private: private(n),
        firewall,
    }
}

fn private(n: u8) -> PrivateNet {
    let network = plan().vpc(0);
    PrivateNet {
        address: (u32::from(network) + u32::from(n)).into(),
        network,
        prefix: 24,
    }
}

#[test]
fn an_assigned_reserved_ip_is_translated_to_its_holders_anchor() {
    let topology = Topology {
        droplets: vec![droplet(7, 10, None)],
        reserved: vec![ReservedRoute {
            ip: plan().reserved(10),
            droplet: 7,
        }],
        ..Topology::default()
    };
    assert!(render(&topology, plan()).contains("198.18.19.10 : 198.18.18.10"));
}

#[test]
fn a_reserved_ip_of_an_unknown_droplet_goes_nowhere() {
    let topology = Topology {
        droplets: vec![droplet(7, 10, None)],
        reserved: vec![ReservedRoute {
            ip: plan().reserved(10),
            droplet: 8,
        }],
        ..Topology::default()
    };
    assert!(!render(&topology, plan()).contains("elements"));
}

#[test]
fn what_a_firewall_does_not_list_is_dropped() {
    let rule = Rule {
        protocol: Protocol::Tcp,
        ports: Some((80, 80)),
        peers: vec!["0.0.0.0/0".to_owned()],
    };
    let firewall = Firewall {
        inbound: vec![rule],
        outbound: Vec::new(),
    };
    let topology = Topology {
        droplets: vec![droplet(7, 10, Some(firewall))],
        ..Topology::default()
    };
    let text = render(&topology, plan());
    assert!(text.contains("chain to-7 {\n    ip saddr 0.0.0.0/0 tcp dport 80-80 return\n    drop"));
    assert!(text.contains("chain from-7 {\n    drop"));
}

#[test]
fn a_cut_comes_before_what_is_established() {
    let topology = Topology {
        cuts: vec![Cut::Vpc {
            droplet: 7,
            direction: Direction::Out,
        }],
        ..Topology::default()
    };
    let text = render(&topology, plan());
    let cut = text.find("iifname \"v7\" drop").expect("cut");
    assert!(
        cut < text
            .find("transit")
            .map_or(0, |at| at + text[at..].find("established").unwrap_or(0))
    );
    assert!(!text.contains("oifname \"v7\" drop"));
}

#[test]
fn a_database_with_no_trusted_source_is_closed() {
    let topology = Topology {
        databases: vec![DatabaseNet {
            id: "0123456789".to_owned(),
            public: plan().database(10),
            private: private(20),
            trusted: Some(Vec::new()),
        }],
        ..Topology::default()
    };
    let text = render(&topology, plan());
    assert!(
        text.contains("oifname { \"d01234567\", \"e01234567\" } drop"),
        "{text}"
    );
}
