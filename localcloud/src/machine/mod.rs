//! The physical side of the cloud: namespaces, hosts, address translation, databases.
//!
//! Every operation is idempotent: after a crash the caller repeats it.

pub mod addresses;
pub mod certificates;
mod clock;
pub mod command;
mod control_groups;
pub mod databases;
mod disk;
mod droplets;
mod files;
mod first_boot;
mod host;
pub mod image;
mod impairment;
mod links;
mod namespace;
pub mod network;
pub mod packet_loss;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod rules;
mod slow_cpu;
mod snapshots;
pub mod spec;

pub use network::METADATA;

use addresses::Addresses;
use anyhow::{Context, Result};
use certificates::Authority;
use host::Host;
use network::Network;
use postgres::Cluster;
use slog::{Discard, Logger, o, warn};
use spec::{ReservedRoute, Topology};
use std::collections::{BTreeMap, HashMap};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;

/// The machine as one cloud uses it.
#[derive(Debug)]
pub struct Machine {
    /// `None`: the API records resources, and no host runs.
    real: Option<Real>,
}

#[derive(Debug)]
struct Real {
    log: Logger,
    cloud: String,
    directory: PathBuf,
    image: PathBuf,
    plan: Addresses,
    network: Network,
    authority: Authority,
    /// What was applied last. Locked during a change, so that changes are serialised.
    applied: Mutex<Applied>,
    /// One lock for each database cluster: changes to it are serialised.
    cluster_locks: std::sync::Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

#[derive(Debug, Default)]
struct Applied {
    topology: Topology,
    links: BTreeMap<String, u32>,
}

impl Machine {
    /// A machine that makes nothing real: the API records resources, and no host runs. Needs no privileges.
    #[must_use]
    pub fn record_only() -> Self {
        Self { real: None }
    }

    /// The machine of the cloud `name`, with its state below `directory`, droplets from `image`, and
    /// the addresses of `slot`. All its operations need root.
    #[must_use]
    pub fn new(name: &str, directory: &Path, image: PathBuf, slot: u8) -> Self {
        Self {
            real: Some(Real {
                log: Logger::root(Discard, o!()),
                cloud: name.to_owned(),
                directory: directory.to_owned(),
                image,
                plan: Addresses::of_slot(slot),
                network: Network::new(name, slot),
                authority: Authority::new(directory.join("ca")),
                applied: Mutex::default(),
                cluster_locks: std::sync::Mutex::default(),
            }),
        }
    }

    /// The same machine, which logs to `log`. By default it logs nothing.
    #[must_use]
    pub fn with_log(mut self, log: Logger) -> Self {
        if let Some(real) = &mut self.real {
            real.log = log;
        }
        self
    }

    /// Creates the cloud's router, unless it exists. Call it before everything except [`Machine::tear_down`].
    ///
    /// # Errors
    /// When the kernel refuses.
    pub async fn prepare(&self) -> Result<()> {
        match &self.real {
            Some(real) => real.network.ensure_router().await,
            None => Ok(()),
        }
    }

    /// Whether this machine makes nothing real.
    #[must_use]
    pub fn is_record_only(&self) -> bool {
        self.real.is_none()
    }

    /// Listens on `address` in the cloud's network; `None` if there is no network.
    ///
    /// # Errors
    /// When the address can't be bound.
    pub fn listen(&self, address: SocketAddr) -> Result<Option<TcpListener>> {
        self.real
            .as_ref()
            .map(|real| real.network.router.listen(address))
            .transpose()
    }

    /// Makes links, routes, address translation and filters equal to `topology`, and cuts the connections through
    /// reserved IPs that have moved since the last call.
    ///
    /// # Errors
    /// When the kernel refuses a change; the message contains the command.
    pub async fn sync_network(&self, topology: &Topology) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        let mut applied = real.applied.lock().await;
        real.apply(topology, &mut applied).await
    }

    /// Applies the last topology again if links have changed, as when a droplet reboots by itself.
    ///
    /// # Errors
    /// As [`Machine::sync_network`].
    pub async fn heal_network(&self) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        let mut applied = real.applied.lock().await;
        if real.network.links().await? == applied.links {
            return Ok(());
        }
        let topology = applied.topology.clone();
        real.apply(&topology, &mut applied).await
    }

    /// Undoes the faults that an earlier daemon left in force.
    pub fn undo_faults(&self) {
        let Some(real) = &self.real else { return };
        for id in names(&real.droplets())
            .iter()
            .filter_map(|name| name.parse().ok())
        {
            if let Err(error) = real.host(id).undo_faults() {
                warn!(real.log, "a fault of a droplet could not be undone"; "droplet" => id, "error" => format!("{error:#}"));
            }
        }
        for id in names(&real.databases()) {
            if let Err(error) = real.cluster(&id).undo_faults() {
                warn!(real.log, "a fault of a database could not be undone"; "database" => &id, "error" => format!("{error:#}"));
            }
        }
    }

    /// Stops every host and database below the cloud's directory and removes its network. Nothing of the cloud
    /// runs after this; its files stay. Works also after a crash of the daemon.
    ///
    /// # Errors
    /// When something does not end; everything else has ended then.
    pub async fn tear_down(&self) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        let mut failures = Vec::new();
        for id in names(&real.droplets()) {
            if let Ok(id) = id.parse()
                && let Err(error) = real.host(id).power_off().await
            {
                failures.push(format!("{error:#}"));
            }
        }
        for id in names(&real.databases()) {
            let ended = real.cluster(&id).stop().await;
            if let Err(error) = ended.and(real.network.database(&id).remove().await) {
                failures.push(format!("{error:#}"));
            }
        }
        if let Err(error) = real.network.remove().await {
            failures.push(format!("{error:#}"));
        }
        control_groups::remove_shared_directories();
        namespace::forget_empty_directory();
        anyhow::ensure!(failures.is_empty(), "{}", failures.join("; "));
        Ok(())
    }
}

impl Real {
    fn droplets(&self) -> PathBuf {
        self.directory.join("droplets")
    }

    fn databases(&self) -> PathBuf {
        self.directory.join("databases")
    }

    fn host(&self, id: u64) -> Host {
        Host::new(&self.droplets(), &self.cloud, id)
    }

    fn cluster(&self, id: &str) -> Cluster {
        let mut locks = self
            .cluster_locks
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let lock = Arc::clone(locks.entry(id.to_owned()).or_default());
        Cluster::new(
            &self.databases(),
            id,
            self.network.database(id),
            lock,
            self.log.clone(),
        )
    }

    async fn apply(&self, topology: &Topology, applied: &mut Applied) -> Result<()> {
        applied.links = self
            .network
            .apply(topology)
            .await
            .context("setting up the cloud's network")?;
        for route in moved(&applied.topology.reserved, &topology.reserved) {
            let mut before = applied.topology.droplets.iter();
            if let Some(holder) = before.find(|droplet| droplet.id == route.droplet) {
                self.network.cut_flows(route.ip, holder.anchor).await;
            }
        }
        applied.topology = topology.clone();
        Ok(())
    }
}

/// The routes of `before` that `now` does not contain.
fn moved(before: &[ReservedRoute], now: &[ReservedRoute]) -> Vec<ReservedRoute> {
    before
        .iter()
        .filter(|route| !now.contains(route))
        .copied()
        .collect()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect()
}
