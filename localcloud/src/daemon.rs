//! The daemon: the record, its worker and its listeners, in order of start-up.

use crate::api::app::App;
use crate::api::limits::Limits;
use crate::api::router;
use crate::cloud::resources::tokens::{ADMIN, token_text};
use crate::fault::Faults;
use crate::fault_injector::FaultInjector;
use crate::jobs::{Jobs, MoveLatency};
use crate::journal::NewEvent;
use crate::machine::Machine;
use crate::network::Network;
use crate::store::Store;
use crate::{atomic_file, metadata, spaces};
use anyhow::{Context, Result, ensure};
use axum::Router;
use slog::{Logger, error, info, warn};
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// Deadline for running requests when the daemon ends.
const DRAIN: Duration = Duration::from_secs(5);

/// Settings of a daemon.
#[derive(Debug, Clone)]
pub struct DaemonConfig {
    /// The cloud's name.
    pub name: String,
    /// Which sixteen /24 of the test block it uses.
    pub slot: u8,
    /// Directory of its record and of the files `token` and `api`.
    pub directory: PathBuf,
    /// How long a reserved IP's move takes.
    pub move_latency: MoveLatency,
    /// The length of a day for the lifecycle rules of Spaces.
    pub spaces_day: Duration,
    /// For how long the metadata service reports the previous holder after a move.
    pub metadata_lag: Duration,
    /// Where the daemon logs.
    pub log: Logger,
}

/// Where a daemon listens.
#[derive(Debug, Default)]
pub struct Listeners {
    /// For the API. The first one's address goes to the file `api`.
    pub api: Vec<TcpListener>,
    /// For the metadata service.
    pub metadata: Vec<TcpListener>,
    /// For Spaces. The first one's address goes to the file `spaces-endpoint`.
    pub spaces: Vec<TcpListener>,
}

/// Why a daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A client requested the end of the daemon and of all that it runs.
    Shutdown,
    /// SIGTERM or SIGINT: hosts continue to run without the daemon.
    Signal,
}

/// Runs a cloud until a signal or a request ends it.
///
/// # Errors
/// When its directory or record can't be used, or a listener fails.
pub async fn run(
    config: DaemonConfig,
    machine: impl Into<Arc<Machine>>,
    listeners: Listeners,
) -> Result<Ending> {
    ensure!(
        !listeners.api.is_empty(),
        "the daemon needs a listener for its API"
    );
    let store = Arc::new(Store::open(
        &config.directory,
        config.slot,
        config.log.clone(),
    )?);
    admit_admin(&store, &config.directory.join("token")).await?;
    let spaces = spaces::start(
        &config.directory,
        &store,
        config.spaces_day,
        &listeners.spaces,
        config.log.clone(),
    );
    let spaces = spaces.await?;

    let machine = machine.into();
    machine.undo_faults();
    let faults = Arc::new(Faults::default());
    let network = Network::new(
        config.log.clone(),
        Arc::clone(&store),
        Arc::clone(&machine),
        Arc::clone(&faults),
    );
    let network = Arc::new(network);
    let jobs = Arc::new(Jobs::new(
        config.log.clone(),
        Arc::clone(&store),
        Arc::clone(&machine),
        Arc::clone(&network),
        Arc::clone(&faults),
        config.move_latency,
    ));
    let app = Arc::new(App {
        name: config.name,
        store: Arc::clone(&store),
        injector: FaultInjector::new(
            config.log.clone(),
            faults,
            Arc::clone(&machine),
            Arc::clone(&network),
            Arc::clone(store.journal()),
            Arc::clone(&jobs),
        ),
        machine,
        log: config.log.clone(),
        limits: Limits::default(),
        shutdown: Notify::new(),
    });

    let mut background = JoinSet::new();
    background.spawn(spaces::expire(Arc::clone(&spaces)));
    background.spawn(async move { network.run().await });
    background.spawn(Arc::clone(&jobs).run());
    background.spawn(Arc::clone(&jobs).watch_droplets());
    background.spawn(Arc::clone(&jobs).keep_backups());
    background.spawn(jobs.watch_databases());

    let (end, ended) = watch::channel(false);
    let url = format!(
        "http://{}\n",
        listeners.api[0]
            .local_addr()
            .context("asking for the API's address")?
    );
    let mut servers = serve(
        &app,
        &spaces::router(&spaces),
        listeners,
        config.metadata_lag,
        &ended,
    );
    atomic_file::replace(&config.directory.join("api"), url.as_bytes())?;
    info!(config.log, "the API listens"; "url" => url.trim_end());
    let started = NewEvent::new("daemon.started", url.trim_end(), env!("CARGO_PKG_VERSION"));
    app.store.journal().append([started]);

    let ending = wait_for_end(&app.shutdown).await?;
    let words = format!("{ending:?}");
    let ended_so = NewEvent::new("daemon.ended", url.trim_end(), words);
    app.store.journal().append([ended_so]);
    end.send_replace(true);
    let drained = async { while servers.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        warn!(config.log, "requests still run at the deadline and are cut off"; "seconds" => DRAIN.as_secs());
    }
    background.shutdown().await;
    Ok(ending)
}

fn serve(
    app: &Arc<App>,
    spaces_router: &Router,
    listeners: Listeners,
    metadata_lag: Duration,
    ended: &watch::Receiver<bool>,
) -> JoinSet<()> {
    let api_router = router::router(Arc::clone(app));
    let metadata_router = metadata::router(Arc::clone(&app.store), metadata_lag);
    let api = listeners
        .api
        .into_iter()
        .map(|listener| (listener, &api_router));
    let metadata = listeners.metadata.into_iter();
    let metadata = metadata.map(|listener| (listener, &metadata_router));
    let spaces = listeners.spaces.into_iter();
    let spaces = spaces.map(|listener| (listener, spaces_router));
    let mut servers = JoinSet::new();
    for (listener, router) in api.chain(metadata).chain(spaces) {
        let mut ended = ended.clone();
        let end = async move {
            // An error means that the sender was dropped, which also ends the server.
            let _ = ended.wait_for(|ended| *ended).await;
        };
        let service = router
            .clone()
            .into_make_service_with_connect_info::<SocketAddr>();
        let log = app.log.clone();
        servers.spawn(async move {
            if let Err(error) = axum::serve(listener, service)
                .with_graceful_shutdown(end)
                .await
            {
                error!(log, "a listener failed"; "error" => %error);
            }
        });
    }
    servers
}

async fn wait_for_end(shutdown: &Notify) -> Result<Ending> {
    let mut terminate = signal(SignalKind::terminate()).context("waiting for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("waiting for SIGINT")?;
    Ok(tokio::select! {
        () = shutdown.notified() => Ending::Shutdown,
        _ = terminate.recv() => Ending::Signal,
        _ = interrupt.recv() => Ending::Signal,
    })
}

/// Registers the token in `file` with all scopes; creates one if the file does not exist.
async fn admit_admin(store: &Store, file: &Path) -> Result<()> {
    let token = match fs::read_to_string(file) {
        Ok(text) => text.trim().to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = token_text();
            atomic_file::replace(file, format!("{text}\n").as_bytes())?;
            text
        }
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    ensure!(
        !token.is_empty(),
        "{} is empty; remove it to get a new token",
        file.display()
    );
    if store
        .record()
        .tokens
        .get(&token)
        .is_some_and(crate::cloud::resources::tokens::Token::is_admin)
    {
        return Ok(());
    }
    let scopes = BTreeSet::from([ADMIN.to_owned()]);
    let add = |record: &mut crate::cloud::record::Record| {
        record.add_token(token, "admin".to_owned(), scopes);
        Ok(())
    };
    Ok(store.change(add).await?)
}
