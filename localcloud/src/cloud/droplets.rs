//! Droplets: what the account has ordered, and what is going on with each.

use super::actions::{Event, Work};
use super::backups::BackupPolicy;
use super::catalogue::{self, Size};
use super::droplet_orders::check_name;
use super::images::{ImageKind, Source};
use super::{Record, Refusal};
use crate::machine::spec::{DropletNet, DropletSeed, Firewall};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use uuid::Uuid;

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
    /// Slug of the platform's image, or id of the account's.
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
    /// When it is backed up; counts while backups are among its features.
    #[serde(default)]
    pub backup_policy: Option<BackupPolicy>,
    /// Since when it is backed up so, if that is not since it was ordered.
    #[serde(default)]
    pub backed_up_since: Option<Timestamp>,
    /// The reserved IP that it held last and holds no more, and since when.
    #[serde(default)]
    pub released: Option<(Ipv4Addr, Timestamp)>,
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

impl Droplet {
    /// Its size; the smallest if the catalogue no longer has the one that was ordered.
    #[must_use]
    pub fn size(&self) -> Size {
        *catalogue::size(&self.size).unwrap_or(&catalogue::SIZES[0])
    }
}

impl Record {
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
        let droplet = self.unlocked_droplet(id)?.clone();
        let off = droplet.status == DropletStatus::Off;
        let mut event = event;
        match &mut event {
            Event::Reboot | Event::Shutdown if off => {
                return Err(Refusal::unprocessable(
                    "Droplet is currently powered off. Please power it on to run this event.",
                ));
            }
            Event::Rename { name } => check_name(name)?,
            Event::Resize { size, disk } => check_resize(&droplet, size, *disk)?,
            Event::Rebuild { image } => *image = self.fitting_image(&droplet, image)?,
            Event::Restore { image } => *image = self.own_image(&droplet, image)?,
            Event::Snapshot { image, name } => {
                if name.is_empty() {
                    return Err(Refusal::unprocessable("A name must be given for snapshot."));
                }
                *image = self.begin_image(&droplet, name.clone(), ImageKind::Snapshot);
            }
            Event::Backup { image } => *image = self.begin_backup(&droplet)?,
            Event::EnableBackups { policy } | Event::ChangeBackupPolicy { policy } => {
                policy.check()?;
            }
            _ => {}
        }
        if matches!(event, Event::ChangeBackupPolicy { .. }) {
            droplet.check_backed_up()?;
        }
        Ok(self.start_action(Work::Droplet { droplet: id, event }, droplet.region))
    }

    /// The key of an image that the droplet can be rebuilt from.
    fn fitting_image(&self, droplet: &Droplet, image: &str) -> Result<String, Refusal> {
        let source = self.image_source(image).ok_or_else(|| {
            Refusal::unprocessable(format!(
                "You specified an invalid image for this Droplet: {image:?}."
            ))
        })?;
        if source.min_disk() > droplet.disk {
            return Err(Refusal::unprocessable(
                "This image needs a larger disk than this Droplet has.",
            ));
        }
        Ok(source.key())
    }

    /// The key of an image that was made of the droplet.
    fn own_image(&self, droplet: &Droplet, image: &str) -> Result<String, Refusal> {
        match self.image_source(image) {
            Some(source @ Source::User(own)) if own.droplet == droplet.id => Ok(source.key()),
            _ => Err(Refusal::unprocessable(format!(
                "{image:?} is no image of this Droplet."
            ))),
        }
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
        let backups = self.images_of(id, ImageKind::Backup);
        for backup in backups.map(|image| image.id).collect::<Vec<_>>() {
            // One that a droplet is being made from goes later ([`Self::keep_backups`]).
            let _ = self.delete_image(backup);
        }
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

    /// What the machine needs to boot a droplet.
    #[must_use]
    pub fn droplet_seed(&self, droplet: &Droplet, net: DropletNet) -> DropletSeed {
        DropletSeed {
            id: droplet.id,
            name: droplet.name.clone(),
            ssh_keys: droplet.ssh_keys.clone(),
            user_data: droplet.user_data.clone(),
            disk_gib: droplet.disk,
            net,
        }
    }
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
