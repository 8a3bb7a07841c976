//! The cloud's router as an nftables ruleset: a pure function of the topology.
//!
//! Both interfaces of a droplet are point-to-point links to the router, so one table sees all
//! traffic: public, reserved and within a VPC.

use super::addresses::Addresses;
use super::links::{database_private_link, database_public_link, private_link, public_link};
use super::packet_loss;
use super::ports::{API_PORT, DATABASE_PORT, POOL_PORT, PROXY_PORT, SPACES_PORT};
use super::spec::{Cut, Direction, DropletNet, PrivateNet, Protocol, Rule, Topology};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The ruleset that replaces whatever was there, in one transaction of `nft -f`.
#[must_use]
pub fn render(topology: &Topology, plan: Addresses) -> String {
    let mut text = String::from("table ip cloud\ndelete table ip cloud\ntable ip cloud {\n");
    text += &translation(topology, plan);
    text += &input();
    text += &forward(topology, plan);
    for droplet in &topology.droplets {
        text += &firewall(droplet);
    }
    text += "}\n";
    text
}

/// Reserved IPs become anchor addresses on the way in. A droplet that calls a reserved IP of its own
/// gets the router as its peer, or it would drop the packets as its own echo.
fn translation(topology: &Topology, plan: Addresses) -> String {
    let mut pairs = Vec::new();
    for route in &topology.reserved {
        if let Some(droplet) = topology.droplets.iter().find(|d| d.id == route.droplet) {
            pairs.push(format!("{} : {}", route.ip, droplet.anchor));
        }
    }
    let elements = if pairs.is_empty() {
        String::new()
    } else {
        format!(" elements = {{ {} }}", pairs.join(", "))
    };
    let mut text = format!(
        "  map reserved {{ type ipv4_addr : ipv4_addr;{elements} }}\n\
         \x20 chain prerouting {{ type nat hook prerouting priority dstnat; dnat to ip daddr map @reserved; }}\n\
         \x20 chain postrouting {{ type nat hook postrouting priority srcnat;\n"
    );
    for droplet in &topology.droplets {
        let _ = writeln!(
            text,
            "    oifname \"{}\" ip saddr {} ct status dnat snat to {}",
            public_link(droplet.id),
            droplet.public,
            plan.public_gateway()
        );
    }
    text + "  }\n"
}

fn input() -> String {
    format!(
        "  chain input {{ type filter hook input priority filter; policy drop;\n\
         \x20   iifname \"lo\" accept\n\
         \x20   ct state established,related accept\n\
         \x20   ip protocol icmp accept\n\
         \x20   tcp dport {{ {API_PORT}, {PROXY_PORT}, {SPACES_PORT} }} accept\n\
         \x20   ip daddr 169.254.169.254 tcp dport 80 accept\n\
         \x20 }}\n"
    )
}

/// Rules of injected faults come first, so that they apply to established connections too.
fn broken(cut: &Cut) -> String {
    match *cut {
        Cut::Vpc { droplet, direction } => {
            let link = private_link(droplet);
            let (to, from) = (
                format!("    oifname \"{link}\" drop\n"),
                format!("    iifname \"{link}\" drop\n"),
            );
            match direction {
                Direction::In => to,
                Direction::Out => from,
                Direction::Both => to + &from,
            }
        }
        Cut::Loss {
            droplet,
            percent,
            seed,
        } => {
            let links = both(droplet);
            let [from, to] = packet_loss::drops(percent, seed);
            format!("    iifname {links} {from}\n    oifname {links} {to}\n")
        }
    }
}

fn forward(topology: &Topology, plan: Addresses) -> String {
    let mut text =
        String::from("  chain transit { type filter hook forward priority filter; policy drop;\n");
    for cut in &topology.cuts {
        text += &broken(cut);
    }
    text += "    ct state established,related accept\n";
    text += "    ip protocol != { tcp, udp, icmp } drop\n";
    for droplet in &topology.droplets {
        let (link, public, anchor) = (public_link(droplet.id), droplet.public, droplet.anchor);
        let _ = writeln!(
            text,
            "    iifname \"{link}\" ip saddr != {{ {public}, {anchor} }} drop"
        );
        let (link, private) = (private_link(droplet.id), droplet.private.address);
        let _ = writeln!(text, "    iifname \"{link}\" ip saddr != {private} drop");
    }
    // An anchor address is no address of its own: only translated traffic gets there.
    let _ = writeln!(
        text,
        "    ip daddr {}/24 ct status & dnat == 0 drop",
        plan.anchor(0)
    );
    for links in vpcs(topology).values() {
        let set = links.join(", ");
        let _ = writeln!(text, "    iifname {{ {set} }} oifname != {{ {set} }} drop");
        let _ = writeln!(text, "    oifname {{ {set} }} iifname != {{ {set} }} drop");
    }
    for droplet in topology.droplets.iter().filter(|d| d.firewall.is_some()) {
        let _ = writeln!(
            text,
            "    iifname {} jump from-{}",
            both(droplet.id),
            droplet.id
        );
    }
    for droplet in topology.droplets.iter().filter(|d| d.firewall.is_some()) {
        let _ = writeln!(
            text,
            "    oifname {} jump to-{}",
            both(droplet.id),
            droplet.id
        );
    }
    for database in &topology.databases {
        let links = format!(
            "{{ \"{}\", \"{}\" }}",
            database_public_link(&database.id),
            database_private_link(&database.id)
        );
        if let Some(trusted) = database.trusted.as_ref() {
            if !trusted.is_empty() {
                let peers = trusted.join(", ");
                let _ = writeln!(
                    text,
                    "    oifname {links} ip saddr {{ {peers} }} tcp dport {{ {DATABASE_PORT}, {POOL_PORT} }} accept"
                );
            }
            let _ = writeln!(text, "    oifname {links} drop");
        } else {
            let _ = writeln!(
                text,
                "    oifname {links} tcp dport != {{ {DATABASE_PORT}, {POOL_PORT} }} drop"
            );
        }
    }
    text + "    accept\n  }\n"
}

/// The links of each VPC, by its range.
fn vpcs(topology: &Topology) -> BTreeMap<(u32, u8), Vec<String>> {
    let mut vpcs: BTreeMap<(u32, u8), Vec<String>> = BTreeMap::new();
    let key = |net: &PrivateNet| (u32::from(net.network), net.prefix);
    for droplet in &topology.droplets {
        let link = format!("\"{}\"", private_link(droplet.id));
        vpcs.entry(key(&droplet.private)).or_default().push(link);
    }
    for database in &topology.databases {
        let link = format!("\"{}\"", database_private_link(&database.id));
        vpcs.entry(key(&database.private)).or_default().push(link);
    }
    vpcs
}

/// A droplet's two chains: traffic that a rule lists continues in the calling chain, all other traffic is dropped.
fn firewall(droplet: &DropletNet) -> String {
    let Some(firewall) = &droplet.firewall else {
        return String::new();
    };
    let mut text = format!("  chain from-{} {{\n", droplet.id);
    for rule in &firewall.outbound {
        text += &allow(rule, "daddr");
    }
    let _ = write!(text, "    drop\n  }}\n  chain to-{} {{\n", droplet.id);
    for rule in &firewall.inbound {
        text += &allow(rule, "saddr");
    }
    text + "    drop\n  }\n"
}

fn allow(rule: &Rule, side: &str) -> String {
    if rule.peers.is_empty() {
        return String::new();
    }
    // An interval set refuses overlapping members, which a list of peers may well have.
    let mut text = String::new();
    for peer in &rule.peers {
        let protocol = match (rule.protocol, rule.ports) {
            (Protocol::Icmp, _) => "ip protocol icmp".to_owned(),
            (Protocol::Tcp, None) => "ip protocol tcp".to_owned(),
            (Protocol::Udp, None) => "ip protocol udp".to_owned(),
            (Protocol::Tcp, Some((first, last))) => format!("tcp dport {first}-{last}"),
            (Protocol::Udp, Some((first, last))) => format!("udp dport {first}-{last}"),
        };
        let _ = writeln!(text, "    ip {side} {peer} {protocol} return");
    }
    text
}

/// Both of a droplet's links.
fn both(droplet: u64) -> String {
    let (public, private) = (public_link(droplet), private_link(droplet));
    format!("{{ \"{public}\", \"{private}\" }}")
}
