//! The calls that come often, served in batches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::messages::{Entry, OfOne};
use super::newest::{Limits, Newest, Reader};
use super::writes::{self, Write};
use super::{follows, messages};
use crate::config::ServeConfig;
use crate::database::{Batcher, Database, Result, Target, TargetError};

/// Batches of one kind that run at once. More would leave smaller ones, and connections to others.
const FLIGHTS: usize = 2;

/// Messages of a page, and one more that tells whether there are older ones.
pub const PAGE: i64 = 31;

/// A batch for each frequent call.
pub struct Shared {
    newest: Batcher<i64, Arc<Newest>>,
    writes: Batcher<Write, bool>,
    messages_of: Batcher<(String, i64), Option<OfOne>>,
    follows_of: Batcher<(String, i64), Option<Vec<String>>>,
    timelines: Batcher<messages::Reader, Option<Vec<Entry>>>,
}

impl Shared {
    /// Starts serving on the runtime that this is called in; connects when first asked.
    ///
    /// # Errors
    /// When the database's settings can't be used.
    pub fn start(config: &ServeConfig, database: &Database) -> Result<Self, TargetError> {
        let wait = config.database_wait_limit;
        Ok(Self {
            newest: newest(config)?,
            writes: Batcher::new(FLIGHTS, wait, {
                let database = database.clone();
                move |batch: Vec<Write>| {
                    let database = database.clone();
                    async move { writes::store(&mut database.session().await?, &batch).await }
                }
            }),
            messages_of: Batcher::new(FLIGHTS, wait, {
                let database = database.clone();
                move |batch: Vec<(String, i64)>| {
                    let database = database.clone();
                    async move { messages::newest_of(&mut database.session().await?, batch).await }
                }
            }),
            timelines: Batcher::new(FLIGHTS, wait, {
                let database = database.clone();
                move |batch: Vec<messages::Reader>| {
                    let database = database.clone();
                    async move {
                        messages::timelines(&mut database.session().await?, &batch, PAGE).await
                    }
                }
            }),
            follows_of: Batcher::new(FLIGHTS, wait, {
                let database = database.clone();
                move |batch: Vec<(String, i64)>| {
                    let database = database.clone();
                    async move { follows::of(&mut database.session().await?, &batch).await }
                }
            }),
        })
    }

    /// The newest messages of all users.
    ///
    /// # Errors
    /// When the database fails; as for all of these.
    pub async fn newest(&self, count: i64) -> Result<Arc<Newest>> {
        self.newest.ask(count).await
    }

    /// Stores something; `false` when a user is unknown. Of the simulator's progress the last call
    /// wins; calls that are made at the same time have no order.
    ///
    /// # Errors
    /// When the database fails; then neither is stored.
    pub async fn write(&self, write: Write) -> Result<bool> {
        self.writes.ask(write).await
    }

    /// The newest messages of one user; `None` when unknown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn messages_of(&self, author: String, count: i64) -> Result<Option<OfOne>> {
        self.messages_of.ask((author, count)).await
    }

    /// A page of a signed-in user's timeline, [`PAGE`] messages; `None` when the user is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn timeline(&self, reader: messages::Reader) -> Result<Option<Vec<Entry>>> {
        self.timelines.ask(reader).await
    }

    /// Names that a user follows; `None` when unknown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn follows_of(&self, follower: String, count: i64) -> Result<Option<Vec<String>>> {
        self.follows_of.ask((follower, count)).await
    }
}

fn newest(config: &ServeConfig) -> Result<Batcher<i64, Arc<Newest>>, TargetError> {
    let mut target = Target::new(&config.database)?;
    target.limit_statements(config.statement_limit);
    let limits = Limits {
        connect: config.database.database_connect_limit,
        answer: config.statement_limit + Duration::from_millis(500),
    };
    let reader = Arc::new(Mutex::new(Reader::new(target, limits)));
    Ok(Batcher::new(
        1,
        config.database_wait_limit,
        move |counts: Vec<i64>| {
            let reader = reader.clone();
            async move { reader.lock().await.read(&counts).await }
        },
    ))
}
