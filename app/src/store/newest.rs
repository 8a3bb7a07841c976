//! The newest messages of all users, read once for all requests of the same time, and cached.
//!
//! The cache is valid for one snapshot of PostgreSQL (`pg_current_snapshot()`): the list of transactions whose effects are
//! visible. Each batch of readers reads the snapshot, which touches no table. If it is the same as when the cached messages
//! were read, no transaction of any process has become visible since, and a new read would return the same. The highest id
//! would not do: transactions commit in another order than their ids.
//!
//! When others write, only new messages are read: a row is the cached one if its number and the transaction that wrote it
//! (`xmin`) are the same. Names and e-mails never change; an e-mail that an operator changes is shown with the next messages.
//!
//! After a crash or failover a transaction number can be used again. Both end every connection, and the cache ends with the
//! connection that it was read over.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use tokio_postgres::types::{FromSql, Type, accepts};
use tokio_postgres::{Client, Statement};

use super::messages::{self, Message};
use crate::database::{Dedicated, Error, Result, Target};

/// All lists together contain at most this number of messages.
const MOST_CACHED: usize = 2000;

/// Numbers and versions of the newest messages.
const VERSIONS: &str = "
    SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(xmin), '{}')
    FROM (
        SELECT id, xmin FROM messages WHERE NOT flagged ORDER BY id DESC LIMIT $1
    ) newest";

/// The version, and the columns of [`messages::message_from`].
const MESSAGES: &str = "
    SELECT messages.xmin, messages.id, users.email, messages.content, messages.published_at, users.name
    FROM messages JOIN users ON users.id = messages.author_id
    WHERE messages.id = ANY($1) AND NOT messages.flagged";

/// Messages, newest first.
#[derive(Debug, Default)]
pub struct Newest {
    pub messages: Vec<Arc<CachedMessage>>,
    /// The first page of the public timeline with these messages.
    pub page: OnceLock<Bytes>,
    /// The JSON of these messages.
    pub json: OnceLock<Bytes>,
}

/// One message with its JSON.
#[derive(Debug)]
pub struct CachedMessage {
    pub message: Message,
    /// The transaction that wrote it.
    version: Version,
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

/// The time that the server may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To accept the connection.
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
    by_number: Statement,
    seen_at: String,
    /// By the number of messages that readers ask for.
    lists: HashMap<i64, Arc<Newest>>,
    /// The lists of earlier snapshots: they often contain the same messages.
    earlier: HashMap<i64, Arc<Newest>>,
    /// By number, the messages of all lists and of some former ones.
    messages: HashMap<i64, Arc<CachedMessage>>,
}

impl Reader {
    /// Connects at the first read.
    pub fn new(target: Target, limits: Limits) -> Self {
        Self {
            target,
            limits,
            state: None,
        }
    }

    /// A list of the newest messages for each of `counts`.
    pub async fn read(&mut self, counts: &[i64]) -> Result<Vec<Arc<Newest>>> {
        let mut state = match self.state.take() {
            Some(state) if !state.connection.client().is_closed() => state,
            _ => {
                let connect = timeout(self.limits.connect, State::connect(&self.target));
                connect.await.map_err(|_| Error::Silent)??
            }
        };
        // The connection is used again only after an answer.
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
        let by_number = client.prepare(MESSAGES).await?;
        Ok(Self {
            connection,
            snapshot,
            versions,
            by_number,
            seen_at: String::new(),
            lists: HashMap::new(),
            earlier: HashMap::new(),
            messages: HashMap::new(),
        })
    }

    async fn read(&mut self, counts: &[i64]) -> Result<Vec<Arc<Newest>>> {
        let client = self.connection.client();
        let row = client.query_one(&self.snapshot, &[]).await?;
        let snapshot: &str = row.get(0);
        if snapshot != self.seen_at {
            snapshot.clone_into(&mut self.seen_at);
            self.earlier.extend(self.lists.drain());
        }
        for count in counts {
            if !self.lists.contains_key(count) {
                let list = self.list(*count).await?;
                self.lists.insert(*count, list);
            }
        }
        let all = counts.iter().filter_map(|count| self.lists.get(count));
        let all = all.cloned().collect();
        self.evict();
        Ok(all)
    }

    /// The newest `count` messages: the list of an earlier snapshot if that contains the same.
    async fn list(&mut self, count: i64) -> Result<Arc<Newest>> {
        let client = self.connection.client();
        let row = client.query_one(&self.versions, &[&count]).await?;
        let (ids, versions): (Vec<i64>, Vec<Version>) = (row.get(0), row.get(1));
        let is_known = |(id, version): (&i64, &Version)| {
            let known = self.messages.get(id);
            known.is_some_and(|known| known.version == *version)
        };
        let rows = ids.iter().zip(&versions);
        let unknown: Vec<i64> = rows
            .filter(|row| !is_known(*row))
            .map(|row| *row.0)
            .collect();
        if !unknown.is_empty() {
            // A message that was flagged in the meantime is not found and not shown.
            for id in &unknown {
                self.messages.remove(id);
            }
            let fresh = read_messages(client, &self.by_number, &unknown).await?;
            self.messages.extend(fresh);
        }
        let messages = ids.iter().filter_map(|id| self.messages.get(id));
        let messages: Vec<Arc<CachedMessage>> = messages.cloned().collect();
        let same = self.earlier.remove(&count).filter(|earlier| {
            let mut pairs = earlier.messages.iter().zip(&messages);
            earlier.messages.len() == messages.len() && pairs.all(|(a, b)| Arc::ptr_eq(a, b))
        });
        Ok(same.unwrap_or_else(|| {
            Arc::new(Newest {
                messages,
                ..Newest::default()
            })
        }))
    }

    /// Bounds the cache.
    fn evict(&mut self) {
        let lists = self.lists.values().chain(self.earlier.values());
        if lists.map(|list| list.messages.len()).sum::<usize>() > MOST_CACHED {
            self.lists.clear();
            self.earlier.clear();
        }
        if self.messages.len() > 2 * MOST_CACHED {
            // Messages of a list stay.
            self.messages
                .retain(|_, message| Arc::strong_count(message) > 1);
        }
    }
}

async fn read_messages(
    client: &Client,
    by_number: &Statement,
    ids: &[i64],
) -> Result<impl Iterator<Item = (i64, Arc<CachedMessage>)>> {
    let rows = client.query(by_number, &[&ids]).await?;
    Ok(rows.into_iter().map(|row| {
        let cached = CachedMessage {
            version: row.get(0),
            json: OnceLock::new(),
            message: messages::message_from(&row, 1),
        };
        (cached.message.id, Arc::new(cached))
    }))
}
