//! Operations on droplets.

use crate::cloud::operations::droplet_orders::check_name;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::actions::{Event, Work};
use crate::cloud::resources::catalogue;
use crate::cloud::resources::droplets::{Droplet, DropletStatus};
use crate::cloud::resources::images::{ImageKind, Source};
use crate::machine::spec::{DropletNet, DropletSeed, Firewall};

impl Record {
    /// A droplet that the account still has.
    ///
    /// # Errors
    /// When it does not exist.
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

    /// Deletes a droplet. The account no longer sees it; its addresses are free when the machine has
    /// cleaned up ([`Self::forget_droplet`]).
    ///
    /// # Errors
    /// When it does not exist, or it is locked.
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

    /// Removes a deleted droplet, which frees its addresses.
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
