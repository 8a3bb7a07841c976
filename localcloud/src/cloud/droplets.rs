//! Droplets: what the account has ordered, and what is going on with each.

use super::actions::{Event, Work};
use super::catalogue::{self, Size};
use super::{DROPLET_LIMIT, Record, Refusal, next_id};
use crate::plane::spec::{DropletNet, DropletSeed, Firewall};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use uuid::Uuid;

/// Most bytes of user data.
const USER_DATA_LIMIT: usize = 64 * 1024;

/// One droplet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Droplet {
    /// Numeric id.
    pub id: u64,
    /// Name in the account, and host name at first boot.
    pub name: String,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// Whether it should run.
    pub status: DropletStatus,
    /// Region slug.
    pub region: String,
    /// Size slug.
    pub size: String,
    /// Disk in GiB; stays when only memory and processors are resized.
    pub disk: u64,
    /// Image slug.
    pub image: String,
    /// Its VPC.
    pub vpc: Uuid,
    /// Public address.
    pub public: Ipv4Addr,
    /// Anchor address.
    pub anchor: Ipv4Addr,
    /// Address in the VPC.
    pub private: Ipv4Addr,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// Public keys for root, as they were when it was created.
    pub ssh_keys: Vec<String>,
    /// For cloud-init.
    pub user_data: String,
    /// What was switched on, as the API names it.
    pub features: BTreeSet<String>,
    /// The action that has it locked.
    pub pending: Option<u64>,
    /// Deleted by the account, not yet cleaned up on the machine.
    pub destroying: bool,
}

/// Whether a droplet should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DropletStatus {
    /// Not booted yet.
    New,
    /// Running.
    Active,
    /// Powered off.
    Off,
}

/// What a client says about droplets that it orders.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewDroplet {
    /// Name of the one droplet.
    pub name: Option<String>,
    /// Names of several droplets, alike otherwise.
    pub names: Option<Vec<String>>,
    /// Region slug.
    pub region: Option<String>,
    /// Size slug.
    pub size: String,
    /// Image slug or id.
    pub image: NumberOrText,
    /// Ids or fingerprints of SSH keys.
    pub ssh_keys: Option<Vec<NumberOrText>>,
    /// Tags; made if they don't exist.
    pub tags: Option<Vec<String>>,
    /// VPC; the region's default if absent.
    pub vpc_uuid: Option<String>,
    /// For cloud-init.
    pub user_data: Option<String>,
    /// Whether graphs are wanted.
    pub monitoring: Option<bool>,
    /// Whether backups are wanted.
    pub backups: Option<bool>,
    /// Whether an IPv6 address is wanted.
    pub ipv6: Option<bool>,
}

/// Something that clients write as a number or as text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum NumberOrText {
    /// A number.
    Number(u64),
    /// Text.
    Text(String),
}

impl Default for NumberOrText {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl std::fmt::Display for NumberOrText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl Droplet {
    /// Its size; the smallest if the catalogue no longer has the one that was ordered.
    #[must_use]
    pub fn size(&self) -> Size {
        *catalogue::size(&self.size).unwrap_or(&catalogue::SIZES[0])
    }
}

impl Record {
    /// Orders droplets; gives each one's id and the id of the action that creates it.
    ///
    /// # Errors
    /// When something asked for does not exist or is used up.
    pub fn create_droplets(&mut self, new: &NewDroplet) -> Result<Vec<(u64, u64)>, Refusal> {
        let names = match (&new.name, &new.names) {
            (Some(name), None) => vec![name.clone()],
            (None, Some(names)) if !names.is_empty() && names.len() <= 10 => names.clone(),
            _ => {
                return Err(Refusal::unprocessable(
                    "Name or names (at most 10) must be given",
                ));
            }
        };
        let live = self
            .droplets
            .values()
            .filter(|droplet| !droplet.destroying)
            .count();
        if live + names.len() > DROPLET_LIMIT {
            return Err(Refusal::unprocessable(
                "creating this/these droplet(s) will exceed your droplet limit",
            ));
        }
        names
            .into_iter()
            .map(|name| self.create_droplet(name, new))
            .collect()
    }

    fn create_droplet(&mut self, name: String, new: &NewDroplet) -> Result<(u64, u64), Refusal> {
        check_name(&name)?;
        let invalid = |what: &str, value: &str| {
            Refusal::unprocessable(format!(
                "You specified an invalid {what} for Droplet creation: {value:?}."
            ))
        };
        let region = new.region.as_deref().unwrap_or("nyc3");
        catalogue::region(region).ok_or_else(|| invalid("region", region))?;
        let size = catalogue::size(&new.size).ok_or_else(|| invalid("size", &new.size))?;
        let image = new.image.to_string();
        let image = catalogue::image(&image).ok_or_else(|| invalid("image", &image))?;
        let user_data = new.user_data.clone().unwrap_or_default();
        if user_data.len() > USER_DATA_LIMIT {
            return Err(Refusal::unprocessable("User data must not exceed 64 KiB"));
        }
        let ssh_keys = self.public_keys(new.ssh_keys.as_deref().unwrap_or_default())?;
        let vpc = self.vpc_for(region, new.vpc_uuid.as_deref())?;
        let (public, anchor) = self.free_public()?;
        let id = next_id(&mut self.last_droplet);
        let droplet = Droplet {
            id,
            name,
            created_at: Timestamp::now(),
            status: DropletStatus::New,
            region: region.to_owned(),
            size: size.slug.to_owned(),
            disk: size.disk,
            image: image.slug.to_owned(),
            vpc,
            public,
            anchor,
            private: self.free_private(vpc)?,
            tags: self.create_tags(new.tags.as_deref().unwrap_or_default())?,
            ssh_keys,
            user_data,
            features: features(new),
            pending: None,
            destroying: false,
        };
        self.droplets.insert(id, droplet);
        let work = Work::Droplet {
            droplet: id,
            event: Event::Create,
        };
        Ok((id, self.start_action(work, region.to_owned())))
    }

    fn public_keys(&self, keys: &[NumberOrText]) -> Result<Vec<String>, Refusal> {
        let public_key = |key: &NumberOrText| {
            let key = key.to_string();
            let known = self.ssh_key(&key).map(|key| key.public_key.clone());
            known.map_err(|_| {
                Refusal::unprocessable(format!(
                    "{key} are invalid key identifiers for Droplet creation."
                ))
            })
        };
        keys.iter().map(public_key).collect()
    }

    /// A droplet that the account still has.
    ///
    /// # Errors
    /// When there is none.
    pub fn droplet(&self, id: u64) -> Result<&Droplet, Refusal> {
        let droplet = self.droplets.get(&id).ok_or(Refusal::NotFound)?;
        if droplet.destroying {
            Err(Refusal::NotFound)
        } else {
            Ok(droplet)
        }
    }

    /// Like [`Self::droplet`], to change it.
    pub(super) fn droplet_mut(&mut self, id: u64) -> Result<&mut Droplet, Refusal> {
        self.droplet(id)?;
        self.droplets.get_mut(&id).ok_or(Refusal::NotFound)
    }

    /// Refuses when an action has the droplet locked.
    pub(super) fn unlocked_droplet(&self, id: u64) -> Result<&Droplet, Refusal> {
        let droplet = self.droplet(id)?;
        if droplet.pending.is_some() {
            return Err(Refusal::unprocessable(
                "Droplet already has a pending event.",
            ));
        }
        Ok(droplet)
    }

    /// Starts an action on a droplet.
    ///
    /// # Errors
    /// When there is no such droplet, it is locked, or this can't be done to it now.
    pub fn start_event(&mut self, id: u64, event: Event) -> Result<u64, Refusal> {
        let droplet = self.unlocked_droplet(id)?;
        let off = droplet.status == DropletStatus::Off;
        match &event {
            Event::Reboot | Event::Shutdown if off => {
                return Err(Refusal::unprocessable(
                    "Droplet is currently powered off. Please power it on to run this event.",
                ));
            }
            Event::Rename { name } => check_name(name)?,
            Event::Resize { size, disk } => check_resize(droplet, size, *disk)?,
            _ => {}
        }
        let region = droplet.region.clone();
        Ok(self.start_action(Work::Droplet { droplet: id, event }, region))
    }

    /// Deletes a droplet. It is gone for the account at once; its addresses are free again when the
    /// machine has cleaned up ([`Self::forget_droplet`]).
    ///
    /// # Errors
    /// When there is none, or it is locked.
    pub fn delete_droplet(&mut self, id: u64) -> Result<(), Refusal> {
        self.unlocked_droplet(id)?;
        self.droplet_mut(id)?.destroying = true;
        for reserved in self.reserved_ips.values_mut() {
            reserved.droplet.take_if(|holder| *holder == id);
        }
        self.assignments.remove(&format!("do:droplet:{id}"));
        self.purge_firewalls(None, Some(id));
        self.purge_database_rules("droplet", &id.to_string());
        Ok(())
    }

    /// Frees what a deleted droplet had.
    pub fn forget_droplet(&mut self, id: u64) {
        self.droplets.remove(&id);
    }

    /// A droplet's addresses, with a firewall around it.
    #[must_use]
    pub fn droplet_net(&self, droplet: &Droplet, firewall: Option<Firewall>) -> DropletNet {
        DropletNet {
            id: droplet.id,
            public: droplet.public,
            anchor: droplet.anchor,
            private: self.private_net(droplet.vpc, droplet.private),
            firewall,
        }
    }

    /// What the plane needs to boot a droplet.
    #[must_use]
    pub fn droplet_seed(&self, droplet: &Droplet, net: DropletNet) -> DropletSeed {
        DropletSeed {
            id: droplet.id,
            name: droplet.name.clone(),
            ssh_keys: droplet.ssh_keys.clone(),
            user_data: droplet.user_data.clone(),
            memory_mib: droplet.size().memory,
            net,
        }
    }
}

fn features(new: &NewDroplet) -> BTreeSet<String> {
    let wanted = [
        ("monitoring", new.monitoring == Some(true)),
        ("backups", new.backups == Some(true)),
        ("ipv6", new.ipv6 == Some(true)),
        ("private_networking", true),
        ("droplet_agent", true),
    ];
    wanted
        .iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let edges = |c: char| matches!(c, '.' | '-');
    if name.is_empty()
        || name.len() > 253
        || !name.chars().all(allowed)
        || name.starts_with(edges)
        || name.ends_with(edges)
    {
        return Err(Refusal::unprocessable(
            "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)",
        ));
    }
    Ok(())
}

fn check_resize(droplet: &Droplet, size: &str, disk: bool) -> Result<(), Refusal> {
    let new = catalogue::size(size).ok_or_else(|| {
        Refusal::unprocessable(format!(
            "You specified an invalid size for this Droplet: {size:?}."
        ))
    })?;
    if droplet.status != DropletStatus::Off {
        return Err(Refusal::unprocessable(
            "Droplet must be powered off to be resized.",
        ));
    }
    if new.disk < droplet.disk || (disk && new.disk == droplet.disk) {
        return Err(Refusal::unprocessable(
            "This size is not available because it has a smaller disk.",
        ));
    }
    Ok(())
}
