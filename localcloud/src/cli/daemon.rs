//! `localcloud daemon`: one cloud in the foreground; `localcloud up` runs this in the background.

use super::error::{CliError, Failure};
use super::place::Place;
use crate::daemon::{self, DaemonConfig, Listeners};
use crate::jobs::MoveLatency;
use crate::log;
use crate::machine::addresses::Addresses;
use crate::machine::ports::{API_PORT, PROXY_PORT, SPACES_PORT};
use crate::machine::{METADATA, Machine, image};
use crate::proxy::Proxy;
use anyhow::{Context, Result};
use clap::Args;
use jiff::SignedDuration;
use slog::{Logger, error};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// Flags of `localcloud daemon`, passed on by `up`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Port of the API on 127.0.0.1; by default the one that it had before, else a free one.
    #[arg(long)]
    pub port: Option<u16>,
    /// Serve the API only: no host runs, and no privileges are needed.
    #[arg(long)]
    pub record_only: bool,
    /// How long the move of a reserved IP takes, as in 2s or 500ms.
    #[arg(long, env = "LOCALCLOUD_MOVE_LATENCY", default_value = "2s", value_parser = duration)]
    pub move_latency: Duration,
    /// How much longer, at random, a move may take.
    #[arg(long, env = "LOCALCLOUD_MOVE_JITTER", default_value = "0s", value_parser = duration)]
    pub move_jitter: Duration,
    /// For how long the metadata service reports the previous holder of a reserved IP after a move.
    #[arg(long, env = "LOCALCLOUD_METADATA_LAG", default_value = "2s", value_parser = duration)]
    pub metadata_lag: Duration,
    /// The length of a day for the lifecycle rules of Spaces, to make expiry visible.
    #[arg(long, env = "LOCALCLOUD_SPACES_DAY", default_value = "24h", value_parser = duration)]
    pub spaces_day: Duration,
}

pub(super) fn duration(text: &str) -> Result<Duration> {
    let signed: SignedDuration = text.parse()?;
    Duration::try_from(signed).context("it must not be negative")
}

/// Runs a cloud until SIGTERM. Its hosts continue to run.
///
/// # Errors
/// [`Failure::Taken`] when its port is in use; else when the machine refuses.
pub async fn run(place: &Place, options: Options) -> Result<(), CliError> {
    let log = log::to_stderr();
    let slot = place.choose_slot()?;
    let directory = place.cloud()?;
    let mut listeners = Listeners {
        api: vec![listen(place, options.port).await?],
        metadata: Vec::new(),
        spaces: Vec::new(),
    };
    let machine = if options.record_only {
        Machine::record_only()
    } else {
        let image = image::path(&place.images()?);
        Machine::new(&place.name, &directory, image, slot).with_log(log.clone())
    };
    machine.prepare().await?;
    let router = Addresses::of_slot(slot).router();
    let inside = |address: Ipv4Addr, port: u16| -> Result<Option<tokio::net::TcpListener>> {
        let listener = machine.listen(SocketAddr::from((address, port)))?;
        Ok(listener
            .map(tokio::net::TcpListener::from_std)
            .transpose()?)
    };
    listeners.api.extend(inside(router, API_PORT)?);
    listeners.metadata.extend(inside(METADATA, 80)?);
    listeners.spaces.extend(inside(router, SPACES_PORT)?);
    if machine.is_record_only() {
        let loopback = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        listeners
            .spaces
            .push(loopback.context("listening on loopback")?);
    }
    if let Some(listener) = inside(router, PROXY_PORT)? {
        let proxy = Arc::new(Proxy::new(place.root()?.join("packages"), log.clone())?);
        tokio::spawn(proxy.serve(listener));
    }
    let machine = Arc::new(machine);
    tokio::spawn(heal(Arc::clone(&machine), log.clone()));
    let config = DaemonConfig {
        name: place.name.clone(),
        slot,
        directory,
        move_latency: MoveLatency {
            fixed: options.move_latency,
            random: options.move_jitter,
        },
        metadata_lag: options.metadata_lag,
        spaces_day: options.spaces_day,
        log,
    };
    daemon::run(config, machine, listeners).await?;
    Ok(())
}

/// Repairs the links of droplets that have rebooted by themselves.
async fn heal(machine: Arc<Machine>, log: Logger) {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if let Err(error) = machine.heal_network().await {
            error!(log, "the network can't be repaired, retrying"; "error" => format!("{error:#}"));
        }
    }
}

/// Listens on loopback, if possible where the API was before, since scripts may hold its URL.
async fn listen(place: &Place, port: Option<u16>) -> Result<tokio::net::TcpListener, CliError> {
    let bind = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = if let Some(port) = port {
        bind(port).map_err(|error| {
            let words =
                format!("can't listen on 127.0.0.1:{port} ({error}): choose another --port");
            CliError::new(Failure::Taken, words)
        })?
    } else {
        let url = place.api().ok().map(|(url, _)| url);
        let before = url.and_then(|url| url.rsplit(':').next()?.parse().ok());
        let mut listener = before.and_then(|port| bind(port).ok());
        // A daemon that has just been killed may still hold the port for a moment.
        for _ in 0..40 {
            if listener.is_some() || before.is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            listener = before.and_then(|port| bind(port).ok());
        }
        listener
            .map_or_else(|| bind(0), Ok)
            .context("listening on loopback")?
    };
    listener
        .set_nonblocking(true)
        .context("preparing the API's listener")?;
    let listener = tokio::net::TcpListener::from_std(listener);
    Ok(listener.context("preparing the API's listener")?)
}
