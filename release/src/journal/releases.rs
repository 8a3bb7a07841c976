//! Releases in the journal: who owns one, its current step, and how it ended.

use serde_json::Value;
use tokio_postgres::types::ToSql;

use super::connection::Journal;
use super::release::{COLUMNS, Release, Start, State};
use crate::error::{Error, Result};
use crate::step::Step;

/// Without a renewal for this long, a release may be taken over.
const LEASE_SECONDS: i32 = 10;

impl Journal {
    async fn one(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Option<Release>> {
        let rows = self.query(sql, values).await?;
        rows.first().map(Release::of).transpose()
    }

    /// The open release, if there is one.
    ///
    /// # Errors
    /// If the journal can't be read.
    pub async fn open_release(&self) -> Result<Option<Release>> {
        let sql = format!("SELECT {COLUMNS} FROM releases WHERE state = 'open'");
        self.one(&sql, &[]).await
    }

    /// The last release that was confirmed.
    ///
    /// # Errors
    /// If the journal can't be read.
    pub async fn last_confirmed(&self) -> Result<Option<Release>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM releases WHERE state = 'confirmed' ORDER BY id DESC LIMIT 1"
        );
        self.one(&sql, &[]).await
    }

    /// The last ten releases, newest first.
    ///
    /// # Errors
    /// If the journal can't be read.
    pub async fn history(&self) -> Result<Vec<Release>> {
        let sql = format!("SELECT {COLUMNS} FROM releases ORDER BY id DESC LIMIT 10");
        self.query(&sql, &[])
            .await?
            .iter()
            .map(Release::of)
            .collect()
    }

    /// Opens a release, owned by this runner.
    ///
    /// # Errors
    /// [`Error::AlreadyOpen`] with who opened another one, and when.
    pub async fn begin(&self, start: &Start) -> Result<Release> {
        let sql = format!(
            "INSERT INTO releases (version, previous, checksum, previous_checksum, live_droplet, standby_droplet,
                 settings, step, owner, owned_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10))
             RETURNING {COLUMNS}"
        );
        let (live, standby) = (start.live.cast_signed(), start.standby.cast_signed());
        let values: [&(dyn ToSql + Sync); 10] = [
            &start.version,
            &start.previous,
            &start.checksum,
            &start.previous_checksum,
            &live,
            &standby,
            &start.settings,
            &Step::Install.name(),
            &self.owner(),
            &f64::from(LEASE_SECONDS),
        ];
        match self.one(&sql, &values).await {
            Ok(Some(release)) => Ok(release),
            Ok(None) => Err(Error::Failed(
                "the journal did not record the release".to_owned(),
            )),
            Err(error) => match self.open_release().await? {
                // The response to the first try was lost, and the second try met what the first one had written.
                Some(release) if release.owner == self.owner() => Ok(release),
                Some(release) => Err(release.already_open()),
                None => Err(error),
            },
        }
    }

    /// Takes an open release over from a runner whose lease has expired.
    ///
    /// # Errors
    /// [`Error::AlreadyOpen`] if the lease is valid.
    pub async fn take_over(&self, release: &Release) -> Result<Release> {
        let sql = format!(
            "UPDATE releases SET owner = $2, owned_until = now() + make_interval(secs => $3), wish = NULL
             WHERE id = $1 AND state = 'open' AND (owner = $2 OR owned_until < now())
             RETURNING {COLUMNS}"
        );
        let values: [&(dyn ToSql + Sync); 3] =
            [&release.id, &self.owner(), &f64::from(LEASE_SECONDS)];
        let taken = self.one(&sql, &values).await?;
        taken.ok_or_else(|| release.already_open())
    }

    /// Ends the lease of a release that stays open, so that another runner need not wait for it to expire.
    ///
    /// # Errors
    /// If the journal can't be written.
    pub async fn end_lease(&self, release: &Release) -> Result<()> {
        let sql = "UPDATE releases SET owned_until = now() WHERE id = $1 AND owner = $2";
        self.query(sql, &[&release.id, &self.owner()]).await?;
        Ok(())
    }

    /// Renews the lease. Returns who has requested a rollback, if anybody has.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if another runner owns the release now.
    pub async fn renew_lease(&self, id: i64) -> Result<Option<String>> {
        let sql = "UPDATE releases SET owned_until = now() + make_interval(secs => $3)
             WHERE id = $1 AND owner = $2 AND state = 'open' RETURNING wish";
        let values: [&(dyn ToSql + Sync); 3] = [&id, &self.owner(), &f64::from(LEASE_SECONDS)];
        let rows = self.query(sql, &values).await?;
        let row = rows.first().ok_or_else(|| self.lease_lost())?;
        Ok(row.get("wish"))
    }

    /// Records a step, before anything of it is done.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if another runner owns the release now: then the step must not begin.
    pub async fn begin_step(&self, id: i64, step: Step, detail: &Value) -> Result<()> {
        let sql = "WITH own AS (
                 UPDATE releases SET step = $3, owned_until = now() + make_interval(secs => $4)
                 WHERE id = $1 AND owner = $2 AND state = 'open' RETURNING id)
             INSERT INTO release_events (release_id, step, event, detail) SELECT id, $3, 'begun', $5 FROM own RETURNING id";
        let values: [&(dyn ToSql + Sync); 5] = [
            &id,
            &self.owner(),
            &step.name(),
            &f64::from(LEASE_SECONDS),
            detail,
        ];
        let rows = self.query(sql, &values).await?;
        rows.first().map(|_| ()).ok_or_else(|| self.lease_lost())
    }

    /// Records how a release ended.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if another runner owns it now.
    pub async fn close(&self, id: i64, state: State) -> Result<()> {
        let sql = "UPDATE releases SET state = $3, ended_at = now(), owned_until = now()
             WHERE id = $1 AND owner = $2 AND state IN ('open', $3) RETURNING id";
        let rows = self
            .query(sql, &[&id, &self.owner(), &state.name()])
            .await?;
        rows.first().map(|_| ()).ok_or_else(|| self.lease_lost())
    }

    /// Requests a rollback from the owner of an open release. `by` is who requests it.
    ///
    /// # Errors
    /// If the journal can't be written.
    pub async fn request_rollback(&self, id: i64, by: &str) -> Result<()> {
        let sql = "UPDATE releases SET wish = $2 WHERE id = $1 AND state = 'open'";
        self.query(sql, &[&id, &by]).await?;
        Ok(())
    }

    fn lease_lost(&self) -> Error {
        Error::LeaseLost(format!("{} does not own it any more", self.owner()))
    }
}
