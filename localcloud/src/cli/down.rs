//! `localcloud down`: ends a cloud and removes all that it was.

use super::CliError;
use super::place::Place;
use super::up::NOTE;
use crate::plane::process::Process;
use crate::plane::{Plane, image};
use anyhow::Context;
use std::time::Duration;

/// Ends the daemon, every host and database and the network, then removes the cloud's directory.
/// The droplet image and fetched packages stay. Works whatever a crash has left.
///
/// # Errors
/// When something does not end or can't be removed; it can be run again.
pub async fn run(place: &Place) -> Result<(), CliError> {
    let directory = place.cloud()?;
    let Ok(slot) = place.slot() else {
        println!("there is no cloud {}", place.name);
        return Ok(());
    };
    if let Some(daemon) = Process::noted(&directory.join(NOTE)) {
        daemon.end(Duration::from_secs(8)).await?;
    }
    if nix::unistd::geteuid().is_root() {
        let image = image::path(&place.images()?);
        Plane::new(&place.name, &directory, image, slot)
            .tear_down()
            .await?;
    }
    std::fs::remove_dir_all(&directory)
        .with_context(|| format!("removing {}", directory.display()))?;
    println!("cloud {} is gone", place.name);
    Ok(())
}
