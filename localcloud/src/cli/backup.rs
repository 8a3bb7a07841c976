//! `localcloud backup`: has a droplet backed up now.

use super::error::CliError;
use super::place::Place;
use super::status::{call, find};
use anyhow::Context;
use reqwest::Method;

/// Starts a backup of a droplet by name or id, and prints the action's id.
///
/// # Errors
/// [`super::Failure::NoCloud`] when the daemon does not answer; else when there is no such droplet,
/// backups of it are not enabled, or something else is under way on it.
pub async fn run(place: &Place, droplet: &str) -> Result<(), CliError> {
    let found = find(place, "droplets", droplet).await?;
    let id = found["id"].as_u64().context("a droplet's id")?;
    let path = format!("droplets/{id}/backups");
    let made = call(place, Method::POST, &path, None).await?;
    println!("action {} makes a backup", made["action"]["id"]);
    Ok(())
}
