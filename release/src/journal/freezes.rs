//! Freezes: operators forbid releases for a while.

use super::connection::Journal;
use crate::error::{Error, Result};

impl Journal {
    /// Checks that releases are not frozen.
    ///
    /// # Errors
    /// [`Error::Frozen`] with who froze them and why.
    pub async fn refuse_if_frozen(&self) -> Result<()> {
        let sql =
            "SELECT who, reason, date_trunc('second', since)::text AS since FROM release_freezes
             WHERE ended_at IS NULL ORDER BY id LIMIT 1";
        match self.query(sql, &[]).await?.first() {
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
    /// If the journal can't be written.
    pub async fn freeze(&self, reason: &str) -> Result<()> {
        let sql = "INSERT INTO release_freezes (who, reason) VALUES ($1, $2)";
        self.query(sql, &[&self.owner(), &reason]).await?;
        Ok(())
    }

    /// Ends all freezes.
    ///
    /// # Errors
    /// If the journal can't be written.
    pub async fn thaw(&self) -> Result<()> {
        let sql = "UPDATE release_freezes SET ended_at = now() WHERE ended_at IS NULL";
        self.query(sql, &[]).await?;
        Ok(())
    }
}
