//! The state that all requests share.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use hyper::header::HeaderValue;
use slog::Logger;

use crate::auth::limiter::Limiter;
use crate::auth::signer::{KeyError, Signer};
use crate::basic_auth::Credential;
use crate::config::ServeConfig;
use crate::database::Database;
use crate::lifecycle::Lifecycle;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::password::Hasher;
use crate::render::Renderer;
use crate::render::messages::MessageRenderer;
use crate::store::batched::Batched;

/// Built once at start, then only read.
pub struct App {
    /// Pooled connections.
    pub database: Database,
    /// The frequent statements.
    pub batched: Batched,
    pub hasher: Hasher,
    pub lifecycle: Lifecycle,
    pub live: Arc<Live>,
    pub renderer: Arc<Renderer>,
    pub messages: Arc<MessageRenderer>,
    pub metrics: Metrics,
    pub logger: Logger,
    /// Signs cookies.
    pub signer: Signer,
    /// Limits attempts to sign in and to register.
    pub limiter: Limiter,
    /// Names that no user can register.
    pub reserved_names: HashSet<&'static str>,
    pub(crate) credential: Credential,
    pub(crate) body_limit: Duration,
    /// The value of the header `minitwit-served-by`.
    pub(crate) served_by: Option<&'static HeaderValue>,
}

impl App {
    /// Starts the batches on the current runtime; connects to nothing yet.
    ///
    /// # Errors
    /// If a setting is invalid.
    pub fn new(
        config: &ServeConfig,
        reserved_names: HashSet<&'static str>,
        logger: Logger,
        metrics: Metrics,
    ) -> Result<Self> {
        let limit = i64::try_from(config.live_listeners).unwrap_or(i64::MAX);
        metrics.live_listeners_limit.set(limit);
        let database = Database::new(config)?;
        let renderer = Arc::new(Renderer::new()?);
        Ok(Self {
            batched: Batched::start(config, &database)?,
            database,
            signer: signer(config)?,
            limiter: Limiter::new(config.account_attempts, config.account_attempt_interval),
            hasher: Hasher::new(metrics.passwords_waiting.clone()),
            lifecycle: Lifecycle::default(),
            live: Arc::new(Live::new(
                config.live_listeners,
                metrics.live_listeners.clone(),
            )),
            messages: Arc::new(MessageRenderer::new(renderer.clone())),
            renderer,
            metrics,
            logger,
            reserved_names,
            credential: Credential::new(config.api_credential.clone()),
            body_limit: config.client_limit,
            served_by: config.served_by,
        })
    }
}

fn signer(config: &ServeConfig) -> Result<Signer, KeyError> {
    match &config.session_key {
        Some(key) => Signer::with_key(key),
        None => Ok(Signer::with_random_key()),
    }
}
