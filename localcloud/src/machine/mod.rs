//! The physical side of the cloud: namespaces, hosts, address translation, databases.
//!
//! Every operation is idempotent: after a crash the caller says again what should be, and it is.

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
use spec::{ReservedRoute, Topology};
use std::collections::{BTreeMap, HashMap};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;

/// The machine under one cloud.
#[derive(Debug)]
pub struct Machine {
    /// `None`: only the record is kept, no host runs.
    real: Option<Real>,
}

#[derive(Debug)]
struct Real {
    cloud: String,
    directory: PathBuf,
    image: PathBuf,
    plan: Addresses,
    network: Network,
    authority: Authority,
    /// What was last applied; held while a change is made, so that changes queue.
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
    /// A machine that makes nothing real: the API keeps its record, no host runs. Needs no privileges.
    #[must_use]
    pub fn record_only() -> Self {
        Self { real: None }
    }

    /// The machine of the cloud `name`, with its state below `directory`, droplets from `image`, and
    /// the addresses of `slot`. Needs root, as does all that it does.
    #[must_use]
    pub fn new(name: &str, directory: &Path, image: PathBuf, slot: u8) -> Self {
        Self {
            real: Some(Real {
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

    /// Makes the cloud's router, unless it is there. Comes before everything but [`Machine::tear_down`].
    ///
    /// # Errors
    /// When the kernel refuses.
    pub async fn prepare(&self) -> Result<()> {
        match &self.real {
            Some(real) => real.network.ensure_router().await,
            None => Ok(()),
        }
    }

    /// Whether this machine only keeps the record.
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

    /// Makes links, routes, address translation and filters equal to `topology`, and cuts the flows
    /// through reserved IPs that have moved since the last call.
    ///
    /// # Errors
    /// When the kernel refuses a change; the message names the command.
    pub async fn sync_network(&self, topology: &Topology) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        let mut applied = real.applied.lock().await;
        real.apply(topology, &mut applied).await
    }

    /// Applies the last topology again if links have come or gone, as when a droplet reboots by itself.
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

    /// Undoes what faults of a daemon before this one have left broken.
    pub fn undo_faults(&self) {
        let Some(real) = &self.real else { return };
        for id in names(&real.droplets())
            .iter()
            .filter_map(|name| name.parse().ok())
        {
            if let Err(error) = real.host(id).undo_faults() {
                eprintln!("droplet {id} keeps a fault: {error:#}");
            }
        }
        for id in names(&real.databases()) {
            if let Err(error) = real.cluster(&id).undo_faults() {
                eprintln!("database {id} keeps a fault: {error:#}");
            }
        }
    }

    /// Ends every host and database below the cloud's directory and removes its network: after this
    /// nothing of the cloud runs. Its files stay. Works on what a crashed daemon left, too.
    ///
    /// # Errors
    /// When something does not end; what else there is has been ended then.
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
        Cluster::new(&self.databases(), id, self.network.database(id), lock)
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

/// What was routed before and is not routed so any more.
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
