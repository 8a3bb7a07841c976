//! Whether this process should get traffic, asked over a connection of its own: a pool that is
//! busy is no reason to move the traffic.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use slog::{Logger, info, warn};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;

use crate::app::App;
use crate::database::{Dedicated, Target};
use crate::log::chain;
use crate::migrate;

/// Why this process should get no traffic; the text is shown to whoever asks.
#[derive(Debug, Error)]
pub enum NotReady {
    /// SIGTERM came.
    #[error("shutting down")]
    Stopping,
    /// The database took too long.
    #[error("the database did not answer within {0:?}")]
    Slow(Duration),
    /// The database could not be asked.
    #[error("the database is away")]
    Away(#[source] tokio_postgres::Error),
    /// The schema is older than this binary.
    #[error("the schema is not migrated: it is at {present}, this version needs {needed}")]
    NotMigrated {
        /// The schema's version, 0 for none.
        present: i32,
        /// This binary's.
        needed: i32,
    },
}

/// Asks and remembers.
pub struct Readiness {
    target: Target,
    budget: Duration,
    connection: Mutex<Option<Dedicated>>,
    was_ready: AtomicBool,
    logger: Logger,
}

impl Readiness {
    /// Ready is who answers within `budget`.
    pub fn new(target: Target, budget: Duration, logger: Logger) -> Self {
        Self {
            target,
            budget,
            connection: Mutex::default(),
            was_ready: AtomicBool::new(false),
            logger,
        }
    }

    /// Checks now; a change of the outcome is logged once.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self, app: &App) -> Result<(), NotReady> {
        let outcome = self.decide(app).await;
        app.metrics.set_ready(outcome.is_ok());
        let changed = self.was_ready.swap(outcome.is_ok(), Ordering::Relaxed) != outcome.is_ok();
        match &outcome {
            Ok(()) if changed => info!(self.logger, "ready"),
            Err(reason) if changed => {
                warn!(self.logger, "not ready"; "error.message" => chain(reason));
            }
            _ => {}
        }
        outcome
    }

    async fn decide(&self, app: &App) -> Result<(), NotReady> {
        if app.lifecycle.phase().stopping {
            return Err(NotReady::Stopping);
        }
        let needed = migrate::NEEDED;
        let asked = timeout(self.budget, self.schema_version()).await;
        let present = match asked.map_err(|_| NotReady::Slow(self.budget))? {
            Ok(version) => version,
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => 0,
            Err(error) => return Err(NotReady::Away(error)),
        };
        if present < needed {
            return Err(NotReady::NotMigrated { present, needed });
        }
        Ok(())
    }

    /// The connection is kept only after an answer: one that was silent is not asked again.
    async fn schema_version(&self) -> Result<i32, tokio_postgres::Error> {
        let mut kept = self.connection.lock().await;
        let connection = match kept.take() {
            Some(connection) if !connection.client().is_closed() => connection,
            _ => self.target.connect().await?,
        };
        let sql = "SELECT coalesce(max(version), 0) FROM schema_migration";
        let answer = connection.client().simple_query(sql).await?;
        *kept = Some(connection);
        let version = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
            _ => None,
        });
        Ok(version.unwrap_or(0))
    }
}
