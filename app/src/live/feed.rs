//! The process's one connection for notifications: it notifies all processes of messages that were stored here, receives the
//! notifications of all processes, and reads the new messages for the listeners.

use std::sync::Arc;
use std::time::{Duration, Instant};

use slog::{Logger, info, warn};
use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;

use super::recent::MOST;
use super::{Batch, Event, Live};
use crate::database::{self, Database, Target};
use crate::log::chain;
use crate::render::messages::MessageRenderer;
use crate::store::messages;

const LISTEN: &str = "SET synchronous_commit = off; LISTEN minitwit_messages";
const NOTIFY: &str = "NOTIFY minitwit_messages";

/// The pause between two notifications, and between two reads.
const PAUSE: Duration = Duration::from_millis(100);

/// Without a notification the messages are read after this time, as one can be lost; this also checks the connection.
const POLL: Duration = Duration::from_secs(5);

/// The pause between two attempts to read.
const RETRY: Duration = Duration::from_millis(400);

/// The connection is given up after this time without an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// The pause between two attempts to connect: it doubles from the first to the second.
const BACKOFF: Duration = Duration::from_millis(100);
const BACKOFF_LIMIT: Duration = Duration::from_secs(2);

#[derive(Debug, Error)]
enum Broken {
    #[error("the connection for notifications failed")]
    Connection(#[from] tokio_postgres::Error),
    #[error("the connection for notifications is silent")]
    Silent,
    #[error("the connection for notifications was closed")]
    Closed,
}

/// Feeds the listeners of this process.
pub struct Feed {
    pub live: Arc<Live>,
    pub messages: Arc<MessageRenderer>,
    pub database: Database,
    pub logger: Logger,
}

impl Feed {
    /// Runs until it is dropped, and reconnects when the connection breaks.
    pub async fn run(self, target: Target) {
        let mut backoff = BACKOFF;
        let mut was_connected = true;
        loop {
            let received = Arc::new(Notify::new());
            match connect(&target, &received).await {
                Ok(connection) => {
                    if !was_connected {
                        info!(self.logger, "live updates are back");
                    }
                    (was_connected, backoff) = (true, BACKOFF);
                    let client = connection.client();
                    let broken = tokio::select! {
                        Err(broken) = self.notify(client) => broken,
                        Err(broken) = self.follow(client, &received) => broken,
                        else => Broken::Closed,
                    };
                    self.report(&broken, &mut was_connected);
                }
                Err(broken) => self.report(&broken, &mut was_connected),
            }
            sleep(backoff).await;
            backoff = (backoff * 2).min(BACKOFF_LIMIT);
        }
    }

    /// Once per loss, not once per attempt.
    fn report(&self, broken: &Broken, was_connected: &mut bool) {
        if *was_connected {
            warn!(self.logger, "live updates wait for the database";
                "error.message" => chain(broken));
        }
        *was_connected = false;
    }

    /// Notifies all processes, this one too: once for all messages of one pause.
    async fn notify(&self, client: &Client) -> Result<(), Broken> {
        loop {
            self.live.stored.notified().await;
            if let Err(broken) = execute(client, NOTIFY).await {
                // The next connection sends it.
                self.live.announce();
                return Err(broken);
            }
            sleep(PAUSE).await;
        }
    }

    /// Reads after a notification, after a new subscription, and when neither has happened for some time.
    async fn follow(&self, client: &Client, received: &Notify) -> Result<(), Broken> {
        let live = &self.live;
        let mut failing = false;
        loop {
            if client.is_closed() {
                return Err(Broken::Closed);
            }
            let outcome = if live.has_listeners() || !live.recent().is_loaded() {
                self.read().await
            } else {
                Ok(())
            };
            if let (Err(error), false) = (&outcome, failing) {
                warn!(self.logger, "can't read new messages"; "error.message" => chain(error));
            }
            failing = outcome.is_err();
            sleep(PAUSE).await;
            tokio::select! {
                () = received.notified() => {}
                () = live.subscribed.notified() => {}
                () = sleep(RETRY), if failing => {}
                () = sleep(POLL) => execute(client, "").await?,
            }
        }
    }

    async fn read(&self) -> database::Result<()> {
        let (floor, known, is_first) = {
            let recent = self.live.recent();
            (recent.floor(), recent.known(), !recent.is_loaded())
        };
        let count = i64::try_from(MOST).unwrap_or(i64::MAX);
        let mut session = self.database.session().await?;
        let messages = messages::newer_than(&mut session, floor, count).await?;
        drop(session);
        let highest = messages.first().map(|message| message.id);
        // A full read whose oldest message is new: there are more between it and those known.
        let oldest = messages.last().filter(|_| messages.len() == MOST);
        let gap = oldest.is_some_and(|message| !known.contains(&message.id));
        let fresh = messages.into_iter().rev();
        let fresh = fresh.filter(|message| !known.contains(&message.id));
        let fresh: Vec<_> = fresh
            .filter_map(|message| Event::of(&message, &self.messages).ok())
            .map(Arc::new)
            .collect();
        let mut recent = self.live.recent();
        recent.add(&fresh, highest, Instant::now());
        // Messages of the first read are not new, and nobody could subscribe before it.
        if !is_first && !fresh.is_empty() {
            let events = Arc::new(fresh);
            // Without a listener there is no receiver.
            let _ = self.live.batches.send(Batch { events, gap });
        }
        Ok(())
    }
}

async fn connect(target: &Target, received: &Arc<Notify>) -> Result<database::Dedicated, Broken> {
    let connection = timeout(ANSWER_LIMIT, target.listen(received.clone())).await;
    let connection = connection.map_err(|_| Broken::Silent)??;
    execute(connection.client(), LISTEN).await?;
    Ok(connection)
}

async fn execute(client: &Client, sql: &str) -> Result<(), Broken> {
    let done = timeout(ANSWER_LIMIT, client.batch_execute(sql)).await;
    Ok(done.map_err(|_| Broken::Silent)??)
}
