//! PostgreSQL: a bounded pool for requests, dedicated connections for the rest.

mod batch;
mod listen;
mod session;
mod target;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use thiserror::Error;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

pub use batch::Batcher;
pub use session::Session;
pub use target::{Dedicated, Target, TargetError};

use crate::config::ServeConfig;

/// A store function's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the database did not execute a statement.
#[derive(Debug, Error)]
pub enum Error {
    /// No pooled connection became free, or none could be made, within the limits.
    #[error("no database connection")]
    NoConnection(#[source] PoolError),
    /// The connection was silent past the statement limit and was dropped.
    #[error("the database did not answer in time")]
    Silent,
    /// Too many earlier calls of the same kind are waiting.
    #[error("the database is busy with earlier calls")]
    NoTurn,
    /// A statement for several calls failed for all of them.
    #[error("a statement for several calls failed")]
    Shared(#[source] Arc<Self>),
    /// The statement failed, or the connection broke.
    #[error("the database failed")]
    Failed(#[from] tokio_postgres::Error),
}

impl Error {
    /// Whether the same request may succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoConnection(_) | Self::Silent | Self::NoTurn => true,
            Self::Shared(error) => error.is_transient(),
            Self::Failed(error) => match error.code() {
                // Without a code the connection broke. With these codes the server is overloaded, restarting, promoting a
                // standby, or has given up waiting.
                None => true,
                Some(code) => {
                    matches!(code.code().get(..2), Some("08" | "53" | "57" | "40"))
                        || *code == SqlState::LOCK_NOT_AVAILABLE
                        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
                }
            },
        }
    }
}

/// The pool that requests share.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    silence_limit: Duration,
}

impl Database {
    /// A pool of at most `config.database_connections`, which connects on demand. The error is a wrong URL or CA file, not a
    /// database that is away.
    pub fn new(config: &ServeConfig) -> Result<Self, TargetError> {
        let mut target = Target::new(&config.database)?;
        target.limit_statements(config.statement_limit);
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match target.tls {
            Some(tls) => Manager::from_config(target.postgres, tls, recycling),
            None => Manager::from_config(target.postgres, NoTls, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(config.database_connections)
            .wait_timeout(Some(config.database_wait_limit))
            .create_timeout(Some(config.database.database_connect_limit))
            .recycle_timeout(Some(config.database.database_connect_limit))
            .runtime(Runtime::Tokio1)
            .build()
            .expect("a runtime is set, and nothing else can be missing");
        Ok(Self {
            pool,
            // The server cancels a statement at the limit; only a server that can't is silent past it.
            silence_limit: config.statement_limit + Duration::from_millis(500),
        })
    }

    /// A connection for the statements of one request, returned to the pool when dropped.
    pub async fn session(&self) -> Result<Session> {
        let object = self.pool.get().await.map_err(Error::NoConnection)?;
        Ok(Session::new(object, self.silence_limit))
    }

    /// The number of connections, and of idle ones among them.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }
}
