//! The newest messages of all users, read once for all who ask at the same time.
//!
//! What was read is kept together with PostgreSQL's snapshot (`pg_current_snapshot()`): the list of
//! transactions whose effects can be seen. Each batch of readers asks for the snapshot, which
//! touches no table. Is it the same as before the kept messages were read, then no transaction of
//! any process has become visible since, and they are what a new read would return. A number like
//! the highest id would not do: transactions commit in another order than their ids.
//!
//! When others write, only what is new is read: a row is the one that was read before when its number
//! and the transaction that wrote it (`xmin`) are. Messages keep what they were rendered to. Names and
//! e-mails never change; an e-mail that an operator changes shows with the next messages.
//!
//! After a crash or failover transaction numbers can be given out again. Those end every connection,
//! and what is kept ends with the connection it was read over.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use tokio_postgres::types::{FromSql, Type, accepts};
use tokio_postgres::{Client, Statement};

use super::messages::{self, Entry};
use crate::database::{Dedicated, Error, Result, Target};

/// More messages than this, in all lists, are not kept.
const KEPT: usize = 2000;

/// Numbers and versions of the newest.
const VERSIONS: &str = "
    SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(xmin), '{}')
    FROM (
        SELECT id, xmin FROM messages WHERE NOT flagged ORDER BY id DESC LIMIT $1
    ) newest";

/// Version, and what [`messages::entry_from`] takes, of those that are still to be shown.
const MESSAGES: &str = "
    SELECT messages.xmin, messages.id, users.email, messages.content, messages.published_at, users.name
    FROM messages JOIN users ON users.id = messages.author_id
    WHERE messages.id = ANY($1) AND NOT messages.flagged";

/// Messages, newest first.
#[derive(Debug, Default)]
pub struct Newest {
    /// The messages.
    pub lines: Vec<Arc<Line>>,
    /// The page made of them, for the first page of the public timeline.
    pub page: OnceLock<Bytes>,
    /// The JSON made of them.
    pub json: OnceLock<Bytes>,
}

/// One message, with what is made of it.
#[derive(Debug)]
pub struct Line {
    /// The message.
    pub entry: Entry,
    /// The transaction that wrote it.
    version: Version,
    /// Its list item.
    pub item: OnceLock<String>,
    /// Its JSON.
    pub json: OnceLock<Vec<u8>>,
}

/// PostgreSQL's 32-bit transaction number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version(u32);

impl<'a> FromSql<'a> for Version {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(u32::from_be_bytes(raw.try_into()?)))
    }

    accepts!(XID);
}

/// What the server may take before it is given up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To let this process in.
    pub connect: Duration,
    /// To answer; longer than the limit after which it cancels a statement.
    pub answer: Duration,
}

/// Reads over a connection of its own.
pub struct Reader {
    target: Target,
    limits: Limits,
    state: Option<State>,
}

struct State {
    connection: Dedicated,
    snapshot: Statement,
    versions: Statement,
    messages: Statement,
    seen_at: String,
    /// By how many messages were asked for.
    kept: HashMap<i64, Arc<Newest>>,
    /// Those of earlier snapshots: often the same messages.
    before: HashMap<i64, Arc<Newest>>,
    /// By number, those of all lists and some that were.
    lines: HashMap<i64, Arc<Line>>,
}

impl Reader {
    /// Connects when first asked.
    pub fn new(target: Target, limits: Limits) -> Self {
        Self {
            target,
            limits,
            state: None,
        }
    }

    /// The newest messages, for each of `counts` so many.
    ///
    /// # Errors
    /// When the database fails or does not answer.
    pub async fn read(&mut self, counts: &[i64]) -> Result<Vec<Arc<Newest>>> {
        let mut state = match self.state.take() {
            Some(state) if !state.connection.client().is_closed() => state,
            _ => {
                let connect = timeout(self.limits.connect, State::connect(&self.target));
                connect.await.map_err(|_| Error::Silent)??
            }
        };
        // Kept only after an answer.
        let read = timeout(self.limits.answer, state.read(counts));
        let lists = read.await.map_err(|_| Error::Silent)??;
        self.state = Some(state);
        Ok(lists)
    }
}

impl State {
    async fn connect(target: &Target) -> Result<Self> {
        let connection = target.connect().await?;
        let client = connection.client();
        let snapshot = client.prepare("SELECT pg_current_snapshot()::text").await?;
        let versions = client.prepare(VERSIONS).await?;
        let messages = client.prepare(MESSAGES).await?;
        Ok(Self {
            connection,
            snapshot,
            versions,
            messages,
            seen_at: String::new(),
            kept: HashMap::new(),
            before: HashMap::new(),
            lines: HashMap::new(),
        })
    }

    async fn read(&mut self, counts: &[i64]) -> Result<Vec<Arc<Newest>>> {
        let client = self.connection.client();
        let row = client.query_one(&self.snapshot, &[]).await?;
        let snapshot: &str = row.get(0);
        if snapshot != self.seen_at {
            snapshot.clone_into(&mut self.seen_at);
            self.before.extend(self.kept.drain());
        }
        for count in counts {
            if !self.kept.contains_key(count) {
                let list = self.list(*count).await?;
                self.kept.insert(*count, list);
            }
        }
        let all = counts.iter().filter_map(|count| self.kept.get(count));
        let all = all.cloned().collect();
        self.forget();
        Ok(all)
    }

    /// The newest `count`: the list of an earlier snapshot where it holds the same messages.
    async fn list(&mut self, count: i64) -> Result<Arc<Newest>> {
        let client = self.connection.client();
        let row = client.query_one(&self.versions, &[&count]).await?;
        let (ids, versions): (Vec<i64>, Vec<Version>) = (row.get(0), row.get(1));
        let is_known = |(id, version): (&i64, &Version)| {
            let line = self.lines.get(id);
            line.is_some_and(|line| line.version == *version)
        };
        let rows = ids.iter().zip(&versions);
        let unknown: Vec<i64> = rows
            .filter(|row| !is_known(*row))
            .map(|row| *row.0)
            .collect();
        if !unknown.is_empty() {
            // One that was flagged in the meantime is not found and not shown.
            for id in &unknown {
                self.lines.remove(id);
            }
            let fresh = lines(client, &self.messages, &unknown).await?;
            self.lines.extend(fresh);
        }
        let lines = ids.iter().filter_map(|id| self.lines.get(id));
        let lines: Vec<Arc<Line>> = lines.cloned().collect();
        let same = self.before.remove(&count).filter(|before| {
            let mut pairs = before.lines.iter().zip(&lines);
            before.lines.len() == lines.len() && pairs.all(|(a, b)| Arc::ptr_eq(a, b))
        });
        Ok(same.unwrap_or_else(|| {
            Arc::new(Newest {
                lines,
                ..Newest::default()
            })
        }))
    }

    /// Bounds what is kept.
    fn forget(&mut self) {
        let lists = self.kept.values().chain(self.before.values());
        if lists.map(|list| list.lines.len()).sum::<usize>() > KEPT {
            self.kept.clear();
            self.before.clear();
        }
        if self.lines.len() > 2 * KEPT {
            // Those that a list holds too.
            self.lines.retain(|_, line| Arc::strong_count(line) > 1);
        }
    }
}

async fn lines(
    client: &Client,
    messages: &Statement,
    ids: &[i64],
) -> Result<impl Iterator<Item = (i64, Arc<Line>)>> {
    let rows = client.query(messages, &[&ids]).await?;
    Ok(rows.into_iter().map(|row| {
        let entry = messages::entry_from(&row, 1);
        let line = Line {
            version: row.get(0),
            item: OnceLock::new(),
            json: OnceLock::new(),
            entry,
        };
        (line.entry.id, Arc::new(line))
    }))
}
