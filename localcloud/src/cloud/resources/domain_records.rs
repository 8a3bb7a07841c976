//! Records of DNS domains.

use crate::cloud::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The platform's name servers, which every domain begins with.
pub const NAMESERVERS: [&str; 3] = [
    "ns1.digitalocean.com",
    "ns2.digitalocean.com",
    "ns3.digitalocean.com",
];

/// Shortest TTL in seconds.
const SHORTEST_TTL: u32 = 30;

/// One record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DomainRecord {
    /// Numeric id.
    pub id: u64,
    /// As in DNS, in upper case.
    pub r#type: String,
    /// Name relative to the domain; `@` for the domain itself.
    pub name: String,
    /// Address, name without a closing dot, or text.
    pub data: String,
    /// Of MX and SRV.
    pub priority: Option<u16>,
    /// Of SRV.
    pub port: Option<u16>,
    /// TTL in seconds.
    pub ttl: u32,
    /// Of SRV.
    pub weight: Option<u16>,
    /// Of CAA.
    pub flags: Option<u8>,
    /// Of CAA.
    pub tag: Option<String>,
}

/// What a client sends about a record; what is absent stays or has its default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RecordChange {
    pub(in crate::cloud) r#type: Option<String>,
    name: Option<String>,
    data: Option<String>,
    priority: Option<u16>,
    port: Option<u16>,
    ttl: Option<u32>,
    weight: Option<u16>,
    flags: Option<u8>,
    tag: Option<String>,
}

impl RecordChange {
    /// A record with type, name and data only.
    #[must_use]
    pub fn of(kind: &str, name: &str, data: &str) -> Self {
        Self {
            r#type: Some(kind.to_owned()),
            name: Some(name.to_owned()),
            data: Some(data.to_owned()),
            ..Self::default()
        }
    }
}

impl DomainRecord {
    pub(in crate::cloud) fn plain(kind: &str, name: &str, data: &str) -> Self {
        Self {
            id: 0,
            r#type: kind.to_owned(),
            name: name.to_owned(),
            data: data.to_owned(),
            priority: None,
            port: None,
            ttl: DEFAULT_TTL,
            weight: None,
            flags: None,
            tag: None,
        }
    }

    /// The SOA record, which contains the zone's TTL.
    pub(in crate::cloud) fn soa() -> Self {
        Self::plain("SOA", "@", &DEFAULT_TTL.to_string())
    }

    /// A name server of the domain.
    pub(in crate::cloud) fn name_server(server: &str) -> Self {
        Self::plain("NS", "@", server)
    }

    /// Its whole name, without a closing dot.
    #[must_use]
    pub fn full_name(&self, domain: &str) -> String {
        match self.name.as_str() {
            "@" => domain.to_owned(),
            name => format!("{name}.{domain}"),
        }
    }

    /// Its data as a zone file writes it.
    pub(in crate::cloud) fn zone_data(&self) -> String {
        let data = match self.r#type.as_str() {
            "A" | "AAAA" => return self.data.clone(),
            "TXT" => return format!("\"{}\"", self.data),
            _ if self.data == "@" => "@".to_owned(),
            _ => format!("{}.", self.data),
        };
        let number = |number: Option<u16>| number.unwrap_or_default();
        match self.r#type.as_str() {
            "MX" => format!("{} {data}", number(self.priority)),
            "SRV" => {
                let (priority, weight, port) = (self.priority, self.weight, self.port);
                let numbers = [priority, weight, port].map(|n| number(n).to_string());
                format!("{} {data}", numbers.join(" "))
            }
            "CAA" => {
                let (flags, tag) = (self.flags.unwrap_or_default(), self.tag.as_deref());
                format!("{flags} {} \"{}\"", tag.unwrap_or_default(), self.data)
            }
            _ => data,
        }
    }

    /// This record with a change made to it and checked.
    pub(in crate::cloud) fn changed(mut self, change: RecordChange) -> Result<Self, Refusal> {
        self.ttl = change.ttl.filter(|ttl| *ttl > 0).unwrap_or(self.ttl);
        if self.ttl < SHORTEST_TTL {
            return Err(blank("TTL", "must be at least 30 seconds"));
        }
        if self.r#type == "SOA" {
            self.data = self.ttl.to_string();
            return Ok(self);
        }
        self.name = change.name.unwrap_or(self.name).to_ascii_lowercase();
        if self.name.is_empty() {
            return Err(blank("Name", "can't be blank"));
        }
        if let Some(data) = change.data {
            self.data = checked_data(&self.r#type, &data)?;
        }
        if self.data.is_empty() {
            return Err(blank("Data", "can't be blank"));
        }
        // Some clients send zeros for what a type does not have.
        let has = |types: &[&str]| types.contains(&self.r#type.as_str());
        let (mx, srv, caa) = (has(&["MX", "SRV"]), has(&["SRV"]), has(&["CAA"]));
        self.priority = change.priority.or(self.priority).filter(|_| mx);
        self.port = change.port.or(self.port).filter(|_| srv);
        self.weight = change.weight.or(self.weight).filter(|_| srv);
        self.flags = change.flags.or(self.flags).filter(|_| caa);
        self.tag = change.tag.or(self.tag).filter(|_| caa);
        let tag = self.tag.as_deref();
        let good_tag = tag.is_some_and(|tag| ["issue", "issuewild", "iodef"].contains(&tag));
        let lacking = [
            ("Priority", mx && self.priority.is_none()),
            ("Port", srv && self.port.is_none()),
            ("Weight", srv && self.weight.is_none()),
            ("Flags", caa && self.flags.is_none()),
            ("Tag", caa && !good_tag),
        ];
        match lacking.iter().find(|(_, lacking)| *lacking) {
            Some((what, _)) => Err(blank(what, "can't be blank")),
            None => Ok(self),
        }
    }
}

pub(in crate::cloud) fn blank(what: &str, why: &str) -> Refusal {
    Refusal::unprocessable(format!("{what} {why}"))
}

/// A record's data as it is stored. Names are sent with a closing dot and stored without.
fn checked_data(kind: &str, data: &str) -> Result<String, Refusal> {
    let good = match kind {
        "A" => data.parse::<Ipv4Addr>().is_ok(),
        "AAAA" => data.parse::<Ipv6Addr>().is_ok(),
        "TXT" => data.len() <= 512,
        _ if data == "@" => true,
        _ => {
            let name = data
                .strip_suffix('.')
                .ok_or_else(|| blank("Data", "needs to end with a dot (.)"))?;
            return if is_domain(name) {
                Ok(name.to_owned())
            } else {
                Err(blank("Data", "is not a valid host name"))
            };
        }
    };
    if good {
        Ok(data.to_owned())
    } else {
        Err(blank(
            "Data",
            &format!("is not valid for a record of type {kind}"),
        ))
    }
}

/// Default TTL in seconds.
pub const DEFAULT_TTL: u32 = 1_800;

/// Whether a text is a domain name of at least two labels.
#[must_use]
pub fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..=63).contains(&label.len()) && label.chars().all(allowed)
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}
