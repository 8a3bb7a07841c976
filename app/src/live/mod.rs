//! New messages for open timelines, whichever process they were posted to.
//!
//! A handler that has stored a message says so with [`Live::posted`], which costs it nothing: the
//! [`feed`] tells the other processes some milliseconds later over a connection of its own, once
//! for all messages of that time. A NOTIFY inside the write's own transaction would have all
//! writers commit one after the other, as PostgreSQL keeps notifications in the order of commits.
//!
//! Each process that hears of it, and has listeners, reads what is new once ([`recent`]), renders
//! it once and hands it to all its listeners ([`stream`]).

pub mod feed;
mod following;
mod recent;
mod stream;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::gauge::Gauge;
use thiserror::Error;
use tokio::sync::{Notify, Semaphore, broadcast};

pub use following::Following;
pub use recent::Event;
pub use stream::{Audience, Listener, Look, Mine};

use crate::config::ServeConfig;
use crate::lifecycle::Lifecycle;
use recent::{Missed, Recent};

/// Batches that a listener may fall behind before it is cut; it resumes where it was.
const BEHIND: usize = 16;

/// What was found together.
#[derive(Clone, Debug)]
struct Batch {
    /// Oldest first.
    events: Arc<Vec<Arc<Event>>>,
    /// Whether there was more than is told.
    gap: bool,
}

/// Why a client gets no stream now; worth another try.
#[derive(Debug, Error)]
pub enum Refused {
    /// As many as configured listen already.
    #[error("there are as many listeners as configured")]
    Full,
    /// The process drains or stops: the next one listens at another.
    #[error("the process is about to leave")]
    Leaving,
    /// The database has not been read yet.
    #[error("the newest messages are not known yet")]
    Starting,
}

/// What the feed and the listeners share.
pub struct Live {
    places: Arc<Semaphore>,
    most: usize,
    recent: Mutex<Recent>,
    batches: broadcast::Sender<Batch>,
    posted: Notify,
    wanted: Notify,
    listeners: Gauge,
    /// Who is to hear of follows.
    pub following: Following,
}

impl Live {
    /// Nobody listens yet; `listeners` is set to how many do.
    pub fn new(config: &ServeConfig, listeners: Gauge) -> Self {
        Self {
            places: Arc::new(Semaphore::new(config.live_listeners)),
            most: config.live_listeners,
            recent: Mutex::default(),
            batches: broadcast::Sender::new(BEHIND),
            posted: Notify::new(),
            wanted: Notify::new(),
            listeners,
            following: Following::default(),
        }
    }

    /// A message was stored and committed; returns at once.
    pub fn posted(&self) {
        self.posted.notify_one();
    }

    /// What was posted after the message `after`, and then everything as it comes.
    ///
    /// # Errors
    /// When there is no place.
    pub fn listen(
        &self,
        audience: Audience,
        after: Option<i64>,
        lifecycle: &Lifecycle,
    ) -> Result<(Listener, Missed), Refused> {
        if lifecycle.phase().closes_connections() {
            return Err(Refused::Leaving);
        }
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| Refused::Full)?;
        let recent = self.recent();
        if !recent.is_loaded() {
            return Err(Refused::Starting);
        }
        // Under the lock, so that no batch falls between what was missed and what comes.
        let batches = self.batches.subscribe();
        let missed = after.map_or(Missed::nothing(), |after| recent.after(after));
        drop(recent);
        // While nobody listened, nothing was read.
        self.wanted.notify_one();
        let phase = lifecycle.watch();
        let place = stream::Place::new(place, self.listeners.clone());
        Ok((Listener::new(batches, audience, phase, place), missed))
    }

    fn has_listeners(&self) -> bool {
        self.places.available_permits() < self.most
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // A list that a panic left is still one.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
