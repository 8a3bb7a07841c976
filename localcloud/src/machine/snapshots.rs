//! Images of droplets: copies of what a droplet's disk has beyond the platform's image.

use super::command::run;
use super::files::remove;
use super::{Machine, Real};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// What a droplet made from an image of another one must not have of it: keys of the host, its id,
/// and that cloud-init has run.
const IDENTITY: [&str; 3] = [
    "etc/ssh/ssh_host_ed25519_key",
    "etc/machine-id",
    "var/lib/cloud",
];
/// Written anew at each first boot, and can't be written twice: it is a device.
const CLOUD_INIT: &str = "etc/cloud/cloud-init.disabled";

impl Machine {
    /// Makes an image of a droplet's disk, in bytes as given. A running droplet stands still
    /// meanwhile, unless it does `already`.
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

    /// Puts an image where a droplet's first boot makes its disk from it, unless it has a disk. With
    /// `anew` it becomes another host; else it stays the one that the image was made of.
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

/// Copies a tree with all that overlayfs keeps in it; a copy that was cut off does not count.
async fn copy(from: &Path, to: &Path) -> Result<()> {
    let draft = draft_of(to)?;
    let (from, target) = (from.display().to_string(), draft.display().to_string());
    run("cp", &["-a", "--reflink=auto", &from, &target]).await?;
    fs::rename(&draft, to).with_context(|| format!("naming {}", to.display()))
}

/// Where what will be `target` is made; what was there before is gone then.
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
