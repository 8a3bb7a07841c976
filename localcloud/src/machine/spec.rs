//! What the machine has to make real: hosts, addresses, rules and databases, independent of the API.

use std::net::Ipv4Addr;

/// The wanted network. [`super::Machine::sync_network`] applies it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// Droplets, running or not; rules and routes name only those that run.
    pub droplets: Vec<DropletNet>,
    /// Reserved IPs that are assigned. Others receive no traffic.
    pub reserved: Vec<ReservedRoute>,
    /// Database nodes and who may reach them.
    pub databases: Vec<DatabaseNet>,
    /// Faults of links.
    pub cuts: Vec<Cut>,
}

/// A fault of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// A droplet's VPC link passes nothing.
    Vpc {
        /// Droplet id.
        droplet: u64,
        /// Seen from the droplet.
        direction: Direction,
    },
    /// A share of the packets on both of a droplet's links is lost, both ways.
    Loss {
        /// Droplet id.
        droplet: u64,
        /// From 1 to 100.
        percent: u8,
        /// Selects which.
        seed: u64,
    },
}

/// Which way a link is cut, seen from the droplet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// What comes to it.
    In,
    /// What it sends.
    Out,
    /// Both ways.
    Both,
}

/// The addresses of a droplet and the cloud firewall around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropletNet {
    /// Droplet id as in the API.
    pub id: u64,
    /// Public address on `eth0`.
    pub public: Ipv4Addr,
    /// Anchor address on `eth0`: where traffic of a reserved IP arrives.
    pub anchor: Ipv4Addr,
    /// Address in its VPC, on `eth1`.
    pub private: PrivateNet,
    /// `None`: no cloud firewall applies, everything (TCP, UDP, ICMP) passes.
    pub firewall: Option<Firewall>,
}

/// A droplet's or database's place in a VPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrivateNet {
    /// Address in the VPC.
    pub address: Ipv4Addr,
    /// First address of the VPC's range.
    pub network: Ipv4Addr,
    /// Prefix length of the VPC's range.
    pub prefix: u8,
}

/// The union of the cloud firewalls that apply to a droplet: what is not listed is dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Firewall {
    /// Allowed towards the droplet.
    pub inbound: Vec<Rule>,
    /// Allowed from the droplet.
    pub outbound: Vec<Rule>,
}

/// One allowed kind of traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// TCP, UDP or ICMP.
    pub protocol: Protocol,
    /// First and last port; `None` for all ports, and for ICMP.
    pub ports: Option<(u16, u16)>,
    /// Peers in CIDR notation, resolved from addresses, tags and droplet ids; empty means nobody.
    pub peers: Vec<String>,
}

/// The protocols of cloud firewalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
}

/// A reserved IP and the droplet that its traffic goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservedRoute {
    /// The reserved address.
    pub ip: Ipv4Addr,
    /// Id of its holder.
    pub droplet: u64,
}

/// A database node's addresses and its trusted sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseNet {
    /// Cluster id (a UUID).
    pub id: String,
    /// Public address.
    pub public: Ipv4Addr,
    /// Address in its VPC.
    pub private: PrivateNet,
    /// Sources in CIDR notation that may connect; `None`: no rule set, so everyone may.
    pub trusted: Option<Vec<String>>,
}

/// A droplet at its first boot. After that, its disk has all of this.
#[derive(Debug, Clone)]
pub struct DropletSeed {
    /// Droplet id as in the API.
    pub id: u64,
    /// Host name.
    pub name: String,
    /// Public keys (OpenSSH format) for root.
    pub ssh_keys: Vec<String>,
    /// Run by cloud-init at first boot; empty for none.
    pub user_data: String,
    /// Size of its disk in GiB. One that has become larger grows when it boots.
    pub disk_gib: u64,
    /// Addresses.
    pub net: DropletNet,
}

/// A fault of a droplet that acts from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impairment {
    /// None of its processes runs.
    Frozen,
    /// Its processes get little processor time.
    SlowCpu {
        /// Percent of one processor, for all of them together.
        percent: u8,
    },
    /// Its disk is full.
    DiskFull,
    /// Its services see another time of day.
    ClockStep {
        /// Added to the true time; may be negative.
        seconds: i64,
    },
    /// It reboots, once.
    Reboot,
}

/// The wanted content of a database cluster.
#[derive(Debug, Clone)]
pub struct DatabaseSpec {
    /// Cluster id (a UUID).
    pub id: String,
    /// Addresses and trusted sources.
    pub net: DatabaseNet,
    /// Number of servers: the primary, and standbys that follow it.
    pub nodes: u8,
    /// Whether the primary has to be restarted.
    pub restart: bool,
    /// Connection pools.
    pub pools: Vec<PoolSpec>,
    /// Connections that clients may open; three more are reserved for the platform, as at DigitalOcean.
    pub connections: u32,
    /// Settings that the client has chosen.
    pub chosen: ChosenSettings,
    /// Names of databases. `defaultdb` is always among them.
    pub databases: Vec<String>,
    /// Users and their passwords. `doadmin` is always among them.
    pub users: Vec<(String, String)>,
}

/// Settings of a cluster's servers that its client has chosen: names as in their files, and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChosenSettings {
    /// Of PostgreSQL, read when it starts.
    pub at_start: Vec<(String, String)>,
    /// Of PostgreSQL, reloaded while it runs.
    pub at_once: Vec<(String, String)>,
    /// Of `PgBouncer`, reloaded while it runs.
    pub pooler: Vec<(String, String)>,
}

/// A connection pool of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolSpec {
    /// Its name, which clients give as that of the database: letters, digits, `_`, `-` and `.`.
    pub name: String,
    /// `transaction`, `session` or `statement`.
    pub mode: String,
    /// Connections to the server.
    pub size: u32,
    /// Its database.
    pub database: String,
    /// The only user that may use it, if there is one.
    pub user: Option<String>,
}
