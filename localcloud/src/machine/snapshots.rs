//! Images of droplets: copies of a droplet's disk, without what is in the platform's image.

use super::command::run;
use super::files::remove;
use super::{Machine, Real};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Files of a droplet that a new droplet, made from its image, must not have: the host's keys, its id, and the
/// state of cloud-init.
const IDENTITY: [&str; 3] = [
    "etc/ssh/ssh_host_ed25519_key",
    "etc/machine-id",
    "var/lib/cloud",
];
/// A device that each first boot creates, which fails if it exists.
const CLOUD_INIT: &str = "etc/cloud/cloud-init.disabled";

impl Machine {
    /// Makes an image of a droplet's disk, and returns its size in bytes. A running droplet is frozen meanwhile,
    /// unless it is `already` frozen.
    ///
    /// # Errors
    /// When the droplet can't be frozen or its disk can't be copied.
    pub async fn take_image(&self, droplet: u64, image: u64, already: bool) -> Result<u64> {
        let Some(real) = &self.real else {
            return Ok(0);
        };
        let host = real.host(droplet);
        let freeze = host.runs() && !already;
        if freeze {
            host.freeze(true)?;
        }
        let target = real.image(image);
        let draft = draft_of(&target)?;
        let copied = host.disk().copy_to(&draft, host.supervisor()).await;
        if freeze {
            host.freeze(false)?;
        }
        copied?;
        fs::rename(&draft, &target).with_context(|| format!("naming {}", target.display()))?;
        tokio::task::spawn_blocking(move || bytes_below(&target)).await?
    }

    /// Prepares an image for a droplet's first boot, which makes the disk from it; does nothing if the droplet has a
    /// disk. With `anew` the droplet gets a new identity; else it has that of the image.
    ///
    /// # Errors
    /// When the image is not there or can't be copied.
    pub async fn place_image(&self, droplet: u64, image: u64, anew: bool) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        if real.host(droplet).disk().exists() {
            return Ok(());
        }
        let base = real.droplets().join(droplet.to_string()).join("disk.base");
        copy(&real.image(image), &base).await?;
        let identity = IDENTITY.iter().filter(|_| anew);
        for path in identity.chain([&CLOUD_INIT]) {
            remove(&base.join(path))?;
        }
        Ok(())
    }

    /// Removes an image.
    ///
    /// # Errors
    /// When it can't be removed.
    pub fn remove_image(&self, image: u64) -> Result<()> {
        self.real
            .as_ref()
            .map_or(Ok(()), |real| remove(&real.image(image)))
    }
}

impl Real {
    fn image(&self, id: u64) -> PathBuf {
        self.directory.join("snapshots").join(id.to_string())
    }
}

/// Copies a tree with overlayfs's attributes, and gives the copy its name when it is complete.
async fn copy(from: &Path, to: &Path) -> Result<()> {
    let draft = draft_of(to)?;
    let (from, target) = (from.display().to_string(), draft.display().to_string());
    run("cp", &["-a", "--reflink=auto", &from, &target]).await?;
    fs::rename(&draft, to).with_context(|| format!("naming {}", to.display()))
}

/// A path beside `target` for a draft of it. Removes an earlier draft and `target` itself.
fn draft_of(target: &Path) -> Result<PathBuf> {
    let draft = PathBuf::from(format!("{}.draft", target.display()));
    remove(&draft)?;
    remove(target)?;
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    Ok(draft)
}

fn bytes_below(directory: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let found = entry.metadata()?;
        sum += if found.is_dir() {
            bytes_below(&entry.path())?
        } else {
            found.len()
        };
    }
    Ok(sum)
}
