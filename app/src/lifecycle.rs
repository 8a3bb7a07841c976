//! The phase of the process: serving, draining for a release, or stopping.

use tokio::sync::watch;

/// The phase that an operator or a signal has set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phase {
    /// A release is about to move the traffic away: replies close their connections.
    pub draining: bool,
    /// The process ends: it is not ready, accepts no connections and finishes running requests.
    pub stopping: bool,
}

impl Phase {
    /// Whether idle connections are to be closed.
    #[must_use]
    pub fn closes_connections(self) -> bool {
        self.draining || self.stopping
    }
}

/// The phase, changed by the admin listener and by signals, watched by every connection.
#[derive(Debug)]
pub struct Lifecycle {
    phase: watch::Sender<Phase>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            phase: watch::Sender::new(Phase::default()),
        }
    }
}

impl Lifecycle {
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Starts or cancels the drain. It does not change `stopping`, which can't be undone.
    pub fn drain(&self, draining: bool) {
        self.phase.send_modify(|phase| phase.draining = draining);
    }

    pub fn stop(&self) {
        self.phase.send_modify(|phase| phase.stopping = true);
    }

    /// Receives every later change.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }
}
