//! Where the process is in its life: serving, draining for a release, or stopping.

use tokio::sync::watch;

/// What has been asked of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phase {
    /// A release is about to move the traffic away: answers close their connections.
    pub draining: bool,
    /// The process ends: not ready, no new connections, what runs is finished.
    pub stopping: bool,
}

impl Phase {
    /// Whether connections are to be closed as they fall idle.
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
    /// The phase now.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Starts or cancels the drain; stopping can't be undone and is not touched.
    pub fn drain(&self, draining: bool) {
        self.phase.send_modify(|phase| phase.draining = draining);
    }

    /// Starts the end.
    pub fn stop(&self) {
        self.phase.send_modify(|phase| phase.stopping = true);
    }

    /// Follows the phase from here on.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }
}
