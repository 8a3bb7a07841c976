//! `localcloud env`: settings for Terraform and other tools, as shell assignments.

use super::error::CliError;
use super::place::Place;
use crate::machine::addresses::Addresses;
use crate::machine::ports::API_PORT;

/// Prints `export` lines for a shell to evaluate.
///
/// # Errors
/// When there is no such cloud.
pub fn run(place: &Place) -> Result<(), CliError> {
    let (url, token) = place.api()?;
    let plan = Addresses::of_slot(place.slot()?);
    println!("export DIGITALOCEAN_API_URL={url}");
    println!("export DIGITALOCEAN_TOKEN={token}");
    let (endpoint, id, secret) = place.spaces()?;
    println!("# Spaces: for S3 clients, also on droplets, with a key that may do everything.");
    println!("export SPACES_ENDPOINT_URL={endpoint}");
    println!("export SPACES_ACCESS_KEY_ID={id}");
    println!("export SPACES_SECRET_ACCESS_KEY={secret}");
    println!("export TF_VAR_spaces_endpoint={endpoint}");
    println!("# The API as droplets reach it.");
    println!(
        "export LOCALCLOUD_DROPLET_API_URL=http://{}:{API_PORT}",
        plan.router()
    );
    println!("# This machine operates the droplets.");
    println!("export TF_VAR_operator_cidrs='[\"{}/32\"]'", plan.machine());
    println!("# VPCs of this cloud lie in its own part of 198.18.0.0/15.");
    println!("export TF_VAR_vpc_ip_range={}/24", plan.vpc(0));
    Ok(())
}
