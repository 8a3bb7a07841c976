//! The files of clouds, and how a cloud is found by its name.

use super::error::{CliError, Failure};
use crate::machine::addresses::{Addresses, SLOTS};
use crate::spaces::{ENDPOINT_FILE, KEY_FILE};
use anyhow::{Context, Result};
use clap::Args;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Which cloud, and where.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Name of the cloud; several run side by side on one machine.
    #[arg(long, global = true, env = "LOCALCLOUD_NAME", default_value = "dev", value_parser = name)]
    pub name: String,
    /// Directory of all clouds, the droplet image and the packages.
    #[arg(
        long,
        global = true,
        env = "LOCALCLOUD_ROOT",
        default_value = ".cache/localcloud"
    )]
    pub root: PathBuf,
}

/// Checks the name of a cloud: it becomes part of paths and of names of units.
///
/// # Errors
/// When it has other characters or another length; the text is for the user.
pub fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 20 || !text.chars().all(plain) {
        return Err("use 1 to 20 of a-z, 0-9 and -".to_owned());
    }
    Ok(text.to_owned())
}

impl Place {
    /// The root, absolute, since hosts' mounts and processes name it.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn root(&self) -> Result<PathBuf> {
        fs::create_dir_all(&self.root)
            .with_context(|| format!("making {}", self.root.display()))?;
        self.root
            .canonicalize()
            .with_context(|| format!("finding {}", self.root.display()))
    }

    /// The directory of this cloud.
    ///
    /// # Errors
    /// When the root can't be made.
    pub fn cloud(&self) -> Result<PathBuf> {
        Ok(self.root()?.join("clouds").join(&self.name))
    }

    /// Where droplet images are.
    ///
    /// # Errors
    /// When the root can't be made.
    pub fn images(&self) -> Result<PathBuf> {
        Ok(self.root()?.join("images"))
    }

    /// This cloud's slot, as chosen when it was made.
    ///
    /// # Errors
    /// [`Failure::NoCloud`] when there is no such cloud.
    pub fn slot(&self) -> Result<u8, CliError> {
        read_slot(&self.cloud()?).ok_or_else(|| self.no_cloud())
    }

    /// The URL and token of this cloud's API.
    ///
    /// # Errors
    /// [`Failure::NoCloud`] when it was never up.
    pub fn api(&self) -> Result<(String, String), CliError> {
        let cloud = self.cloud()?;
        let read = |file: &str| fs::read_to_string(cloud.join(file)).map(|t| t.trim().to_owned());
        match (read("api"), read("token")) {
            (Ok(url), Ok(token)) => Ok((url, token)),
            _ => Err(self.no_cloud()),
        }
    }

    /// The URL of this cloud's Spaces, and id and secret of a key that may do everything there.
    ///
    /// # Errors
    /// [`Failure::NoCloud`] when it was never up.
    pub fn spaces(&self) -> Result<(String, String, String), CliError> {
        let cloud = self.cloud()?;
        let read = |file: &str| fs::read_to_string(cloud.join(file)).map(|t| t.trim().to_owned());
        let (Ok(url), Ok(key)) = (read(ENDPOINT_FILE), read(KEY_FILE)) else {
            return Err(self.no_cloud());
        };
        let (id, secret) = key.split_once(' ').unwrap_or((&key, ""));
        Ok((url, id.to_owned(), secret.to_owned()))
    }

    /// The failure of a command that needs a cloud.
    #[must_use]
    pub fn no_cloud(&self) -> CliError {
        CliError::new(
            Failure::NoCloud,
            format!(
                "there is no cloud {:?} here: run `localcloud up --name {0}`",
                self.name
            ),
        )
    }

    /// This cloud's slot; the first time, one that no cloud on this machine uses.
    ///
    /// # Errors
    /// [`Failure::Taken`] when all are in use.
    pub fn choose_slot(&self) -> Result<u8, CliError> {
        let clouds = self.root()?.join("clouds");
        let cloud = self.cloud()?;
        fs::create_dir_all(&cloud).context("making the cloud's directory")?;
        let lock = File::create(clouds.join("slots.lock")).context("opening the lock on slots")?;
        let _held = Flock::lock(lock, FlockArg::LockExclusive)
            .map_err(|(_, error)| anyhow::anyhow!("locking the slots: {error}"))?;
        if let Some(slot) = read_slot(&cloud) {
            return Ok(slot);
        }
        let entries = fs::read_dir(&clouds).into_iter().flatten().flatten();
        let kept: Vec<u8> = entries.filter_map(|e| read_slot(&e.path())).collect();
        let free = (0..SLOTS).find(|slot| !kept.contains(slot) && !in_use(*slot));
        let slot = free.ok_or_else(|| {
            let words = format!("all {SLOTS} slots for clouds are in use: take one down first");
            CliError::new(Failure::Taken, words)
        })?;
        fs::write(cloud.join("slot"), slot.to_string()).context("noting the slot")?;
        Ok(slot)
    }
}

fn read_slot(cloud: &Path) -> Option<u8> {
    let slot = fs::read_to_string(cloud.join("slot")).ok()?;
    slot.trim().parse().ok().filter(|slot| *slot < SLOTS)
}

/// Whether a cloud of another checkout, or anything else on this machine, has a slot's addresses.
fn in_use(slot: u8) -> bool {
    let link = format!("/sys/class/net/localcloud{slot}");
    let network = Addresses::of_slot(slot).network();
    let routes = fs::read_to_string("/proc/net/route").unwrap_or_default();
    Path::new(&link).exists()
        || routes
            .lines()
            .skip(1)
            .any(|line| overlaps(line, network.into()))
}

/// Whether a line of `/proc/net/route` (little-endian hexadecimal) lies in the /20 at `network`.
#[must_use]
pub fn overlaps(line: &str, network: u32) -> bool {
    let mut words = line.split_whitespace().skip(1);
    let destination = words
        .next()
        .and_then(|word| u32::from_str_radix(word, 16).ok());
    destination.is_some_and(|d| d.swap_bytes() & 0xffff_f000 == network)
}
