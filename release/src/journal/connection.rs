//! Statements to the journal, through whichever droplet responds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use operate::environment::{Database, Droplet};
use operate::ssh::Ssh;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use super::connect::{chain, connect};
use crate::error::Error;

/// Time limit of one statement.
const STATEMENT: Duration = Duration::from_secs(4);
/// Time limit of all tries of one statement, through either droplet.
const TRIES: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);

/// The journal.
pub struct Journal {
    droplets: [Droplet; 2],
    database: Database,
    ssh: Ssh,
    owner: String,
    /// The index of the droplet that is tried first.
    first: AtomicUsize,
    client: Mutex<Option<Client>>,
}

impl Journal {
    /// Connects with the first statement. `owner` identifies this runner and must be unique.
    #[must_use]
    pub fn new(droplets: [Droplet; 2], database: Database, ssh: Ssh, owner: String) -> Self {
        Self {
            droplets,
            database,
            ssh,
            owner,
            first: AtomicUsize::new(0),
            client: Mutex::default(),
        }
    }

    /// This runner's identity.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Closes the connection, and tries the other droplet than this one first from now on.
    pub async fn avoid(&self, droplet: u64) {
        let first = usize::from(self.droplets[0].id == droplet);
        self.first.store(first, Ordering::Relaxed);
        *self.client.lock().await = None;
    }

    /// Runs an idempotent statement; retries through the other droplet if one does not respond.
    pub(super) async fn query(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, QueryError> {
        let deadline = Instant::now() + TRIES;
        let mut client = self.client.lock().await;
        let first = self.first.load(Ordering::Relaxed);
        for index in [first, 1 - first].into_iter().cycle() {
            let problem = match self.try_query(&mut client, index, sql, values).await {
                Ok(rows) => return Ok(rows),
                Err(QueryError::NoResponse(problem)) => problem,
                Err(refused) => return Err(refused),
            };
            *client = None;
            if Instant::now() > deadline {
                return Err(QueryError::NoResponse(problem));
            }
            sleep(PAUSE).await;
        }
        unreachable!("the cycle does not end")
    }

    async fn try_query(
        &self,
        client: &mut Option<Client>,
        index: usize,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, QueryError> {
        let client = if let Some(client) = client {
            client
        } else {
            let connected = connect(&self.ssh, &self.droplets[index], &self.database).await;
            client.insert(connected.map_err(|error| QueryError::NoResponse(error.to_string()))?)
        };
        match timeout(STATEMENT, client.query(sql, values)).await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => match error.code() {
                Some(code) => Err(QueryError::Refused(code.clone(), chain(&error))),
                None => Err(QueryError::NoResponse(chain(&error))),
            },
            Err(_) => Err(QueryError::NoResponse(
                "the database does not respond".to_owned(),
            )),
        }
    }
}

/// Why a statement failed.
#[derive(Debug)]
pub(super) enum QueryError {
    /// There was no connection, or no response in time.
    NoResponse(String),
    /// The database refused the statement.
    Refused(SqlState, String),
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::NoResponse(problem) => Self::Failed(problem),
            QueryError::Refused(code, _) if code == SqlState::UNDEFINED_TABLE => Self::Failed(
                "the database has no journal of releases: `make up` brings its schema up to date"
                    .to_owned(),
            ),
            QueryError::Refused(_, text) => Self::Failed(format!("the journal: {text}")),
        }
    }
}
