//! One pooled connection: every statement on it is prepared once, cached and bounded in time.

use std::time::Duration;

use deadpool_postgres::Object;
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{Error, Result};

/// Values for `$1`, `$2`, ….
pub type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection out of the pool.
pub struct Session {
    /// `None` after the server was silent: such a connection is not returned to the pool.
    object: Option<Object>,
    limit: Duration,
}

impl Session {
    pub(super) fn new(object: Object, limit: Duration) -> Self {
        Self {
            object: Some(object),
            limit,
        }
    }

    /// All rows of a query.
    pub async fn query(&mut self, sql: &str, values: Values<'_>) -> Result<Vec<Row>> {
        let object = self.object.as_ref().ok_or(Error::Silent)?;
        let work = async {
            let statement = object.prepare_cached(sql).await?;
            object.query(&statement, values).await
        };
        let outcome = timeout(self.limit, work).await;
        self.settle(outcome)
    }

    /// The row of a query that returns at most one.
    pub async fn query_opt(&mut self, sql: &str, values: Values<'_>) -> Result<Option<Row>> {
        Ok(self.query(sql, values).await?.pop())
    }

    /// Executes a statement and returns the number of changed rows.
    pub async fn execute(&mut self, sql: &str, values: Values<'_>) -> Result<u64> {
        let object = self.object.as_ref().ok_or(Error::Silent)?;
        let work = async {
            let statement = object.prepare_cached(sql).await?;
            object.execute(&statement, values).await
        };
        let outcome = timeout(self.limit, work).await;
        self.settle(outcome)
    }

    fn settle<T>(
        &mut self,
        outcome: Result<Result<T, tokio_postgres::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T> {
        if let Ok(result) = outcome {
            return Ok(result?);
        }
        // The next user of this connection would have to wait for this answer.
        drop(self.object.take().map(Object::take));
        Err(Error::Silent)
    }
}
