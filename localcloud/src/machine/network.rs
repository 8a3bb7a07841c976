//! The cloud's network: a router in a namespace, linked to the machine and to every host.

use super::addresses::Addresses;
use super::links::{database_private_link, database_public_link, private_link, public_link, short};
use super::namespace::Namespace;
use super::rules;
use super::spec::{DatabaseNet, Topology};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::Ipv4Addr;

/// Address of the metadata service (link-local, as on the real platform).
pub const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// The router's own settings, inherited by every link that is made later.
const SETTINGS: &[&str] = &[
    "net.ipv4.ip_forward=1",
    // The router answers ARP requests for every address to which it has a route.
    "net.ipv4.conf.default.proxy_arp=1",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
];

/// One cloud's router.
#[derive(Debug)]
pub struct Network {
    /// Where the router lives.
    pub router: Namespace,
    cloud: String,
    slot: u8,
    plan: Addresses,
}

impl Network {
    /// The network of the cloud `cloud`, which uses the addresses of `slot`.
    #[must_use]
    pub fn new(cloud: &str, slot: u8) -> Self {
        Self {
            router: Namespace::new(format!("localcloud-{cloud}")),
            cloud: cloud.to_owned(),
            slot,
            plan: Addresses::of_slot(slot),
        }
    }

    /// The namespace of a database.
    #[must_use]
    pub fn database(&self, id: &str) -> Namespace {
        Namespace::new(format!("localcloud-{}-db-{}", self.cloud, short(id)))
    }

    /// Makes the router and its link to the machine, unless they exist.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub async fn ensure_router(&self) -> Result<()> {
        self.router.ensure().await?;
        self.router
            .run("sysctl", &[&["-qw"], SETTINGS].concat())
            .await?;
        let machine_end = format!("localcloud{}", self.slot);
        let (router, machine) = (self.plan.router(), self.plan.machine());
        let there = self
            .router
            .run("ip", &["link", "show", "machine"])
            .await
            .is_ok();
        if !there {
            // A link of that name can only be left by a crash: its other end was removed.
            let _ = super::command::run("ip", &["link", "del", &machine_end]).await;
            let name = self.router.name();
            let lines = format!(
                "link add {machine_end} type veth peer name machine netns {name}\n\
                 addr replace {machine}/30 dev {machine_end}\n\
                 link set {machine_end} up\n"
            );
            super::command::run_with_input("ip", &["-batch", "-"], &lines).await?;
        }
        let lines = format!(
            "addr replace {router}/30 dev machine\n\
             link set machine up\n\
             addr replace {}/32 dev lo\n\
             addr replace {}/32 dev lo\n\
             addr replace {METADATA}/32 dev lo\n\
             route replace blackhole default\n",
            self.plan.public_gateway(),
            self.plan.anchor_gateway(),
        );
        self.router.ip(&lines).await?;
        let route = format!("route replace {}/20 via {router}\n", self.plan.network());
        super::command::run_with_input("ip", &["-batch", "-"], &route)
            .await
            .map(drop)
            .context("routing the cloud's addresses into its namespace")
    }

    /// The links of the router: name and index. A link that was removed and created again has another index.
    ///
    /// # Errors
    /// When the namespace does not exist.
    pub async fn links(&self) -> Result<BTreeMap<String, u32>> {
        let text = self.router.run("ip", &["-oneline", "link"]).await?;
        Ok(parse_links(&text))
    }

    /// Makes routes and rules equal to `topology`. Returns the links that existed when it began: a newer link has no
    /// routes yet.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub async fn apply(&self, topology: &Topology) -> Result<BTreeMap<String, u32>> {
        let links = self.links().await?;
        self.router.ip(&routes(topology, &links)).await?;
        let settings = link_settings(topology, &links);
        if !settings.is_empty() {
            let mut words = vec!["-qw"];
            words.extend(settings.iter().map(String::as_str));
            self.router.run("sysctl", &words).await?;
        }
        let ruleset = rules::render(topology, self.plan);
        self.router
            .run_with_input("nft", &["-f", "-"], &ruleset)
            .await?;
        Ok(links)
    }

    /// Cuts the connections to `ip` that go to the anchor address of its old holder: removes them from connection
    /// tracking. Those to the new holder stay.
    pub async fn cut_flows(&self, ip: Ipv4Addr, anchor: Ipv4Addr) {
        let (ip, anchor) = (ip.to_string(), anchor.to_string());
        // Exit code 1 means that no connection matched.
        let _ = self
            .router
            .run(
                "conntrack",
                &["-D", "--orig-dst", &ip, "--reply-src", &anchor],
            )
            .await;
    }

    /// Makes a database's namespace with its two links, unless they exist.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub async fn ensure_database(&self, net: &DatabaseNet) -> Result<Namespace> {
        let namespace = self.database(&net.id);
        namespace.ensure().await?;
        let links = self.links().await?;
        let pairs = [
            (
                database_public_link(&net.id),
                "eth0",
                format!("{}/24", net.public),
            ),
            (
                database_private_link(&net.id),
                "eth1",
                format!("{}/{}", net.private.address, net.private.prefix),
            ),
        ];
        for (link, inner, address) in pairs {
            if !links.contains_key(&link) {
                let name = namespace.name();
                self.router
                    .ip(&format!(
                        "link add {link} type veth peer name {inner} netns {name}\n"
                    ))
                    .await?;
            }
            namespace
                .ip(&format!(
                    "addr replace {address} dev {inner}\nlink set {inner} up\n"
                ))
                .await?;
        }
        let gateway = self.plan.public_gateway();
        namespace
            .ip(&format!(
                "route replace default via {gateway} dev eth0 onlink\n"
            ))
            .await?;
        Ok(namespace)
    }

    /// Removes everything: the router, its links and the route to it.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub async fn remove(&self) -> Result<()> {
        self.router.remove().await
    }
}

/// One route for each link that exists, and each link up.
fn routes(topology: &Topology, links: &BTreeMap<String, u32>) -> String {
    let mut batch = String::new();
    for (link, addresses) in hosts(topology, links) {
        let _ = writeln!(batch, "link set {link} up");
        for address in addresses {
            let _ = writeln!(batch, "route replace {address}/32 dev {link}");
        }
    }
    batch
}

/// The router answers ARP requests at once; by default the kernel waits up to 0.8 s. In a namespace only the
/// setting of the link itself takes effect.
fn link_settings(topology: &Topology, links: &BTreeMap<String, u32>) -> Vec<String> {
    hosts(topology, links)
        .iter()
        .map(|(link, _)| format!("net.ipv4.neigh.{link}.proxy_delay=0"))
        .collect()
}

/// The links that exist to hosts of the topology, and the addresses behind each.
fn hosts(topology: &Topology, links: &BTreeMap<String, u32>) -> Vec<(String, Vec<Ipv4Addr>)> {
    let mut hosts = Vec::new();
    for droplet in &topology.droplets {
        hosts.push((
            public_link(droplet.id),
            vec![droplet.public, droplet.anchor],
        ));
        hosts.push((private_link(droplet.id), vec![droplet.private.address]));
    }
    for database in &topology.databases {
        hosts.push((database_public_link(&database.id), vec![database.public]));
        hosts.push((
            database_private_link(&database.id),
            vec![database.private.address],
        ));
    }
    hosts.retain(|(link, _)| links.contains_key(link));
    hosts
}

/// The links in the output of `ip -oneline link`.
#[must_use]
pub fn parse_links(text: &str) -> BTreeMap<String, u32> {
    let link = |line: &str| {
        let mut words = line.split(": ");
        let index = words.next()?.parse().ok()?;
        let name = words.next()?.split('@').next()?;
        Some((name.to_owned(), index))
    };
    text.lines().filter_map(link).collect()
}
