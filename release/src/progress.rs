//! Progress on stderr while a release runs, and the time per step for its report.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::step::Step;

/// The steps so far.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    steps: Mutex<Vec<(Step, Instant)>>,
}

/// How long a step took.
#[derive(Clone, Debug, Serialize)]
pub struct StepTime {
    /// The step.
    pub step: Step,
    /// Until the next step began.
    pub seconds: f64,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            steps: Mutex::default(),
        }
    }
}

impl Progress {
    /// Records and shows that a step begins. The line has the step's name in a column of its own.
    pub fn begin(&self, step: Step, description: &str) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.push((step, Instant::now()));
        drop(steps);
        self.line(step.name(), description);
    }

    /// Shows a result of the current step.
    pub fn report(&self, text: &str) {
        self.line("", text);
    }

    fn line(&self, step: &str, text: &str) {
        eprintln!("{}", line(self.started.elapsed(), step, text));
    }

    /// Time since the command started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// When the command started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// How long each step took; the last one until now.
    #[must_use]
    pub fn times(&self) -> Vec<StepTime> {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = steps
            .iter()
            .skip(1)
            .map(|(_, at)| *at)
            .chain([Instant::now()]);
        let times = steps.iter().zip(ends).map(|((step, at), end)| StepTime {
            step: *step,
            seconds: (end - *at).as_secs_f64(),
        });
        times.collect()
    }
}

fn line(elapsed: Duration, step: &str, text: &str) -> String {
    format!("{:7.1} s  {step:<12} {text}", elapsed.as_secs_f64())
}

/// The step that begins with this line of progress, if one does.
#[must_use]
pub fn step_of(line: &str) -> Option<Step> {
    let (seconds, rest) = line.split_once(" s  ")?;
    seconds.trim().parse::<f64>().ok()?;
    rest.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_step_names_it() {
        let elapsed = Duration::from_secs(75);
        for step in Step::ALL {
            let text = line(elapsed, step.name(), "move the live IP");
            assert_eq!(step_of(&text), Some(step), "{text}");
        }
        assert_eq!(step_of(&line(elapsed, "", "the live IP moved")), None);
        assert_eq!(step_of("release: move failed"), None);
    }
}
