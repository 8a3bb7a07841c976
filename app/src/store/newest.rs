//! The newest messages of all users, read once for all who ask at the same time.
//!
//! What was read is kept together with PostgreSQL's snapshot (`pg_current_snapshot()`): the list of
//! transactions whose effects can be seen. Each batch of readers asks for the snapshot, which
//! touches no table. Is it the same as before the kept messages were read, then no transaction of
//! any process has become visible since, and they are what a new read would return. A number like
//! the highest id would not do: transactions commit in another order than their ids.
//!
//! After a crash or failover transaction numbers can be given out again. Those end every connection,
//! and what is kept ends with the connection it was read over.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use tokio_postgres::Statement;

use super::messages::{self, Entry};
use crate::database::{Dedicated, Error, Result, Target};

/// More messages than this, in all lists, are not kept.
const KEPT: usize = 2000;

/// Messages, newest first.
#[derive(Debug, Default)]
pub struct Newest {
    /// The messages.
    pub entries: Vec<Entry>,
    /// The page made of them, for the first page of the public timeline.
    pub page: OnceLock<Bytes>,
    /// The JSON made of them.
    pub json: OnceLock<Bytes>,
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
    newest: Statement,
    seen_at: String,
    /// By how many messages were asked for.
    kept: HashMap<i64, Arc<Newest>>,
    /// Those of earlier snapshots: often the same messages.
    before: HashMap<i64, Arc<Newest>>,
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
        let newest = client.prepare(messages::PAGE).await?;
        Ok(Self {
            connection,
            snapshot,
            newest,
            seen_at: String::new(),
            kept: HashMap::new(),
            before: HashMap::new(),
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
        let mut missing = counts.to_vec();
        missing.retain(|count| !self.kept.contains_key(count));
        missing.sort_unstable();
        missing.dedup();
        for count in missing {
            let rows = client.query(&self.newest, &[&i64::MAX, &count]).await?;
            let entries: Vec<Entry> = rows.iter().map(messages::entry).collect();
            let same = self.before.remove(&count);
            let same = same.filter(|before| before.entries == entries);
            let list = same.unwrap_or_else(|| {
                Arc::new(Newest {
                    entries,
                    ..Newest::default()
                })
            });
            self.kept.insert(count, list);
        }
        let all = counts.iter().filter_map(|count| self.kept.get(count));
        let all = all.cloned().collect();
        let lists = self.kept.values().chain(self.before.values());
        if lists.map(|list| list.entries.len()).sum::<usize>() > KEPT {
            self.kept.clear();
            self.before.clear();
        }
        Ok(all)
    }
}
