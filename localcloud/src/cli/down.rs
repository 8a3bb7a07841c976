//! `localcloud down`: stops a cloud and removes it.

use super::error::CliError;
use super::place::Place;
use super::up::NOTE;
use crate::machine::process::Process;
use crate::machine::{Machine, image};
use anyhow::Context;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long processes of a killed daemon may still write.
const GRACE: Duration = Duration::from_secs(10);

/// Stops the daemon, all hosts, databases and the network, then removes the cloud's directory. The
/// droplet image and cached packages stay. Works after a crash at any point.
///
/// # Errors
/// When something does not end or can't be removed; it can be run again.
pub async fn run(place: &Place) -> Result<(), CliError> {
    let directory = place.cloud()?;
    let Ok(slot) = place.slot() else {
        println!("there is no cloud {}", place.name);
        // Remove what an interrupted `down` has left.
        return remove(&directory).await;
    };
    if let Some(daemon) = Process::recorded(&directory.join(NOTE)) {
        daemon.end(Duration::from_secs(8)).await?;
    }
    if nix::unistd::geteuid().is_root() {
        let image = image::path(&place.images()?);
        Machine::new(&place.name, &directory, image, slot)
            .tear_down()
            .await?;
    }
    remove(&directory).await?;
    println!("cloud {} is gone", place.name);
    Ok(())
}

/// Removes a directory, again while what a killed daemon has left running still writes there.
async fn remove(directory: &Path) -> Result<(), CliError> {
    let deadline = Instant::now() + GRACE;
    loop {
        match std::fs::remove_dir_all(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error)
                if error.kind() == ErrorKind::DirectoryNotEmpty && Instant::now() < deadline =>
            {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            removed => {
                removed.with_context(|| format!("removing {}", directory.display()))?;
                return Ok(());
            }
        }
    }
}
