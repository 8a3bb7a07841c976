//! Operations on DNS domains.

use crate::cloud::random::next_id;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::domain_records::{DomainRecord, NAMESERVERS, RecordChange, is_domain};
use crate::cloud::resources::domains::Domain;
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Record {
    /// Adds a domain with the platform's name servers, and with an address for itself if one is given.
    ///
    /// # Errors
    /// When the name or the address is invalid, or the name is taken.
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
    /// When it does not exist.
    pub fn domain(&self, name: &str) -> Result<&Domain, Refusal> {
        let name = name.to_ascii_lowercase();
        self.domains.get(&name).ok_or(Refusal::NotFound)
    }

    /// Removes a domain with its records.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_domain(&mut self, name: &str) -> Result<(), Refusal> {
        let name = self.domain(name)?.name.clone();
        self.domains.remove(&name);
        self.assignments.remove(&format!("do:domain:{name}"));
        Ok(())
    }
}
