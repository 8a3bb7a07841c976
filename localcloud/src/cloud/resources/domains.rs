//! DNS domains of the account, and their zones. Records are in [`super::domain_records`].

use crate::cloud::resources::domain_records::{DEFAULT_TTL, DomainRecord, NAMESERVERS};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

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
    /// TTL in seconds: that of the SOA record.
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
