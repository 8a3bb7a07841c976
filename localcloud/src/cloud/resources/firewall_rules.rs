//! Rules of cloud firewalls: as clients write them, and as they are stored.

use crate::cloud::refusal::Refusal;
use crate::machine::spec::Protocol;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One kind of traffic that passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirewallRule {
    /// Protocol.
    pub protocol: RuleProtocol,
    /// First and last port; `None` for all, and for ICMP.
    pub ports: Option<(u16, u16)>,
    /// The other end of the traffic.
    pub peers: Peers,
}

/// Protocols of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
}

impl From<RuleProtocol> for Protocol {
    fn from(protocol: RuleProtocol) -> Self {
        match protocol {
            RuleProtocol::Tcp => Self::Tcp,
            RuleProtocol::Udp => Self::Udp,
            RuleProtocol::Icmp => Self::Icmp,
        }
    }
}

/// The other end of the traffic that a rule lets pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Peers {
    /// Addresses and ranges.
    #[serde(
        deserialize_with = "crate::cloud::json::null_is_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub addresses: Vec<String>,
    /// Droplets by id.
    #[serde(
        deserialize_with = "crate::cloud::json::null_is_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub droplet_ids: Vec<u64>,
    /// Droplets by tag.
    #[serde(
        deserialize_with = "crate::cloud::json::null_is_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tags: Vec<String>,
}

/// A rule as a client describes it.
#[derive(Debug, Clone, Deserialize)]
pub struct NewRule {
    protocol: String,
    #[serde(default)]
    ports: Option<String>,
    #[serde(default)]
    sources: Option<Peers>,
    #[serde(default)]
    destinations: Option<Peers>,
}

impl NewRule {
    /// The rule itself, checked; whether its droplets and tags exist is not checked.
    pub(in crate::cloud) fn checked(&self) -> Result<FirewallRule, Refusal> {
        let protocol = match self.protocol.as_str() {
            "tcp" => RuleProtocol::Tcp,
            "udp" => RuleProtocol::Udp,
            "icmp" => RuleProtocol::Icmp,
            other => {
                return Err(Refusal::unprocessable(format!(
                    "invalid protocol {other:?}"
                )));
            }
        };
        let ports = match (protocol, self.ports.as_deref()) {
            (RuleProtocol::Icmp, _) => None,
            (_, None | Some("")) => {
                return Err(Refusal::unprocessable(
                    "ports must be given for TCP and UDP",
                ));
            }
            (_, Some(ports)) => parse_ports(ports)?,
        };
        let peers = self
            .sources
            .as_ref()
            .or(self.destinations.as_ref())
            .cloned()
            .unwrap_or_default();
        if peers == Peers::default() {
            return Err(Refusal::unprocessable(
                "a rule must have at least one source or destination",
            ));
        }
        if let Some(odd) = peers.addresses.iter().find(|address| !is_address(address)) {
            return Err(Refusal::unprocessable(format!("invalid address {odd:?}")));
        }
        Ok(FirewallRule {
            protocol,
            ports,
            peers,
        })
    }
}

/// Reads a port, a range of ports, or `all` (`None`).
///
/// # Errors
/// When the text is none of these.
pub fn parse_ports(text: &str) -> Result<Option<(u16, u16)>, Refusal> {
    if matches!(text, "0" | "all") {
        return Ok(None);
    }
    let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => Ok(Some((first, last))),
        _ => Err(Refusal::unprocessable(format!(
            "invalid port range {text:?}"
        ))),
    }
}

/// Whether this is an address or a range in CIDR notation, IPv4 or IPv6.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let (address, prefix) = text
        .split_once('/')
        .map_or((text, None), |(a, p)| (a, Some(p)));
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= most))
}
