//! What the journal knows besides releases: freezes, migrations, and the accounts of verifications.

use crate::error::{Error, Result};
use crate::journal::Journal;

impl Journal {
    /// Refuses if releases are frozen.
    ///
    /// # Errors
    /// [`Error::Frozen`].
    pub async fn refuse_if_frozen(&self) -> Result<()> {
        let sql =
            "SELECT who, reason, date_trunc('second', since)::text AS since FROM release_freezes
             WHERE ended_at IS NULL ORDER BY id LIMIT 1";
        match self.ask(sql, &[]).await?.first() {
            None => Ok(()),
            Some(row) => Err(Error::Frozen {
                what: "releases",
                end: "make release-thaw",
                who: row.get("who"),
                reason: row.get("reason"),
                since: row.get("since"),
            }),
        }
    }

    /// Freezes releases until they are thawed.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn freeze(&self, reason: &str) -> Result<()> {
        let sql = "INSERT INTO release_freezes (who, reason) VALUES ($1, $2)";
        self.ask(sql, &[&self.owner, &reason]).await?;
        Ok(())
    }

    /// Ends all freezes.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn thaw(&self) -> Result<()> {
        let sql = "UPDATE release_freezes SET ended_at = now() WHERE ended_at IS NULL";
        self.ask(sql, &[]).await?;
        Ok(())
    }

    /// The numbers of the migrations that the database has.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn migrations(&self) -> Result<Vec<i32>> {
        let rows = self
            .ask("SELECT version FROM schema_migration", &[])
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Removes the accounts of a verification, and what they wrote: users should not meet them. What can't be removed stays, and
    /// does no harm.
    pub async fn forget(&self, names: &[String]) {
        let sql = "WITH gone AS (SELECT id FROM users WHERE name = ANY($1)),
                 f AS (DELETE FROM follows WHERE follower_id IN (SELECT id FROM gone) OR followed_id IN (SELECT id FROM gone)),
                 m AS (DELETE FROM messages WHERE author_id IN (SELECT id FROM gone))
             DELETE FROM users WHERE id IN (SELECT id FROM gone)";
        if let Err(refused) = self.ask(sql, &[&names]).await {
            eprintln!(
                "the accounts {names:?} of a verification stay: {}",
                Error::from(refused)
            );
        }
    }
}
