//! Cloud firewalls: what may reach, and leave, the droplets that they are put on.

use super::{Record, Refusal};
use crate::plane::spec::Protocol;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;
use uuid::Uuid;

/// One firewall.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CloudFirewall {
    /// UUID.
    pub id: Uuid,
    /// Unique in the account.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What may reach the droplets.
    pub inbound: Vec<FirewallRule>,
    /// What may leave the droplets.
    pub outbound: Vec<FirewallRule>,
    /// Droplets that it is on by id.
    pub droplet_ids: BTreeSet<u64>,
    /// Tags whose droplets it is on.
    pub tags: BTreeSet<String>,
}

/// One kind of traffic that passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirewallRule {
    /// Protocol.
    pub protocol: RuleProtocol,
    /// First and last port; `None` for all, and for ICMP.
    pub ports: Option<(u16, u16)>,
    /// From or to whom.
    pub peers: Peers,
}

/// The protocols that rules know.
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
        deserialize_with = "null_is_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub addresses: Vec<String>,
    /// Droplets by id.
    #[serde(
        deserialize_with = "null_is_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub droplet_ids: Vec<u64>,
    /// Droplets by tag.
    #[serde(
        deserialize_with = "null_is_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tags: Vec<String>,
}

fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A firewall as a client describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewFirewall {
    /// Name.
    pub name: String,
    /// Inbound rules.
    #[serde(deserialize_with = "null_is_empty")]
    pub inbound_rules: Vec<NewRule>,
    /// Outbound rules.
    #[serde(deserialize_with = "null_is_empty")]
    pub outbound_rules: Vec<NewRule>,
    /// Droplets to put it on.
    #[serde(deserialize_with = "null_is_empty")]
    pub droplet_ids: Vec<u64>,
    /// Tags to put it on.
    #[serde(deserialize_with = "null_is_empty")]
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

impl Record {
    /// Makes a firewall.
    ///
    /// # Errors
    /// When its name is unfit or taken, it has no rules, or a rule is invalid or names what isn't there.
    pub fn create_firewall(&mut self, new: &NewFirewall) -> Result<Uuid, Refusal> {
        let id = Uuid::new_v4();
        let firewall = self.firewall_from(id, Timestamp::now(), new)?;
        self.firewalls.insert(id, firewall);
        Ok(id)
    }

    /// Replaces a firewall.
    ///
    /// # Errors
    /// When there is none, or as [`Self::create_firewall`].
    pub fn replace_firewall(&mut self, id: Uuid, new: &NewFirewall) -> Result<(), Refusal> {
        let created_at = self.firewall(id)?.created_at;
        let firewall = self.firewall_from(id, created_at, new)?;
        self.firewalls.insert(id, firewall);
        Ok(())
    }

    fn firewall_from(
        &self,
        id: Uuid,
        created_at: Timestamp,
        new: &NewFirewall,
    ) -> Result<CloudFirewall, Refusal> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if new.name.is_empty() || new.name.len() > 255 || !new.name.chars().all(allowed) {
            return Err(Refusal::unprocessable(format!(
                "invalid firewall name {:?}",
                new.name
            )));
        }
        if self
            .firewalls
            .values()
            .any(|other| other.name == new.name && other.id != id)
        {
            return Err(Refusal::Conflict("duplicate name".to_owned()));
        }
        if new.inbound_rules.is_empty() && new.outbound_rules.is_empty() {
            return Err(Refusal::unprocessable(
                "must specify at least one inbound or outbound rule",
            ));
        }
        Ok(CloudFirewall {
            id,
            name: new.name.clone(),
            created_at,
            inbound: self.rules(&new.inbound_rules)?,
            outbound: self.rules(&new.outbound_rules)?,
            droplet_ids: self.known_droplets(&new.droplet_ids)?,
            tags: self.known_tags(&new.tags)?,
        })
    }

    fn rules(&self, rules: &[NewRule]) -> Result<Vec<FirewallRule>, Refusal> {
        rules.iter().map(|rule| self.rule(rule)).collect()
    }

    fn rule(&self, rule: &NewRule) -> Result<FirewallRule, Refusal> {
        let protocol = match rule.protocol.as_str() {
            "tcp" => RuleProtocol::Tcp,
            "udp" => RuleProtocol::Udp,
            "icmp" => RuleProtocol::Icmp,
            other => {
                return Err(Refusal::unprocessable(format!(
                    "invalid protocol {other:?}"
                )));
            }
        };
        let ports = match (protocol, rule.ports.as_deref()) {
            (RuleProtocol::Icmp, _) => None,
            (_, None | Some("")) => {
                return Err(Refusal::unprocessable(
                    "ports must be given for TCP and UDP",
                ));
            }
            (_, Some(ports)) => parse_ports(ports)?,
        };
        let peers = rule
            .sources
            .as_ref()
            .or(rule.destinations.as_ref())
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
        self.known_droplets(&peers.droplet_ids)?;
        self.known_tags(&peers.tags)?;
        Ok(FirewallRule {
            protocol,
            ports,
            peers,
        })
    }

    fn known_droplets(&self, ids: &[u64]) -> Result<BTreeSet<u64>, Refusal> {
        match ids.iter().find(|id| self.droplet(**id).is_err()) {
            Some(id) => Err(Refusal::unprocessable(format!(
                "droplet {id} does not exist"
            ))),
            None => Ok(ids.iter().copied().collect()),
        }
    }

    fn known_tags(&self, tags: &[String]) -> Result<BTreeSet<String>, Refusal> {
        let known = |tag: &String| {
            let found = self.tag(tag).map(str::to_owned);
            found.map_err(|_| Refusal::unprocessable(format!("tag {tag} does not exist")))
        };
        tags.iter().map(known).collect()
    }

    /// A firewall by id.
    ///
    /// # Errors
    /// When there is none.
    pub fn firewall(&self, id: Uuid) -> Result<&CloudFirewall, Refusal> {
        self.firewalls.get(&id).ok_or(Refusal::NotFound)
    }

    fn firewall_mut(&mut self, id: Uuid) -> Result<&mut CloudFirewall, Refusal> {
        self.firewalls.get_mut(&id).ok_or(Refusal::NotFound)
    }

    /// Removes a firewall.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete_firewall(&mut self, id: Uuid) -> Result<(), Refusal> {
        self.firewalls
            .remove(&id)
            .map(|_| ())
            .ok_or(Refusal::NotFound)
    }

    /// Puts a firewall on droplets, or takes it off them.
    ///
    /// # Errors
    /// When there is no such firewall or droplet.
    pub fn firewall_droplets(
        &mut self,
        id: Uuid,
        droplets: &[u64],
        on: bool,
    ) -> Result<(), Refusal> {
        let droplets = self.known_droplets(droplets)?;
        let own = &mut self.firewall_mut(id)?.droplet_ids;
        for droplet in droplets {
            let _ = if on {
                own.insert(droplet)
            } else {
                own.remove(&droplet)
            };
        }
        Ok(())
    }

    /// Puts a firewall on tags, or takes it off them.
    ///
    /// # Errors
    /// When there is no such firewall or tag.
    pub fn firewall_tags(&mut self, id: Uuid, tags: &[String], on: bool) -> Result<(), Refusal> {
        let tags = self.known_tags(tags)?;
        let own = &mut self.firewall_mut(id)?.tags;
        for tag in tags {
            let _ = if on {
                own.insert(tag)
            } else {
                own.remove(&tag)
            };
        }
        Ok(())
    }

    /// Adds rules to a firewall, or removes them.
    ///
    /// # Errors
    /// When there is no such firewall, or a rule is invalid.
    pub fn firewall_rules(
        &mut self,
        id: Uuid,
        change: &NewFirewall,
        add: bool,
    ) -> Result<(), Refusal> {
        let (inbound, outbound) = (
            self.rules(&change.inbound_rules)?,
            self.rules(&change.outbound_rules)?,
        );
        let firewall = self.firewall_mut(id)?;
        for (own, rules) in [
            (&mut firewall.inbound, inbound),
            (&mut firewall.outbound, outbound),
        ] {
            own.retain(|rule| !rules.contains(rule));
            if add {
                own.extend(rules);
            }
        }
        Ok(())
    }

    /// The firewalls that are on a droplet.
    pub fn firewalls_on(&self, droplet: u64) -> impl Iterator<Item = &CloudFirewall> {
        let tags = self.droplets.get(&droplet).map(|droplet| &droplet.tags);
        self.firewalls.values().filter(move |firewall| {
            let tagged = tags.is_some_and(|tags| !tags.is_disjoint(&firewall.tags));
            tagged || firewall.droplet_ids.contains(&droplet)
        })
    }

    /// Takes a tag or a droplet that goes out of all firewalls.
    pub(super) fn purge_firewalls(&mut self, tag: Option<&str>, droplet: Option<u64>) {
        for firewall in self.firewalls.values_mut() {
            firewall.tags.retain(|own| Some(own.as_str()) != tag);
            firewall.droplet_ids.retain(|own| Some(*own) != droplet);
            for rule in firewall.inbound.iter_mut().chain(&mut firewall.outbound) {
                rule.peers.tags.retain(|own| Some(own.as_str()) != tag);
                rule.peers.droplet_ids.retain(|own| Some(*own) != droplet);
            }
        }
    }
}

fn parse_ports(text: &str) -> Result<Option<(u16, u16)>, Refusal> {
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
pub(super) fn is_address(text: &str) -> bool {
    let (address, prefix) = text
        .split_once('/')
        .map_or((text, None), |(a, p)| (a, Some(p)));
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_one_a_range_or_all() {
        assert_eq!(parse_ports("22"), Ok(Some((22, 22))));
        assert_eq!(parse_ports("8000-9000"), Ok(Some((8000, 9000))));
        assert_eq!(parse_ports("all"), Ok(None));
        assert_eq!(parse_ports("0"), Ok(None));
        for bad in ["", "9000-8000", "x", "70000", "1-", "0-5"] {
            assert!(parse_ports(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_are_of_either_family_with_or_without_prefix() {
        for good in ["1.2.3.4", "10.0.0.0/8", "::/0", "fe80::1"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "app", "1.2.3.4/33", "1.2.3/8", "::/129"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
