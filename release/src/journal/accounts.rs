//! The service's own tables, as far as a release reads or cleans them.

use super::connection::Journal;
use crate::error::{Error, Result};

impl Journal {
    /// The numbers of the migrations that were applied to the database.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn migrations(&self) -> Result<Vec<i32>> {
        let rows = self
            .query("SELECT version FROM schema_migration", &[])
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Removes accounts of an acceptance test and all that they wrote, so that users don't see them. An error is only reported:
    /// accounts that remain do no harm.
    pub async fn remove_accounts(&self, names: &[String]) {
        let sql = "WITH removed AS (SELECT id FROM users WHERE name = ANY($1)),
                 f AS (DELETE FROM follows WHERE follower_id IN (SELECT id FROM removed) OR followed_id IN (SELECT id FROM removed)),
                 m AS (DELETE FROM messages WHERE author_id IN (SELECT id FROM removed))
             DELETE FROM users WHERE id IN (SELECT id FROM removed)";
        if let Err(error) = self.query(sql, &[&names]).await {
            eprintln!(
                "the test accounts {names:?} were not removed: {}",
                Error::from(error)
            );
        }
    }
}
