//! Starts due backups and deletes old ones.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::actions::Event;
use crate::cloud::resources::droplets::{Droplet, DropletStatus};
use crate::cloud::resources::images::{ImageKind, ImageStatus};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

impl Record {
    /// Adds a pending backup that a droplet's action will create; returns the image's id.
    pub(super) fn begin_backup(&mut self, droplet: &Droplet) -> Result<u64, Refusal> {
        droplet.check_backed_up()?;
        let day = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let name = format!("{} {day}", droplet.name);
        Ok(self.begin_image(droplet, name, ImageKind::Backup))
    }

    /// Droplets whose backup is due: their window is open and has no backup yet.
    #[must_use]
    pub fn backups_due(&self, now: Timestamp) -> Vec<u64> {
        let ready = self.droplets.values().filter(|droplet| {
            !droplet.destroying && droplet.pending.is_none() && droplet.status != DropletStatus::New
        });
        let due = ready.filter(|droplet| {
            let Some(start) = droplet.backup_policy().and_then(|p| p.open_window(now)) else {
                return false;
            };
            let since = droplet.backed_up_since.unwrap_or(droplet.created_at);
            let mut images = self.images.values();
            since <= start
                && !images.any(|image| {
                    image.droplet == droplet.id
                        && image.kind == ImageKind::Backup
                        && image.created_at >= start
                })
        });
        due.map(|droplet| droplet.id).collect()
    }

    /// Starts the backups that are due and deletes those that are too old or whose droplet is gone.
    pub fn keep_backups(&mut self, now: Timestamp) {
        for droplet in self.backups_due(now) {
            // It was checked just now.
            let _ = self.start_event(droplet, Event::Backup { image: 0 });
        }
        for image in self.backups_stale(now) {
            // One that a droplet is being made from goes later.
            let _ = self.delete_image(image);
        }
    }

    /// Backups that are too old, or whose droplet is gone.
    #[must_use]
    pub fn backups_stale(&self, now: Timestamp) -> Vec<u64> {
        let images = self.images.values().filter(|image| {
            image.kind == ImageKind::Backup && image.status == ImageStatus::Available
        });
        let stale = images.filter(|image| {
            // Of one that is no longer backed up, the last plan counts.
            self.droplet(image.droplet).map_or(true, |droplet| {
                let policy = droplet.backup_policy.clone().unwrap_or_default();
                let days = i64::from(policy.retention_days());
                image.created_at + SignedDuration::from_hours(24 * days) <= now
            })
        });
        stale.map(|image| image.id).collect()
    }
}
