//! Whether this process should receive traffic. The check has a database connection of its own: a busy pool is no reason
//! to move the traffic.

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

/// Why this process should receive no traffic; the admin listener shows the text.
#[derive(Debug, Error)]
pub enum NotReady {
    #[error("shutting down")]
    Stopping,
    #[error("the database did not answer within {0:?}")]
    Slow(Duration),
    #[error("the database is away")]
    Away(#[source] tokio_postgres::Error),
    /// The schema is older than this binary.
    #[error("the schema is not migrated: it is at {present}, this version needs {needed}")]
    NotMigrated {
        /// 0 for no schema.
        present: i32,
        needed: i32,
    },
}

/// Checks the database and logs changes.
pub struct Readiness {
    target: Target,
    budget: Duration,
    connection: Mutex<Option<Dedicated>>,
    was_ready: AtomicBool,
    logger: Logger,
}

impl Readiness {
    /// The database must answer within `budget`.
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

    /// The connection is used again only after an answer; a silent one is dropped.
    async fn schema_version(&self) -> Result<i32, tokio_postgres::Error> {
        let mut idle = self.connection.lock().await;
        let connection = match idle.take() {
            Some(connection) if !connection.client().is_closed() => connection,
            _ => self.target.connect().await?,
        };
        let sql = "SELECT coalesce(max(version), 0) FROM schema_migration";
        let answer = connection.client().simple_query(sql).await?;
        *idle = Some(connection);
        let version = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
            _ => None,
        });
        Ok(version.unwrap_or(0))
    }
}
