//! What all requests share.

use slog::Logger;

use crate::config::ServeConfig;
use crate::credential::Credential;
use crate::database::{Database, TargetError};
use crate::lifecycle::Lifecycle;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::password::Hasher;
use crate::route::{Route, Router};

/// Built once at start, then only read.
pub struct App {
    /// The pool.
    pub database: Database,
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
    pub(crate) credential: Credential,
    pub(crate) router: Router,
    pub(crate) body_limit: std::time::Duration,
}

impl App {
    /// From the settings; connects to nothing yet.
    ///
    /// # Errors
    /// When the database's settings can't be used.
    pub fn new(
        config: &ServeConfig,
        routes: Vec<Route>,
        logger: Logger,
    ) -> Result<Self, TargetError> {
        let metrics = Metrics::new();
        Ok(Self {
            database: Database::new(config)?,
            hasher: Hasher::new(),
            lifecycle: Lifecycle::default(),
            live: Live::new(config, metrics.listeners.clone()),
            metrics,
            logger,
            credential: Credential::new(config.api_credential.clone()),
            router: Router::new(routes),
            body_limit: config.client_limit,
        })
    }
}
