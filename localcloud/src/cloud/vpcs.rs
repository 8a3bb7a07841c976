//! Virtual private clouds.

use super::catalogue::region;
use super::{Record, Refusal};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use uuid::Uuid;

/// A private network in a region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Vpc {
    /// UUID.
    pub id: Uuid,
    /// Unique in the account.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Slug of its region.
    pub region: String,
    /// Its addresses.
    pub range: Range,
    /// Whether resources of the region land here when they name no VPC.
    pub default: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An IPv4 range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First address.
    pub network: Ipv4Addr,
    /// Prefix length.
    pub prefix: u8,
}

impl Range {
    /// Number of addresses.
    #[must_use]
    pub fn size(self) -> u32 {
        1 << (32 - u32::from(self.prefix))
    }

    /// The range's first host address, where its gateway is.
    #[must_use]
    pub fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.network) + 1)
    }

    /// The range's mask in dotted form.
    #[must_use]
    pub fn netmask(self) -> Ipv4Addr {
        Ipv4Addr::from(!(self.size() - 1))
    }

    /// Whether two ranges share an address.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        let mask = !(self.size().max(other.size()) - 1);
        u32::from(self.network) & mask == u32::from(other.network) & mask
    }

    fn is_inside(self, network: [u8; 4], prefix: u8) -> bool {
        let outer = Self {
            network: network.into(),
            prefix,
        };
        self.prefix >= prefix && self.overlaps(outer)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

impl FromStr for Range {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let refuse = |why| Refusal::unprocessable(format!("{text} is not a valid ip_range: {why}"));
        let (network, prefix) = text
            .split_once('/')
            .ok_or_else(|| refuse("it needs CIDR notation"))?;
        let network: Ipv4Addr = network.parse().map_err(|_| refuse("it is not IPv4"))?;
        let prefix: u8 = prefix
            .parse()
            .map_err(|_| refuse("its prefix is not a number"))?;
        if !(16..=28).contains(&prefix) {
            return Err(refuse("its size must be between /16 and /28"));
        }
        let range = Self { network, prefix };
        if u32::from(network) & (range.size() - 1) != 0 {
            return Err(refuse("it does not start at its first address"));
        }
        let private = [
            ([10, 0, 0, 0], 8),
            ([172, 16, 0, 0], 12),
            ([192, 168, 0, 0], 16),
            ([198, 18, 0, 0], 15),
        ];
        if !private
            .iter()
            .any(|(network, prefix)| range.is_inside(*network, *prefix))
        {
            return Err(refuse("it is not a private range"));
        }
        Ok(range)
    }
}

/// Something in a VPC.
#[derive(Debug, Clone)]
pub struct Member {
    /// Type as in its URN: `droplet` or `dbaas`.
    pub kind: &'static str,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Member {
    /// Its name across the account.
    #[must_use]
    pub fn urn(&self) -> String {
        format!("do:{}:{}", self.kind, self.id)
    }
}

/// What a client may say about a VPC that it creates.
#[derive(Debug, Default, Deserialize)]
pub struct NewVpc {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Region slug.
    #[serde(default)]
    pub region: String,
    /// Range in CIDR notation; chosen if absent.
    #[serde(default)]
    pub ip_range: Option<String>,
    /// Free text.
    #[serde(default)]
    pub description: Option<String>,
}

impl Record {
    /// Makes a VPC.
    ///
    /// # Errors
    /// When its name is taken, its region unknown, or its range unfit or in use.
    pub fn create_vpc(&mut self, new: NewVpc) -> Result<Uuid, Refusal> {
        region(&new.region).ok_or_else(|| {
            Refusal::unprocessable(format!("region {:?} is not valid", new.region))
        })?;
        self.check_vpc_name(&new.name, None)?;
        let range = match new.ip_range.as_deref().filter(|range| !range.is_empty()) {
            Some(range) => self.fit_range(range.parse()?)?,
            None => self.free_range()?,
        };
        Ok(self.insert_vpc(
            new.name,
            new.description.unwrap_or_default(),
            new.region,
            range,
            false,
        ))
    }

    fn insert_vpc(
        &mut self,
        name: String,
        description: String,
        region: String,
        range: Range,
        default: bool,
    ) -> Uuid {
        let id = Uuid::new_v4();
        let created_at = Timestamp::now();
        let vpc = Vpc {
            id,
            name,
            description,
            region,
            range,
            default,
            created_at,
        };
        self.vpcs.insert(id, vpc);
        id
    }

    /// The VPC that a new resource in `region` belongs to: the one it names, or the region's default.
    pub(super) fn vpc_for(&mut self, region: &str, named: Option<&str>) -> Result<Uuid, Refusal> {
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            let unknown = || {
                Refusal::unprocessable(format!("VPC {named} could not be found in region {region}"))
            };
            let id = named.parse().map_err(|_| unknown())?;
            let vpc = self.vpcs.get(&id).ok_or_else(unknown)?;
            return if vpc.region == region {
                Ok(id)
            } else {
                Err(unknown())
            };
        }
        if let Some(vpc) = self
            .vpcs
            .values()
            .find(|vpc| vpc.region == region && vpc.default)
        {
            return Ok(vpc.id);
        }
        let range = self.free_range()?;
        Ok(self.insert_vpc(
            format!("default-{region}"),
            String::new(),
            region.to_owned(),
            range,
            true,
        ))
    }

    fn fit_range(&self, range: Range) -> Result<Range, Refusal> {
        let plan = Range {
            network: self.plan().network(),
            prefix: 21,
        };
        if range.overlaps(plan) {
            return Err(Refusal::unprocessable(format!(
                "{range} overlaps with the cloud's own addresses, {plan}"
            )));
        }
        match self.vpcs.values().find(|vpc| vpc.range.overlaps(range)) {
            Some(vpc) => Err(Refusal::unprocessable(format!(
                "This range/size overlaps with another VPC network in your account: {} {}",
                vpc.name, vpc.range
            ))),
            None => Ok(range),
        }
    }

    fn free_range(&self) -> Result<Range, Refusal> {
        (0..8)
            .map(|n| Range {
                network: self.plan().vpc(n),
                prefix: 24,
            })
            .find_map(|range| self.fit_range(range).ok())
            .ok_or_else(|| Refusal::unprocessable("There is no free ip_range; name one"))
    }

    fn check_vpc_name(&self, name: &str, own: Option<Uuid>) -> Result<(), Refusal> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if name.is_empty() || !name.chars().all(allowed) {
            return Err(Refusal::unprocessable(format!(
                "VPC name {name:?} is invalid: only letters, digits, dashes and periods"
            )));
        }
        if self
            .vpcs
            .values()
            .any(|vpc| vpc.name == name && Some(vpc.id) != own)
        {
            return Err(Refusal::unprocessable(format!(
                "A VPC named {name} exists already"
            )));
        }
        Ok(())
    }

    /// A VPC by id.
    ///
    /// # Errors
    /// When there is none.
    pub fn vpc(&self, id: Uuid) -> Result<&Vpc, Refusal> {
        self.vpcs.get(&id).ok_or(Refusal::NotFound)
    }

    /// Changes what a VPC is called, its description, and whether it is its region's default.
    ///
    /// # Errors
    /// When there is none, or the name is taken.
    pub fn update_vpc(
        &mut self,
        id: Uuid,
        name: Option<String>,
        description: Option<String>,
        default: Option<bool>,
    ) -> Result<(), Refusal> {
        let region = self.vpc(id)?.region.clone();
        if let Some(name) = &name {
            self.check_vpc_name(name, Some(id))?;
        }
        if default == Some(true) {
            for vpc in self.vpcs.values_mut().filter(|vpc| vpc.region == region) {
                vpc.default = vpc.id == id;
            }
        }
        let vpc = self.vpcs.get_mut(&id).ok_or(Refusal::NotFound)?;
        vpc.name = name.unwrap_or_else(|| vpc.name.clone());
        vpc.description = description.unwrap_or_else(|| vpc.description.clone());
        Ok(())
    }

    /// What is in a VPC.
    #[must_use]
    pub fn vpc_members(&self, id: Uuid) -> Vec<Member> {
        let droplets = self.droplets.values().filter(|droplet| droplet.vpc == id);
        droplets
            .map(|droplet| Member {
                kind: "droplet",
                id: droplet.id.to_string(),
                name: droplet.name.clone(),
                created_at: droplet.created_at,
            })
            .collect()
    }

    /// Removes a VPC.
    ///
    /// # Errors
    /// When there is none, it has members, or it is its region's default.
    pub fn delete_vpc(&mut self, id: Uuid) -> Result<(), Refusal> {
        let vpc = self.vpc(id)?;
        if !self.vpc_members(id).is_empty() {
            return Err(Refusal::Forbidden(
                "Can not delete VPC with members".to_owned(),
            ));
        }
        if vpc.default {
            return Err(Refusal::Forbidden("Can not delete default VPCs".to_owned()));
        }
        self.vpcs.remove(&id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_private_aligned_and_of_fit_size() {
        for good in [
            "10.0.0.0/16",
            "172.31.0.0/20",
            "192.168.7.0/28",
            "198.19.0.0/24",
        ] {
            assert!(good.parse::<Range>().is_ok(), "{good}");
        }
        for bad in [
            "10.0.0.0/8",
            "10.0.0.1/24",
            "8.8.8.0/24",
            "10.0.0.0",
            "10.0.0.0/29",
            "::/64",
            "172.32.0.0/24",
        ] {
            assert!(bad.parse::<Range>().is_err(), "{bad}");
        }
    }

    #[test]
    fn overlap_is_seen_whichever_range_is_larger() {
        let parse = |text: &str| text.parse::<Range>().unwrap();
        assert!(parse("10.1.0.0/16").overlaps(parse("10.1.7.0/24")));
        assert!(parse("10.1.7.0/24").overlaps(parse("10.1.0.0/16")));
        assert!(!parse("10.1.0.0/24").overlaps(parse("10.1.1.0/24")));
    }
}
