//! The calls that come often, served in batches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::messages::Message;
use super::newest::{Limits, Newest, Reader};
use super::{follows, latest, messages};
use crate::config::ServeConfig;
use crate::database::{Batcher, Database, Result, Target, TargetError};

/// Batches of one kind that run at once. More would leave smaller ones, and connections to others.
const FLIGHTS: usize = 2;

/// A batch for each frequent call.
pub struct Shared {
    newest: Batcher<i64, Arc<Newest>>,
    latest: Batcher<i64, ()>,
    add_message: Batcher<(String, String), bool>,
    messages_of: Batcher<(String, i64), Option<Vec<Message>>>,
    change_follow: Batcher<follows::Change, bool>,
    follows_of: Batcher<(String, i64), Option<Vec<String>>>,
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
            // The last value wins. Calls of batches that run at the same time have no order.
            latest: Batcher::new(FLIGHTS, wait, {
                let database = database.clone();
                move |values: Vec<i64>| {
                    let database = database.clone();
                    async move {
                        if let Some(last) = values.last() {
                            latest::record(&mut database.session().await?, *last).await?;
                        }
                        Ok(vec![(); values.len()])
                    }
                }
            }),
            add_message: Batcher::new(FLIGHTS, wait, {
                let database = database.clone();
                move |batch: Vec<(String, String)>| {
                    let database = database.clone();
                    async move { messages::add(&mut database.session().await?, &batch).await }
                }
            }),
            messages_of: Batcher::new(FLIGHTS, wait, {
                let database = database.clone();
                move |batch: Vec<(String, i64)>| {
                    let database = database.clone();
                    async move { messages::newest_of(&mut database.session().await?, &batch).await }
                }
            }),
            change_follow: Batcher::new(FLIGHTS, wait, {
                let database = database.clone();
                move |batch: Vec<follows::Change>| {
                    let database = database.clone();
                    async move { follows::change(&mut database.session().await?, &batch).await }
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

    /// Stores the simulator's progress; the last call wins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_latest(&self, value: i64) -> Result<()> {
        self.latest.ask(value).await
    }

    /// Stores a message; `false` when the author is unknown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_message(&self, author: String, content: String) -> Result<bool> {
        self.add_message.ask((author, content)).await
    }

    /// The newest messages of one user; `None` when unknown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn messages_of(&self, author: String, count: i64) -> Result<Option<Vec<Message>>> {
        self.messages_of.ask((author, count)).await
    }

    /// Starts or ends following; `false` when either user is unknown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_follow(&self, change: follows::Change) -> Result<bool> {
        self.change_follow.ask(change).await
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
