//! The frequent statements, executed in batches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::messages::{Message, OfOne};
use super::newest::{Limits, Newest, Reader};
use super::writes::{self, Write};
use super::{follows, messages};
use crate::config::ServeConfig;
use crate::database::{Batcher, Database, Result, Target, TargetError};

/// Batches of one kind that run at once. With more, batches would be smaller and leave fewer connections to others.
const CONCURRENT: usize = 2;

/// The messages of a page, and one more if there are older ones.
pub const PAGE: i64 = 31;

/// A batcher for each frequent statement.
pub struct Batched {
    newest: Batcher<i64, Arc<Newest>>,
    writes: Batcher<Write, bool>,
    messages_of: Batcher<(String, i64), Option<OfOne>>,
    follows_of: Batcher<(String, i64), Option<Vec<String>>>,
    timelines: Batcher<messages::Reader, Option<Vec<Message>>>,
}

impl Batched {
    /// Connects at the first call. The error is a database setting that is invalid.
    pub fn start(config: &ServeConfig, database: &Database) -> Result<Self, TargetError> {
        let wait = config.database_wait_limit;
        Ok(Self {
            newest: newest(config)?,
            writes: Batcher::new(CONCURRENT, wait, {
                let database = database.clone();
                move |batch: Vec<Write>| {
                    let database = database.clone();
                    async move { writes::store(&mut database.session().await?, &batch).await }
                }
            }),
            messages_of: Batcher::new(CONCURRENT, wait, {
                let database = database.clone();
                move |batch: Vec<(String, i64)>| {
                    let database = database.clone();
                    async move { messages::newest_of(&mut database.session().await?, batch).await }
                }
            }),
            timelines: Batcher::new(CONCURRENT, wait, {
                let database = database.clone();
                move |batch: Vec<messages::Reader>| {
                    let database = database.clone();
                    async move {
                        messages::timelines(&mut database.session().await?, &batch, PAGE).await
                    }
                }
            }),
            follows_of: Batcher::new(CONCURRENT, wait, {
                let database = database.clone();
                move |batch: Vec<(String, i64)>| {
                    let database = database.clone();
                    async move { follows::of(&mut database.session().await?, &batch).await }
                }
            }),
        })
    }

    /// The newest messages of all users.
    pub async fn newest(&self, count: i64) -> Result<Arc<Newest>> {
        self.newest.call(count).await
    }

    /// Stores a change and `latest`, or neither if the database fails; `false` if a user is unknown. The `latest` of the last
    /// call wins; calls of the same time have no order.
    pub async fn write(&self, write: Write) -> Result<bool> {
        self.writes.call(write).await
    }

    /// The newest messages of one user; `None` for an unknown user.
    pub async fn messages_of(&self, author: String, count: i64) -> Result<Option<OfOne>> {
        self.messages_of.call((author, count)).await
    }

    /// A page of a signed-in user's timeline, [`PAGE`] messages; `None` if the user no longer exists.
    pub async fn timeline(&self, reader: messages::Reader) -> Result<Option<Vec<Message>>> {
        self.timelines.call(reader).await
    }

    /// The names that a user follows; `None` for an unknown user.
    pub async fn follows_of(&self, follower: String, count: i64) -> Result<Option<Vec<String>>> {
        self.follows_of.call((follower, count)).await
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
