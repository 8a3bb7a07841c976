//! Starts and stops the process's two listeners.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use prometheus_client::metrics::gauge::Gauge;
use slog::{Logger, info, warn};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::activity::ClientLimits;
use crate::admin;
use crate::app::App;
use crate::config::ServeConfig;
use crate::database::Target;
use crate::kept_socket::{Left, keep};
use crate::lifecycle::Lifecycle;
use crate::listener::{Attendant, Listener, bind};
use crate::live::feed;
use crate::log::Dropped;
use crate::readiness::Readiness;
use crate::route::Route;
use crate::service;

/// A server that serves.
pub struct Running {
    /// The public listener's address, with the port that it got.
    pub address: SocketAddr,
    /// The admin listener's.
    pub admin_address: SocketAddr,
    app: Arc<App>,
    public: JoinHandle<()>,
    admin: JoinHandle<()>,
    feed: JoinHandle<()>,
    _admin_lifecycle: Lifecycle,
}

/// Starts serving `routes` on the runtime that this is called in, with the listener that a process
/// before has `left`, if any. That the database is away, or its schema old, shows in readiness only.
/// `dropped` counts lines that `logger` loses.
///
/// # Errors
/// When a setting can't be used or an address can't be bound.
pub fn start(
    config: &ServeConfig,
    left: Left,
    routes: Vec<Route>,
    logger: &Logger,
    dropped: Dropped,
) -> Result<Running> {
    let app = Arc::new(App::new(config, routes, logger.clone(), dropped)?);
    let target = Target::new(&config.database)?;
    let readiness = Readiness::new(target, config.ready_budget, logger.clone());
    let listen = left.listen(config.listen);
    let public = listen.with_context(|| format!("listening on {}", config.listen))?;
    let admin = bind(config.admin_listen)
        .with_context(|| format!("listening on {}", config.admin_listen))?;
    let (address, admin_address) = (public.local_addr()?, admin.local_addr()?);
    let kept = keep(&public).context("leaving the listener with systemd")?;

    let public_service = {
        let app = app.clone();
        move |request, address| service::answer(app.clone(), request, address)
    };
    let admin_service = {
        let (app, readiness) = (app.clone(), Arc::new(readiness));
        move |request, _| admin::answer(app.clone(), readiness.clone(), request)
    };
    let limits = ClientLimits {
        head: config.client_limit,
        idle: config.idle_limit,
    };
    let public = Attendant {
        service: public_service,
        limits,
        phase: app.lifecycle.watch(),
        open: app.metrics.connections.clone(),
        logger: logger.clone(),
    }
    .serve(Listener {
        socket: public,
        kept,
    });
    // A drain and a stop are watched over this listener, so it takes no part in them.
    let admin_lifecycle = Lifecycle::default();
    let admin = Attendant {
        service: admin_service,
        limits,
        phase: admin_lifecycle.watch(),
        open: Gauge::default(),
        logger: logger.clone(),
    }
    .serve(Listener {
        socket: admin,
        kept: false,
    });

    let target = Target::new(&config.database)?;
    let feed = tokio::spawn(feed::run(app.clone(), target, logger.clone()));
    let running = Running {
        feed,
        address,
        admin_address,
        public: tokio::spawn(public),
        admin: tokio::spawn(admin),
        _admin_lifecycle: admin_lifecycle,
        app,
    };
    info!(logger, "serving";
        "server.address" => address.to_string(),
        "minitwit.admin.address" => admin_address.to_string());
    if config.session_key.is_none() {
        warn!(
            logger,
            "MINITWIT_SESSION_KEY is not set: sign-ins end with this process and hold on no other"
        );
    }
    Ok(running)
}

impl Running {
    /// Not ready from now on; finishes what runs, and returns how many connections were still
    /// open when `limit` was over.
    pub async fn stop(self, limit: Duration) -> i64 {
        self.app.lifecycle.stop();
        let mut public = self.public;
        if timeout(limit, &mut public).await.is_err() {
            public.abort();
        }
        self.admin.abort();
        self.feed.abort();
        self.app.metrics.connections.get()
    }
}
