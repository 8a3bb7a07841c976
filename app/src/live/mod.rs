//! New messages for open timelines, whichever process stored them.
//!
//! A handler that has stored a message calls [`Live::announce`], which costs it nothing. The [`feed`] notifies all processes
//! some milliseconds later over a connection of its own, once for all messages of that time. A NOTIFY inside the write's own
//! transaction would make all writers commit one after the other, as PostgreSQL keeps notifications in the order of commits.
//!
//! Each process that receives the notification and has listeners reads the new messages once ([`recent`]), renders them once
//! and sends them to all its listeners ([`stream`]).

mod event;
pub mod feed;
mod follow_changes;
mod recent;
mod stream;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus::IntGauge;
use thiserror::Error;
use tokio::sync::{Notify, Semaphore, broadcast};

pub use event::Event;
pub use follow_changes::FollowChanges;
pub use stream::{Audience, Listener, Lookup, OwnTimeline};

use crate::lifecycle::Lifecycle;
use recent::{Missed, Recent};

/// A listener that falls behind by more batches is disconnected; it resumes with its last event.
const BEHIND: usize = 16;

/// Messages that were read together.
#[derive(Clone, Debug)]
struct Batch {
    /// Oldest first.
    events: Arc<Vec<Arc<Event>>>,
    /// Whether there were more messages than these.
    gap: bool,
}

/// Why a client gets no stream now; a retry may succeed.
#[derive(Debug, Error)]
pub enum Refused {
    #[error("there are as many listeners as configured")]
    Full,
    /// The process drains or stops.
    #[error("the process is about to leave")]
    Leaving,
    /// The database was not read yet.
    #[error("the newest messages are not known yet")]
    Starting,
}

/// The state that the feed and the listeners share.
pub struct Live {
    places: Arc<Semaphore>,
    most: usize,
    recent: Mutex<Recent>,
    batches: broadcast::Sender<Batch>,
    /// This process has stored a message.
    stored: Notify,
    /// A listener has subscribed.
    subscribed: Notify,
    listeners: IntGauge,
    pub follow_changes: FollowChanges,
}

impl Live {
    /// `most` listeners at once; `listeners` shows their number.
    pub fn new(most: usize, listeners: IntGauge) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most)),
            most,
            recent: Mutex::default(),
            batches: broadcast::Sender::new(BEHIND),
            stored: Notify::new(),
            subscribed: Notify::new(),
            listeners,
            follow_changes: FollowChanges::default(),
        }
    }

    /// A message was committed; returns at once.
    pub fn announce(&self) {
        self.stored.notify_one();
    }

    /// The messages since the message `after`, and a listener for all later ones.
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
        // Under the lock, so that no batch is lost between the missed messages and the next ones.
        let batches = self.batches.subscribe();
        let missed = after.map_or(Missed::nothing(), |after| recent.after(after));
        drop(recent);
        // Without listeners the feed has read nothing.
        self.subscribed.notify_one();
        let phase = lifecycle.watch();
        let place = stream::Place::new(place, self.listeners.clone());
        Ok((Listener::new(batches, audience, phase, place), missed))
    }

    fn has_listeners(&self) -> bool {
        self.places.available_permits() < self.most
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Nothing panics while it holds this lock.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
