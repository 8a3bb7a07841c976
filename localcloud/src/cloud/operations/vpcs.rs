//! Operations on VPCs.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::catalogue;
use crate::cloud::resources::ranges::Range;
use crate::cloud::resources::vpcs::{Member, Vpc};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// A VPC as a client describes it.
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
        catalogue::region(&new.region).ok_or_else(|| {
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
    /// When it does not exist.
    pub fn vpc(&self, id: Uuid) -> Result<&Vpc, Refusal> {
        self.vpcs.get(&id).ok_or(Refusal::NotFound)
    }

    /// Changes what a VPC is called, its description, and whether it is its region's default.
    ///
    /// # Errors
    /// When it does not exist, or the name is taken.
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
        let droplets = droplets.map(|droplet| Member {
            kind: "droplet",
            id: droplet.id.to_string(),
            name: droplet.name.clone(),
            created_at: droplet.created_at,
        });
        let databases = self
            .databases
            .values()
            .filter(|database| database.vpc == id);
        let databases = databases.map(|database| Member {
            kind: "dbaas",
            id: database.id.to_string(),
            name: database.name.clone(),
            created_at: database.created_at,
        });
        droplets.chain(databases).collect()
    }

    /// Removes a VPC.
    ///
    /// # Errors
    /// When it does not exist, it has members, or it is its region's default.
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
