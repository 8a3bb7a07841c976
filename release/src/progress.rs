//! Live progress on stderr, and the times per step for the report.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::step::Step;

/// What was begun when.
#[derive(Debug)]
pub struct Progress {
    begun: Instant,
    steps: Mutex<Vec<(Step, Instant)>>,
}

/// How long a step took.
#[derive(Clone, Debug, Serialize)]
pub struct Took {
    /// Which.
    pub step: Step,
    /// Until the next one began, in seconds.
    pub seconds: f64,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            steps: Mutex::default(),
        }
    }
}

impl Progress {
    /// A step begins.
    pub fn enter(&self, step: Step, what: &str) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.push((step, Instant::now()));
        drop(steps);
        self.line(step.name(), what);
    }

    /// Something of the step that runs was found out.
    pub fn say(&self, what: &str) {
        self.line("", what);
    }

    fn line(&self, step: &str, what: &str) {
        eprintln!(
            "{:7.1} s  {step:<12} {what}",
            self.begun.elapsed().as_secs_f64()
        );
    }

    /// The step that runs, [`Step::Check`] before the first.
    #[must_use]
    pub fn step(&self) -> Step {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.last().map_or(Step::Check, |(step, _)| *step)
    }

    /// Since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// When it began.
    #[must_use]
    pub fn begun(&self) -> Instant {
        self.begun
    }

    /// How long each step took, the last one until now.
    #[must_use]
    pub fn times(&self) -> Vec<Took> {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = steps
            .iter()
            .skip(1)
            .map(|(_, at)| *at)
            .chain([Instant::now()]);
        let times = steps.iter().zip(ends).map(|((step, at), end)| Took {
            step: *step,
            seconds: (end - *at).as_secs_f64(),
        });
        times.collect()
    }
}
