//! Starts and stops the process's two listeners.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use prometheus::IntGauge;
use slog::{Logger, info, warn};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::activity::ClientLimits;
use crate::admin;
use crate::app::App;
use crate::config::ServeConfig;
use crate::database::Target;
use crate::lifecycle::Lifecycle;
use crate::listener::{Acceptor, Listener, bind};
use crate::live::feed::Feed;
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::route::{Route, Router};
use crate::service::Service;
use crate::socket_handover::{self, Inherited};

/// A running server.
pub struct Running {
    /// The public listener's address, with its actual port.
    pub address: SocketAddr,
    /// The admin listener's.
    pub admin_address: SocketAddr,
    app: Arc<App>,
    public: JoinHandle<()>,
    admin: JoinHandle<()>,
    feed: JoinHandle<()>,
    _admin_lifecycle: Lifecycle,
}

/// Starts serving the routes of `table` on the current runtime, on the listener that an earlier process has left, if there is one. If the
/// database is away or its schema old, only readiness shows it.
///
/// # Errors
/// If a setting is invalid or an address can't be bound.
pub fn start(
    config: &ServeConfig,
    inherited: Inherited,
    table: Vec<Route>,
    logger: &Logger,
    metrics: Metrics,
) -> Result<Running> {
    let router = Router::new(table);
    let app = App::new(config, router.reserved_names(), logger.clone(), metrics)?;
    let app = Arc::new(app);
    let target = Target::new(&config.database)?;
    let readiness = Readiness::new(target.clone(), config.ready_budget, logger.clone());
    let listener = inherited.listen(config.listen);
    let public = listener.with_context(|| format!("listening on {}", config.listen))?;
    let admin = bind(config.admin_listen)
        .with_context(|| format!("listening on {}", config.admin_listen))?;
    let (address, admin_address) = (public.local_addr()?, admin.local_addr()?);
    let outlives_process =
        socket_handover::store(&public).context("storing the listener with systemd")?;

    let service = Arc::new(Service::new(app.clone(), router));
    let readiness = Arc::new(readiness);
    let admin_app = app.clone();
    let limits = ClientLimits {
        head: config.client_limit,
        idle: config.idle_limit,
    };
    let public = Acceptor {
        service: move |request, client| service.clone().answer(request, client),
        limits,
        phase: app.lifecycle.watch(),
        open: app.metrics.connections.clone(),
        logger: logger.clone(),
    }
    .serve(Listener {
        socket: public,
        outlives_process,
    });
    // A drain and a stop are watched over this listener, so it does not take part in them.
    let admin_lifecycle = Lifecycle::default();
    let admin = Acceptor {
        service: move |request, _| admin::answer(admin_app.clone(), readiness.clone(), request),
        limits,
        phase: admin_lifecycle.watch(),
        open: IntGauge::new("admin_connections", "Not exported")?,
        logger: logger.clone(),
    }
    .serve(Listener {
        socket: admin,
        outlives_process: false,
    });
    let feed = Feed {
        live: app.live.clone(),
        messages: app.messages.clone(),
        database: app.database.clone(),
        logger: logger.clone(),
    };
    let running = Running {
        feed: tokio::spawn(feed.run(target)),
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
    /// Stops being ready and finishes running requests. Returns how many connections were still open after `limit`.
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
