//! What all requests share.

use anyhow::Result;
use hyper::header::HeaderValue;
use slog::Logger;

use crate::auth::limiter::Limiter;
use crate::auth::seal::{KeyError, Sealer};
use crate::config::ServeConfig;
use crate::credential::Credential;
use crate::database::Database;
use crate::lifecycle::Lifecycle;
use crate::live::Live;
use crate::log::Dropped;
use crate::metrics::Metrics;
use crate::password::Hasher;
use crate::route::{Route, Router};
use crate::store::shared::Shared;

/// Built once at start, then only read.
pub struct App {
    /// The pool.
    pub database: Database,
    /// The calls that come often.
    pub shared: Shared,
    /// Password hashing.
    pub hasher: Hasher,
    /// Serving, draining or stopping.
    pub lifecycle: Lifecycle,
    /// New messages for those who listen.
    pub live: Live,
    /// The process's metrics.
    pub metrics: Metrics,
    /// Where each request is logged.
    pub logger: Logger,
    /// Seals cookies.
    pub sealer: Sealer,
    /// Bounds attempts to sign in and to register.
    pub limiter: Limiter,
    pub(crate) credential: Credential,
    pub(crate) router: Router,
    pub(crate) body_limit: std::time::Duration,
    /// What answers say of who served them.
    pub(crate) served_by: Option<&'static HeaderValue>,
}

impl App {
    /// From the settings, on the runtime that this is called in; connects to nothing yet.
    ///
    /// # Errors
    /// When a setting can't be used.
    pub fn new(
        config: &ServeConfig,
        routes: Vec<Route>,
        logger: Logger,
        dropped: Dropped,
    ) -> Result<Self> {
        let metrics = Metrics::new(dropped);
        let listeners = i64::try_from(config.live_listeners).unwrap_or(i64::MAX);
        metrics.listeners_limit.set(listeners);
        let database = Database::new(config)?;
        Ok(Self {
            shared: Shared::start(config, &database)?,
            database,
            sealer: sealer(config)?,
            limiter: Limiter::new(config.account_attempts, config.account_attempt_interval),
            hasher: Hasher::new(metrics.passwords_waiting.clone()),
            lifecycle: Lifecycle::default(),
            live: Live::new(config, metrics.listeners.clone()),
            metrics,
            logger,
            credential: Credential::new(config.api_credential.clone()),
            router: Router::new(routes),
            body_limit: config.client_limit,
            served_by: config.served_by,
        })
    }
}

fn sealer(config: &ServeConfig) -> Result<Sealer, KeyError> {
    match &config.session_key {
        Some(key) => Sealer::with_key(key),
        None => Ok(Sealer::with_random_key()),
    }
}
