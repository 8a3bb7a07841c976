//! What happens to droplets and to images of them.

use super::Jobs;
use crate::cloud::resources::actions::Event;
use crate::cloud::resources::droplets::{Droplet, DropletStatus};
use crate::fault::Fault;
use crate::topology;
use anyhow::{Context, Result};
use std::time::Duration;

/// How long a droplet may take to shut down when asked to.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(30);

impl Jobs {
    pub(super) async fn droplet_event(&self, droplet: u64, event: &Event) -> Result<()> {
        match event {
            Event::Create | Event::PowerOn => return self.boot(droplet).await,
            Event::PowerOff => self.machine.power_off_droplet(droplet).await?,
            Event::Shutdown => {
                self.machine
                    .shutdown_droplet(droplet, SHUTDOWN_GRACE)
                    .await?;
            }
            Event::Reboot => {
                self.machine
                    .shutdown_droplet(droplet, SHUTDOWN_GRACE)
                    .await?;
                return self.boot(droplet).await;
            }
            Event::PowerCycle => {
                self.machine.power_off_droplet(droplet).await?;
                return self.boot(droplet).await;
            }
            Event::Rebuild { image } => return self.replace_disk(droplet, image, true).await,
            Event::Restore { image } => return self.replace_disk(droplet, image, false).await,
            Event::Snapshot { image, .. } | Event::Backup { image } => {
                return self.take_image(droplet, *image).await;
            }
            Event::Rename { .. }
            | Event::Resize { .. }
            | Event::EnableBackups { .. }
            | Event::ChangeBackupPolicy { .. }
            | Event::DisableBackups
            | Event::PasswordReset
            | Event::EnableIpv6 => return Ok(()),
        }
        self.network.refresh().await
    }

    /// Boots a droplet that ran before the daemon started, unless it was switched off meanwhile.
    pub(crate) async fn boot_again(&self, droplet: u64) -> Result<()> {
        let record = self.store.record();
        match record.droplet(droplet) {
            Ok(found) if found.status == DropletStatus::Active => self.boot(droplet).await,
            _ => Ok(()),
        }
    }

    async fn boot(&self, droplet: u64) -> Result<()> {
        let record = self.store.record();
        let Ok(found) = record.droplet(droplet) else {
            return Ok(());
        };
        self.place(droplet, &found.image, true).await?;
        self.start(found).await
    }

    /// Gives a droplet the disk of `image`, as another host (`anew`) or the one it was, and boots it.
    async fn replace_disk(&self, droplet: u64, image: &str, anew: bool) -> Result<()> {
        let record = self.store.record();
        let Ok(found) = record.droplet(droplet) else {
            return Ok(());
        };
        self.machine.destroy_droplet(droplet).await?;
        self.place(droplet, image, anew).await?;
        self.start(found).await
    }

    /// Puts an image of the account where the droplet's first boot takes it from.
    async fn place(&self, droplet: u64, image: &str, anew: bool) -> Result<()> {
        let Some(image) = image.parse().ok() else {
            return Ok(());
        };
        let placed = self.machine.place_image(droplet, image, anew).await;
        placed.with_context(|| format!("taking image {image} for droplet {droplet}"))
    }

    async fn start(&self, droplet: &Droplet) -> Result<()> {
        let record = self.store.record();
        let net = topology::droplet_net(&record, droplet);
        let seed = record.droplet_seed(droplet, net);
        let name = &droplet.name;
        self.machine
            .boot_droplet(&seed)
            .await
            .with_context(|| format!("booting droplet {name}"))?;
        self.network.refresh().await
    }

    pub(super) async fn destroy_droplet(&self, droplet: u64) -> Result<()> {
        self.machine
            .destroy_droplet(droplet)
            .await
            .with_context(|| format!("destroying droplet {droplet}"))?;
        self.network.refresh().await?;
        self.change(|record| record.forget_droplet(droplet)).await
    }

    async fn take_image(&self, droplet: u64, image: u64) -> Result<()> {
        let frozen = Fault::DropletFrozen { droplet };
        let already = self.faults.has(&frozen);
        let bytes = self.machine.take_image(droplet, image, already).await;
        let bytes = bytes.with_context(|| format!("making an image of droplet {droplet}"))?;
        self.change(|record| record.image_made(image, bytes)).await
    }

    pub(super) async fn destroy_image(&self, image: u64) -> Result<()> {
        self.machine
            .remove_image(image)
            .with_context(|| format!("removing image {image}"))?;
        self.change(|record| record.forget_image(image)).await
    }
}
