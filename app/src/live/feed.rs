//! The process's one connection for notifications: says that messages were posted here, hears of
//! those that were posted anywhere, and has them read for the listeners.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use slog::{Logger, info, warn};
use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;

use super::Batch;
use super::recent::{Event, KEPT};
use crate::app::App;
use crate::database::{self, Target};
use crate::log::chain;
use crate::pages::item;
use crate::store::arrivals;
use crate::store::messages::Entry;

const LISTEN: &str = "SET synchronous_commit = off; LISTEN minitwit_messages";
const NOTIFY: &str = "NOTIFY minitwit_messages";

/// Between two notifications, and between two reads.
const GAP: Duration = Duration::from_millis(100);

/// What is read after so long without a notification, should one have been lost; also shows that
/// the connection still works.
const POLL: Duration = Duration::from_secs(5);

/// Between two attempts to read.
const RETRY: Duration = Duration::from_millis(400);

/// Longer than any answer takes that still comes.
const SILENCE: Duration = Duration::from_secs(2);

/// Between two attempts to connect: the first, doubled up to the second.
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

/// Feeds the listeners until it is dropped, over as many connections as it takes.
pub async fn run(app: Arc<App>, target: Target, logger: Logger) {
    let mut backoff = BACKOFF;
    let mut was_connected = true;
    loop {
        let heard = Arc::new(Notify::new());
        match connect(&target, &heard).await {
            Ok(connection) => {
                if !was_connected {
                    info!(logger, "live updates are back");
                }
                (was_connected, backoff) = (true, BACKOFF);
                let client = connection.client();
                let broken = tokio::select! {
                    Err(broken) = announce(&app, client) => broken,
                    Err(broken) = follow(&app, client, &heard) => broken,
                    else => Broken::Closed,
                };
                report(&logger, &broken, &mut was_connected);
            }
            Err(broken) => report(&logger, &broken, &mut was_connected),
        }
        sleep(backoff).await;
        backoff = (backoff * 2).min(BACKOFF_LIMIT);
    }
}

/// Once per loss, not once per attempt.
fn report(logger: &Logger, broken: &Broken, was_connected: &mut bool) {
    if *was_connected {
        warn!(logger, "live updates wait for the database"; "error.message" => chain(broken));
    }
    *was_connected = false;
}

async fn connect(target: &Target, heard: &Arc<Notify>) -> Result<database::Dedicated, Broken> {
    let connection = timeout(SILENCE, target.listen(heard.clone())).await;
    let connection = connection.map_err(|_| Broken::Silent)??;
    execute(connection.client(), LISTEN).await?;
    Ok(connection)
}

async fn execute(client: &Client, sql: &str) -> Result<(), Broken> {
    let done = timeout(SILENCE, client.batch_execute(sql)).await;
    Ok(done.map_err(|_| Broken::Silent)??)
}

/// Tells all processes, this one too, that there are new messages: once for all of [`GAP`].
async fn announce(app: &App, client: &Client) -> Result<(), Broken> {
    loop {
        app.live.posted.notified().await;
        if let Err(broken) = execute(client, NOTIFY).await {
            // Told over the next connection.
            app.live.posted();
            return Err(broken);
        }
        sleep(GAP).await;
    }
}

/// Reads when something was heard, someone began to listen, or nothing happened for long.
async fn follow(app: &App, client: &Client, heard: &Notify) -> Result<(), Broken> {
    let live = &app.live;
    let mut failing = false;
    loop {
        if client.is_closed() {
            return Err(Broken::Closed);
        }
        let outcome = if live.has_listeners() || !live.recent().is_loaded() {
            read(app).await
        } else {
            Ok(())
        };
        if let (Err(error), false) = (&outcome, failing) {
            warn!(app.logger, "can't read new messages"; "error.message" => chain(error));
        }
        failing = outcome.is_err();
        sleep(GAP).await;
        tokio::select! {
            () = heard.notified() => {}
            () = live.wanted.notified() => {}
            () = sleep(RETRY), if failing => {}
            () = sleep(POLL) => execute(client, "").await?,
        }
    }
}

async fn read(app: &App) -> database::Result<()> {
    let live = &app.live;
    let (floor, known, first) = {
        let recent = live.recent();
        (recent.floor(), recent.known(), !recent.is_loaded())
    };
    let count = i64::try_from(KEPT).unwrap_or(i64::MAX);
    let entries = arrivals::above(&mut app.database.session().await?, floor, count).await?;
    let highest = entries.first().map(|entry| entry.id);
    // As many as are read at once, and the oldest is new: there are more between it and those known.
    let oldest = entries.last().filter(|_| entries.len() == KEPT);
    let gap = oldest.is_some_and(|entry| !known.contains(&entry.id));
    let fresh = entries.into_iter().rev();
    let fresh = fresh.filter(|entry| !known.contains(&entry.id));
    let fresh: Vec<_> = fresh
        .filter_map(|entry| event(&entry))
        .map(Arc::new)
        .collect();
    let mut recent = live.recent();
    recent.add(&fresh, highest, Instant::now());
    // What was there before the first read is not news, and nobody could listen before it.
    if !first && !fresh.is_empty() {
        // Nobody may listen; then there is nobody to tell.
        let events = Arc::new(fresh);
        let _ = live.batches.send(Batch { events, gap });
    }
    Ok(())
}

#[derive(Serialize)]
struct Shown {
    id: i64,
    /// The list item, as it is on the page.
    html: String,
}

/// A message for listeners; `None` when it can't be shown.
pub fn event(entry: &Entry) -> Option<Event> {
    let (id, published_at) = (entry.id, entry.message.published_at);
    let author = entry.message.author.clone();
    let html = item::text(entry).ok()?;
    // JSON has no line breaks, which would end the field.
    let json = serde_json::to_string(&Shown { id, html }).ok()?;
    let frame = format!("id: {id}\ndata: {json}\n\n").into();
    Some(Event {
        id,
        published_at,
        author,
        frame,
    })
}
