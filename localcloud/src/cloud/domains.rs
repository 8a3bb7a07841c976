//! DNS domains of the account, and their zones. Records are in [`super::domain_records`].

use super::domain_records::{DomainRecord, NAMESERVERS, RecordChange};
use super::{Record, Refusal, next_id};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Seconds that an answer may be kept where a record says nothing else.
pub const DEFAULT_TTL: u32 = 1_800;

/// One domain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Domain {
    /// Name without a closing dot.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Its records by id.
    pub records: BTreeMap<u64, DomainRecord>,
}

impl Domain {
    /// Seconds that an answer may be kept: the TTL of the SOA record.
    #[must_use]
    pub fn ttl(&self) -> u32 {
        let soa = self.records.values().find(|record| record.r#type == "SOA");
        soa.map_or(DEFAULT_TTL, |soa| soa.ttl)
    }

    /// The zone in the format of RFC 1035.
    #[must_use]
    pub fn zone_file(&self) -> String {
        let (origin, ttl) = (&self.name, self.ttl());
        let serial = self.created_at.as_second();
        let mut zone = format!(
            "$ORIGIN {origin}.\n$TTL {ttl}\n{origin}. IN SOA {}. hostmaster.{origin}. {serial} 10800 3600 604800 {ttl}\n",
            NAMESERVERS[0]
        );
        for record in self
            .records
            .values()
            .filter(|record| record.r#type != "SOA")
        {
            let owner = record.full_name(origin);
            let (ttl, kind, data) = (record.ttl, &record.r#type, record.zone_data());
            writeln!(zone, "{owner}. {ttl} IN {kind} {data}").expect("writing to a string works");
        }
        zone
    }
}

impl Record {
    /// Adds a domain with the platform's name servers, and with an address for itself if one is given.
    ///
    /// # Errors
    /// When the name is none, is taken, or the address is none.
    pub fn create_domain(&mut self, name: &str, address: Option<&str>) -> Result<String, Refusal> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if !is_domain(&name) {
            return Err(Refusal::unprocessable("Domain name is not valid"));
        }
        if self.domains.contains_key(&name) {
            return Err(Refusal::unprocessable(format!(
                "domain '{name}': name already exists"
            )));
        }
        let domain = Domain {
            name: name.clone(),
            created_at: Timestamp::now(),
            records: BTreeMap::new(),
        };
        self.domains.insert(name.clone(), domain);
        self.insert_record(&name, DomainRecord::soa());
        for server in NAMESERVERS {
            self.insert_record(&name, DomainRecord::name_server(server));
        }
        if let Some(address) = address.filter(|address| !address.is_empty()) {
            let kind = if address.contains(':') { "AAAA" } else { "A" };
            let apex = RecordChange::of(kind, "@", address);
            self.create_domain_record(&name, apex)?;
        }
        Ok(name)
    }

    pub(super) fn insert_record(&mut self, domain: &str, record: DomainRecord) -> u64 {
        let id = next_id(&mut self.last_domain_record);
        if let Some(domain) = self.domains.get_mut(domain) {
            domain.records.insert(id, DomainRecord { id, ..record });
        }
        id
    }

    /// A domain by name.
    ///
    /// # Errors
    /// When there is none.
    pub fn domain(&self, name: &str) -> Result<&Domain, Refusal> {
        let name = name.to_ascii_lowercase();
        self.domains.get(&name).ok_or(Refusal::NotFound)
    }

    /// Removes a domain with its records.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete_domain(&mut self, name: &str) -> Result<(), Refusal> {
        let name = self.domain(name)?.name.clone();
        self.domains.remove(&name);
        self.assignments.remove(&format!("do:domain:{name}"));
        Ok(())
    }
}

/// Whether a text is a domain name of at least two labels.
#[must_use]
pub fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..=63).contains(&label.len()) && label.chars().all(allowed)
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}
