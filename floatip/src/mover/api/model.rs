//! The API's objects, as far as this project reads them.

use std::net::Ipv4Addr;

use serde::Deserialize;

/// A reserved IP (`GET /v2/reserved_ips/{ip}`).
#[derive(Clone, Debug, Deserialize)]
pub struct ReservedIp {
    /// The address.
    pub ip: Ipv4Addr,
    /// The droplet that holds it; the API sends the whole object, and only to a token with `droplet:read`.
    pub droplet: Option<Droplet>,
    /// An action is pending; new ones are refused with 422.
    #[serde(default)]
    pub locked: bool,
}

/// A droplet (`GET /v2/droplets/{id}`).
#[derive(Clone, Debug, Deserialize)]
pub struct Droplet {
    /// Its id.
    pub id: u64,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its networks.
    #[serde(default)]
    pub networks: Networks,
}

/// The networks of a droplet.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Networks {
    /// IPv4 addresses, in no particular order.
    #[serde(default)]
    pub v4: Vec<Address>,
}

/// One address of a droplet.
#[derive(Clone, Debug, Deserialize)]
pub struct Address {
    /// The address.
    pub ip_address: Ipv4Addr,
    /// `public` or `private`.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Droplet {
    /// The droplet's own public address. A reserved IP that it holds is listed as `public` too, so `reserved` names those to skip.
    #[must_use]
    pub fn public_ip(&self, reserved: &[Ipv4Addr]) -> Option<Ipv4Addr> {
        let mut public = self
            .networks
            .v4
            .iter()
            .filter(|address| address.kind == "public");
        public
            .find(|address| !reserved.contains(&address.ip_address))
            .map(|it| it.ip_address)
    }
}

/// A running or finished operation on a reserved IP.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// Its id, for polling.
    pub id: u64,
    /// Its state.
    pub status: Progress,
}

/// The state of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// Accepted, not done; `new` is the same.
    #[serde(alias = "new")]
    InProgress,
    /// Done by the record; the data plane may lag.
    Completed,
    /// Failed.
    Errored,
}

#[derive(Deserialize)]
pub(super) struct ReservedIpAnswer {
    pub reserved_ip: ReservedIp,
}

#[derive(Deserialize)]
pub(super) struct ReservedIpsAnswer {
    pub reserved_ips: Vec<ReservedIp>,
    #[serde(default)]
    pub links: Links,
}

#[derive(Deserialize)]
pub(super) struct ActionAnswer {
    pub action: Action,
}

#[derive(Deserialize)]
pub(super) struct DropletAnswer {
    pub droplet: Droplet,
}

#[derive(Deserialize)]
pub(super) struct DropletsAnswer {
    pub droplets: Vec<Droplet>,
    #[serde(default)]
    pub links: Links,
}

#[derive(Default, Deserialize)]
pub(super) struct Links {
    #[serde(default)]
    pub pages: Pages,
}

#[derive(Default, Deserialize)]
pub(super) struct Pages {
    pub next: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct ErrorAnswer {
    #[serde(default)]
    pub message: String,
}

/// Who holds a reserved IP, by DigitalOcean's record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// The droplet, if any.
    pub holder: Option<u64>,
    /// An action is pending.
    pub locked: bool,
}

impl From<&ReservedIp> for Holding {
    fn from(ip: &ReservedIp) -> Self {
        Self {
            holder: ip.droplet.as_ref().map(|droplet| droplet.id),
            locked: ip.locked,
        }
    }
}
