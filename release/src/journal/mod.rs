//! The journal of releases in PostgreSQL: who may release now, how far it is, and what it started from.
//!
//! One release is open at a time. Its owner shows signs of life; when those cease, another runner may take it over, and whatever
//! the first one writes later is refused.

mod freeze;
pub mod release;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::ssh::Ssh;
use crate::step::Step;
use crate::tunnel::{self, chain};
use release::{COLUMNS, Release, Start, running};

/// Without a sign of life for so long, a release may be taken over, in seconds.
pub const LEASE_SECONDS: i32 = 10;
/// One statement.
const STATEMENT: Duration = Duration::from_secs(4);
/// All tries of one statement, by way of either droplet.
const TRIES: Duration = Duration::from_secs(20);

/// The journal, reached by way of whichever droplet answers.
pub struct Journal {
    environment: Environment,
    ssh: Ssh,
    owner: String,
    first_way: AtomicUsize,
    client: Mutex<Option<Client>>,
}

impl Journal {
    /// Nothing is connected yet. `owner` is who this runner says it is; no other runner may say the same.
    #[must_use]
    pub fn new(environment: Environment, ssh: Ssh, owner: String) -> Self {
        Self {
            environment,
            ssh,
            owner,
            first_way: AtomicUsize::new(0),
            client: Mutex::default(),
        }
    }

    /// Who this runner says it is.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// From now on by way of the other droplet first, and by no connection through this one.
    pub async fn avoid(&self, droplet: u64) {
        let first = usize::from(self.environment.droplets[0].id == droplet);
        self.first_way.store(first, Ordering::Relaxed);
        *self.client.lock().await = None;
    }

    /// Runs a statement that may be said twice; by way of the other droplet if one falls silent.
    pub(crate) async fn ask(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Refused> {
        let deadline = Instant::now() + TRIES;
        let mut held = self.client.lock().await;
        let first = self.first_way.load(Ordering::Relaxed);
        for way in [first, 1 - first].into_iter().cycle() {
            let problem = match self.ask_once(&mut held, way, sql, values).await {
                Ok(rows) => return Ok(rows),
                Err(Refused::Silent(problem)) => problem,
                Err(refused) => return Err(refused),
            };
            *held = None;
            if Instant::now() > deadline {
                return Err(Refused::Silent(problem));
            }
            sleep(Duration::from_millis(200)).await;
        }
        unreachable!("the ways are tried in turn for ever")
    }

    async fn ask_once(
        &self,
        held: &mut Option<Client>,
        way: usize,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Refused> {
        let client = if let Some(client) = held {
            client
        } else {
            let droplet = &self.environment.droplets[way];
            let connected = tunnel::connect(&self.ssh, droplet, &self.environment.database).await;
            held.insert(connected.map_err(|error| Refused::Silent(error.to_string()))?)
        };
        match timeout(STATEMENT, client.query(sql, values)).await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => match error.code() {
                Some(code) => Err(Refused::Database(code.code().to_owned(), chain(&error))),
                None => Err(Refused::Silent(chain(&error))),
            },
            Err(_) => Err(Refused::Silent("the database is silent".to_owned())),
        }
    }

    async fn one(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Option<Release>> {
        let rows = self.ask(sql, values).await?;
        rows.first().map(Release::of).transpose()
    }

    /// The open release, if there is one.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn open(&self) -> Result<Option<Release>> {
        let sql = format!("SELECT {COLUMNS} FROM releases WHERE state = 'open'");
        self.one(&sql, &[]).await
    }

    /// The last release that was confirmed.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn last_confirmed(&self) -> Result<Option<Release>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM releases WHERE state = 'confirmed' ORDER BY id DESC LIMIT 1"
        );
        self.one(&sql, &[]).await
    }

    /// The last few, newest first.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn history(&self) -> Result<Vec<Release>> {
        let sql = format!("SELECT {COLUMNS} FROM releases ORDER BY id DESC LIMIT 10");
        self.ask(&sql, &[]).await?.iter().map(Release::of).collect()
    }

    /// Opens a release and owns it.
    ///
    /// # Errors
    /// [`Error::Running`] if another one is open, with who and since when.
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
            &self.owner,
            &f64::from(LEASE_SECONDS),
        ];
        match self.one(&sql, &values).await {
            Ok(Some(release)) => Ok(release),
            Ok(None) => Err(Error::Failed("the journal took no release".to_owned())),
            Err(error) => match self.open().await? {
                // Its answer was lost, and the second try found it there.
                Some(release) if release.owner == self.owner => Ok(release),
                Some(release) => Err(running(&release)),
                None => Err(error),
            },
        }
    }

    /// Takes an open release over from a runner that is gone.
    ///
    /// # Errors
    /// [`Error::Running`] if its owner is alive.
    pub async fn take(&self, release: &Release) -> Result<Release> {
        let sql = format!(
            "UPDATE releases SET owner = $2, owned_until = now() + make_interval(secs => $3), wish = NULL
             WHERE id = $1 AND state = 'open' AND (owner = $2 OR owned_until < now())
             RETURNING {COLUMNS}"
        );
        let values: [&(dyn ToSql + Sync); 3] =
            [&release.id, &self.owner, &f64::from(LEASE_SECONDS)];
        let taken = self.one(&sql, &values).await?;
        taken.ok_or_else(|| running(release))
    }

    /// Gives a release that stays open back, so that another runner need not wait.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn give(&self, release: &Release) -> Result<()> {
        let sql = "UPDATE releases SET owned_until = now() WHERE id = $1 AND owner = $2";
        self.ask(sql, &[&release.id, &self.owner]).await?;
        Ok(())
    }

    /// Shows a sign of life, and returns what is asked of the owner.
    ///
    /// # Errors
    /// [`Error::Lost`] if another runner owns the release now.
    pub async fn live(&self, id: i64) -> Result<Option<String>> {
        let sql = "UPDATE releases SET owned_until = now() + make_interval(secs => $3)
             WHERE id = $1 AND owner = $2 AND state = 'open' RETURNING wish";
        let values: [&(dyn ToSql + Sync); 3] = [&id, &self.owner, &f64::from(LEASE_SECONDS)];
        let rows = self.ask(sql, &values).await?;
        let row = rows.first().ok_or_else(|| self.lost())?;
        Ok(row.get("wish"))
    }

    /// Writes that a step begins, before anything of it is done.
    ///
    /// # Errors
    /// [`Error::Lost`] if another runner owns the release now: then the step must not begin.
    pub async fn enter(&self, id: i64, step: Step, detail: &Value) -> Result<()> {
        let sql = "WITH own AS (
                 UPDATE releases SET step = $3, owned_until = now() + make_interval(secs => $4)
                 WHERE id = $1 AND owner = $2 AND state = 'open' RETURNING id)
             INSERT INTO release_events (release_id, step, event, detail) SELECT id, $3, 'begun', $5 FROM own RETURNING id";
        let values: [&(dyn ToSql + Sync); 5] = [
            &id,
            &self.owner,
            &step.name(),
            &f64::from(LEASE_SECONDS),
            detail,
        ];
        let rows = self.ask(sql, &values).await?;
        rows.first().map(|_| ()).ok_or_else(|| self.lost())
    }

    /// Writes how a step ended.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn note(&self, id: i64, step: Step, event: &str, detail: &Value) -> Result<()> {
        let sql =
            "INSERT INTO release_events (release_id, step, event, detail) VALUES ($1, $2, $3, $4)";
        self.ask(sql, &[&id, &step.name(), &event, detail]).await?;
        Ok(())
    }

    /// Ends a release.
    ///
    /// # Errors
    /// [`Error::Lost`] if another runner owns it now.
    pub async fn close(&self, id: i64, state: &str) -> Result<()> {
        let sql = "UPDATE releases SET state = $3, ended_at = now(), owned_until = now()
             WHERE id = $1 AND owner = $2 AND state IN ('open', $3) RETURNING id";
        let rows = self.ask(sql, &[&id, &self.owner, &state]).await?;
        rows.first().map(|_| ()).ok_or_else(|| self.lost())
    }

    /// Asks the owner of the open release for something.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn wish(&self, id: i64, wish: &str) -> Result<()> {
        let sql = "UPDATE releases SET wish = $2 WHERE id = $1 AND state = 'open'";
        self.ask(sql, &[&id, &wish]).await?;
        Ok(())
    }

    fn lost(&self) -> Error {
        Error::Lost(format!("{} owns it no more", self.owner))
    }
}

/// Why a statement was not done.
#[derive(Debug)]
pub(crate) enum Refused {
    Silent(String),
    Database(String, String),
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Silent(problem) => Self::Failed(problem),
            Refused::Database(code, _) if code == "42P01" => Self::Failed(
                "the database has no journal of releases: `make up` brings its schema up to date"
                    .to_owned(),
            ),
            Refused::Database(_, text) => Self::Failed(format!("the journal: {text}")),
        }
    }
}
