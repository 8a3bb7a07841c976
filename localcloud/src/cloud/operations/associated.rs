//! Destroys droplets together with associated resources.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::destructions::{Chosen, Destroyed, Destruction};
use crate::cloud::resources::images::ImageKind;
use jiff::Timestamp;
use std::net::Ipv4Addr;

/// How many finished destructions are remembered.
const RETAINED: usize = 100;

impl Record {
    /// The reserved IP that a droplet holds, and its snapshots.
    ///
    /// # Errors
    /// When there is no such droplet.
    pub fn associated(&self, droplet: u64) -> Result<Chosen, Refusal> {
        self.droplet(droplet)?;
        let held = self.reserved_ips.values();
        let held = held.filter(|reserved| reserved.droplet == Some(droplet));
        let images = self.images_of(droplet, ImageKind::Snapshot);
        Ok(Chosen {
            reserved_ips: held.map(|reserved| reserved.ip.to_string()).collect(),
            snapshots: images.map(|image| image.id.to_string()).collect(),
            ..Chosen::default()
        })
    }

    /// Destroys a droplet and the chosen resources among those that belong to it.
    ///
    /// # Errors
    /// When there is no such droplet, it is locked, or something chosen is not its own.
    pub fn destroy_with(&mut self, droplet: u64, mut chosen: Chosen) -> Result<(), Refusal> {
        let own = self.associated(droplet)?;
        chosen.reserved_ips.append(&mut chosen.floating_ips);
        let foreign = |ids: &[String], own: &[String]| ids.iter().any(|id| !own.contains(id));
        if foreign(&chosen.reserved_ips, &own.reserved_ips)
            || foreign(&chosen.snapshots, &own.snapshots)
            || !chosen.volumes.is_empty()
            || !chosen.volume_snapshots.is_empty()
        {
            return Err(Refusal::unprocessable(
                "A chosen resource is not associated with this Droplet.",
            ));
        }
        let name = self.droplet(droplet)?.name.clone();
        self.delete_droplet(droplet)?;
        let gone = Destroyed::of(&droplet.to_string(), &name, Ok(()));
        let destruction = self.destroy_parts(gone, &chosen);
        self.destructions.insert(droplet, destruction);
        while self.destructions.len() > RETAINED {
            self.destructions.pop_first();
        }
        Ok(())
    }

    /// Tries again what could not be destroyed.
    ///
    /// # Errors
    /// When the droplet was not destroyed with what belongs to it.
    pub fn destroy_again(&mut self, droplet: u64) -> Result<(), Refusal> {
        let before = self.destruction(droplet)?.clone();
        let again = self.destroy_parts(before.droplet.clone(), &before.left());
        let keep = |all: Vec<Destroyed>, again: Vec<Destroyed>| {
            let done = all.into_iter().filter(|one| one.error.is_none());
            done.chain(again).collect()
        };
        let destruction = Destruction {
            droplet: again.droplet,
            reserved_ips: keep(before.reserved_ips, again.reserved_ips),
            snapshots: keep(before.snapshots, again.snapshots),
            completed_at: again.completed_at,
        };
        self.destructions.insert(droplet, destruction);
        Ok(())
    }

    fn destroy_parts(&mut self, droplet: Destroyed, chosen: &Chosen) -> Destruction {
        let reserved_ips = chosen.reserved_ips.iter().map(|id| {
            let ip: Result<Ipv4Addr, Refusal> = id.parse().map_err(|_| Refusal::NotFound);
            Destroyed::of(id, id, ip.and_then(|ip| self.delete_reserved_ip(ip)))
        });
        let reserved_ips = reserved_ips.collect();
        let snapshots = chosen.snapshots.iter().map(|id| {
            let number: Result<u64, Refusal> = id.parse().map_err(|_| Refusal::NotFound);
            let image = number.clone().ok().and_then(|id| self.images.get(&id));
            let name = image.map_or_else(|| id.clone(), |image| image.name.clone());
            Destroyed::of(id, &name, number.and_then(|id| self.delete_image(id)))
        });
        let snapshots = snapshots.collect();
        Destruction {
            droplet,
            reserved_ips,
            snapshots,
            completed_at: Timestamp::now(),
        }
    }

    /// How a droplet's destruction with what belongs to it went.
    ///
    /// # Errors
    /// When it was not destroyed so.
    pub fn destruction(&self, droplet: u64) -> Result<&Destruction, Refusal> {
        self.destructions.get(&droplet).ok_or(Refusal::NotFound)
    }
}
