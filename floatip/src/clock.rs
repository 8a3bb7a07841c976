//! Time for the decision and the moves, counted from the start of the process, so that setting the system clock has no effect.

use std::time::Duration;

use tokio::time::Instant;

/// Time since a [`Clock`] was started.
pub type Moment = Duration;

/// Counts moments from when it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// Starts counting.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.0.elapsed()
    }

    /// The instant of a moment, for sleeping.
    #[must_use]
    pub fn instant(&self, moment: Moment) -> Instant {
        self.0 + moment
    }
}

/// Spreads waiting times: uniform from 0 to 1.
#[must_use]
pub fn jitter() -> f64 {
    rand::random_range(0.0..=1.0)
}
