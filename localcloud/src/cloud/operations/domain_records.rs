//! Operations on records of DNS domains.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::domain_records::{DomainRecord, RecordChange, blank};

/// Types that clients may create.
const TYPES: [&str; 8] = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"];

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
    /// When it does not exist.
    pub fn domain_record(&self, domain: &str, id: u64) -> Result<&DomainRecord, Refusal> {
        let records = &self.domain(domain)?.records;
        records.get(&id).ok_or(Refusal::NotFound)
    }

    /// Changes what is given of a record; its type stays.
    ///
    /// # Errors
    /// When it does not exist, or it would be invalid.
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
    /// When it does not exist, or it is the SOA.
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
