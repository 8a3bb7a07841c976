//! Requests that a release sends at a steady rate, to measure what users experience.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use operate::client::Failure;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::load::Load;
use crate::user::User;

/// The paths that are requested in turn: reads only, one for each way in which the service reads the database.
const PATHS: [&str; 5] = [
    "/public",
    "/latest",
    "/login",
    "/msgs?no=20",
    "/static/style.css",
];
/// Users that warm a version up, and requests of each.
const WARM_USERS: usize = 16;
const WARM_REQUESTS: usize = 10;

/// One request and its result.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When it was sent.
    pub at: Instant,
    /// Its path.
    pub path: &'static str,
    /// How long a good response took, or how the request failed.
    pub result: Result<Duration, Failure>,
    /// The version that responded; empty without a response.
    pub version: String,
}

impl Sample {
    /// Whether there was a response in time, even an error.
    #[must_use]
    pub fn has_response(&self) -> bool {
        matches!(self.result, Ok(_) | Err(Failure::Status(_)))
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(time) => write!(f, "{}: {} ms", self.path, time.as_millis()),
            Err(failure) => write!(f, "{}: {failure}", self.path),
        }
    }
}

/// Requests to one address. They stop when this is dropped.
pub struct Probes {
    samples: Arc<Mutex<Vec<Sample>>>,
    _task: JoinSet<()>,
}

impl Probes {
    /// Starts to send a request each `every`.
    #[must_use]
    pub fn start(user: &User, every: Duration) -> Self {
        let samples = Arc::new(Mutex::new(Vec::new()));
        let mut task = JoinSet::new();
        task.spawn(send(user.clone(), every, samples.clone()));
        Self {
            samples,
            _task: task,
        }
    }

    /// Requests that were sent since a moment and have ended.
    #[must_use]
    pub fn since(&self, moment: Instant) -> Vec<Sample> {
        let samples = self.lock();
        let since = samples.iter().filter(|sample| sample.at >= moment);
        since.cloned().collect()
    }

    /// The load of these requests. Copies no samples, so it may be called often during a long watch.
    #[must_use]
    pub fn load_since(&self, moment: Instant) -> Load {
        let samples = self.lock();
        load_of(samples.iter().filter(|sample| sample.at >= moment))
    }

    /// The last `count` requests that have ended, the last one first, without those that were sent before a moment.
    #[must_use]
    pub fn last_since(&self, moment: Instant, count: usize) -> Vec<Sample> {
        let samples = self.lock();
        let last = samples.iter().rev().take(count);
        last.filter(|sample| sample.at >= moment).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn send(user: User, every: Duration, samples: Arc<Mutex<Vec<Sample>>>) {
    let mut clock = interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut requests = JoinSet::new();
    for path in PATHS.into_iter().cycle() {
        clock.tick().await;
        let (mut user, samples) = (user.clone(), samples.clone());
        requests.spawn(async move {
            let at = Instant::now();
            let answer = user.call(path, None).await;
            let (result, version) = match answer {
                Ok(answer) if answer.status == 200 => (Ok(answer.took), answer.version),
                Ok(answer) => (Err(Failure::Status(answer.status)), answer.version),
                Err(failure) => (Err(failure), String::new()),
            };
            let sample = Sample {
                at,
                path,
                result,
                version,
            };
            samples
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(sample);
        });
        while requests.try_join_next().is_some() {}
    }
}

/// Sends requests from several users at once, so that the first real users don't wait for connections to the database and for
/// statements to be prepared. The responses are judged elsewhere.
pub async fn warm(user: &User) {
    let mut users = JoinSet::new();
    for first in 0..WARM_USERS {
        let mut user = user.clone();
        users.spawn(async move {
            for path in PATHS.into_iter().cycle().skip(first).take(WARM_REQUESTS) {
                let _ = user.call(path, None).await;
            }
        });
    }
    users.join_all().await;
}

/// The load of these requests.
#[must_use]
pub fn load_of<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Load {
    let (mut requests, mut times) = (0, Vec::new());
    for sample in samples {
        requests += 1;
        times.extend(sample.result.ok());
    }
    Load::of(requests, times)
}

/// The versions that responded.
#[must_use]
pub fn versions(samples: &[Sample]) -> BTreeSet<String> {
    let named = samples.iter().filter(|sample| !sample.version.is_empty());
    named.map(|sample| sample.version.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_response_and_a_timeout_is_none() {
        let sample = |result| Sample {
            at: Instant::now(),
            path: "/",
            result,
            version: "v1.0.0".to_owned(),
        };
        let samples = [
            sample(Ok(Duration::from_millis(2))),
            sample(Err(Failure::Status(503))),
            sample(Err(Failure::Timeout)),
        ];
        let responses = samples.each_ref().map(Sample::has_response);
        assert_eq!(responses, [true, true, false]);
        let load = load_of(&samples);
        assert_eq!((load.requests, load.failed), (3, 2));
        assert_eq!(versions(&samples).len(), 1);
    }
}
