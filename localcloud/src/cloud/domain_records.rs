//! Records of DNS domains.

use super::domains::{DEFAULT_TTL, is_domain};
use super::{Record, Refusal};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The platform's name servers, which every domain begins with.
pub const NAMESERVERS: [&str; 3] = [
    "ns1.digitalocean.com",
    "ns2.digitalocean.com",
    "ns3.digitalocean.com",
];
/// Types that clients may create.
const TYPES: [&str; 8] = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"];
/// Shortest time that an answer may be kept, in seconds.
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
    /// Seconds that an answer may be kept.
    pub ttl: u32,
    /// Of SRV.
    pub weight: Option<u16>,
    /// Of CAA.
    pub flags: Option<u8>,
    /// Of CAA.
    pub tag: Option<String>,
}

/// What a client says about a record; what is absent stays or has its default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RecordChange {
    r#type: Option<String>,
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
    /// A record of which only the essentials are said.
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
    fn plain(kind: &str, name: &str, data: &str) -> Self {
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

    /// The record that says how long the zone's answers may be kept.
    pub(super) fn soa() -> Self {
        Self::plain("SOA", "@", &DEFAULT_TTL.to_string())
    }

    /// A name server of the domain.
    pub(super) fn name_server(server: &str) -> Self {
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
    pub(super) fn zone_data(&self) -> String {
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
    fn changed(mut self, change: RecordChange) -> Result<Self, Refusal> {
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

fn blank(what: &str, why: &str) -> Refusal {
    Refusal::unprocessable(format!("{what} {why}"))
}

/// A record's data as it is kept. Names are sent with a closing dot and kept without.
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

impl Record {
    /// Adds a record to a domain.
    ///
    /// # Errors
    /// When there is no such domain, or the record is invalid.
    pub fn create_domain_record(
        &mut self,
        domain: &str,
        new: RecordChange,
    ) -> Result<u64, Refusal> {
        let domain = self.domain(domain)?.name.clone();
        let kind = new.r#type.clone().unwrap_or_default().to_ascii_uppercase();
        if !TYPES.contains(&kind.as_str()) {
            return Err(blank("Type", "is not included in the list"));
        }
        let record = DomainRecord::plain(&kind, "", "").changed(new)?;
        self.check_cname(&domain, &record)?;
        Ok(self.insert_record(&domain, record))
    }

    /// A name with a CNAME has no other record.
    fn check_cname(&self, domain: &str, new: &DomainRecord) -> Result<(), Refusal> {
        let mut others = self.domain(domain)?.records.values();
        let clash = |other: &DomainRecord| {
            let either = other.r#type == "CNAME" || new.r#type == "CNAME";
            other.id != new.id && other.name == new.name && either
        };
        if others.any(clash) {
            return Err(Refusal::unprocessable(
                "CNAME records cannot share a name with other records",
            ));
        }
        Ok(())
    }

    /// A record of a domain.
    ///
    /// # Errors
    /// When there is none.
    pub fn domain_record(&self, domain: &str, id: u64) -> Result<&DomainRecord, Refusal> {
        let records = &self.domain(domain)?.records;
        records.get(&id).ok_or(Refusal::NotFound)
    }

    /// Changes what is given of a record; its type stays.
    ///
    /// # Errors
    /// When there is none, or it would be invalid.
    pub fn update_domain_record(
        &mut self,
        domain: &str,
        id: u64,
        change: RecordChange,
    ) -> Result<(), Refusal> {
        let record = self.domain_record(domain, id)?.clone().changed(change)?;
        self.check_cname(domain, &record)?;
        let domain = self.domain(domain)?.name.clone();
        let domain = self.domains.get_mut(&domain).ok_or(Refusal::NotFound)?;
        domain.records.insert(id, record);
        Ok(())
    }

    /// Removes a record.
    ///
    /// # Errors
    /// When there is none, or it is the SOA.
    pub fn delete_domain_record(&mut self, domain: &str, id: u64) -> Result<(), Refusal> {
        if self.domain_record(domain, id)?.r#type == "SOA" {
            return Err(Refusal::unprocessable("The SOA record can't be removed"));
        }
        let domain = self.domain(domain)?.name.clone();
        let domain = self.domains.get_mut(&domain).ok_or(Refusal::NotFound)?;
        domain.records.remove(&id);
        Ok(())
    }
}
