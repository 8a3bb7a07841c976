//! A droplet that dies just after a release made it live.
//!
//! The other droplet's agent would take over, but gives traffic that was moved by somebody else a few seconds to arrive first. The
//! runner knows better: it moved the live IP, and can ask both droplets at their own addresses, where nothing has to arrive.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::environment::Droplet;
use crate::error::Error;
use crate::journal::release::Release;
use crate::load::Sample;
use crate::runner::Runner;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Requests through the live IP in a row without any answer: 0.3 s of them, and as long for the last one's.
const SILENCE: usize = 6;

impl Runner {
    /// Watches for ever; returns when the droplet that the live IP was moved to answers nobody.
    pub async fn gone(&self, release: &Release) -> Error {
        let moved = Instant::now();
        loop {
            sleep(LOOK).await;
            if silent(&self.probes.since(moved)) && self.is_gone(release).await {
                return Error::Gone(self.environment.other(release.live).name.clone());
            }
        }
    }

    /// Whether the droplet that was released to does not answer at its own address, while the other one does: so it is not this
    /// machine's network, nor traffic that has yet to follow the live IP.
    pub async fn is_gone(&self, release: &Release) -> bool {
        let Ok(old) = self.environment.droplet(release.live) else {
            return false;
        };
        let new = self.environment.other(release.live);
        let (old, new) = tokio::join!(self.answers(old), self.answers(new));
        old && !new
    }

    async fn answers(&self, droplet: &Droplet) -> bool {
        let Ok(mut user) = self.user(&format!("http://{}", droplet.public_ip)) else {
            return false;
        };
        user.page("/latest").await.is_ok()
    }
}

/// Whether the latest requests had no answer at all, be it an error.
fn silent(samples: &[Sample]) -> bool {
    let mut latest: Vec<_> = samples.iter().collect();
    latest.sort_unstable_by_key(|sample| std::cmp::Reverse(sample.at));
    latest.len() >= SILENCE && latest[..SILENCE].iter().all(|sample| !sample.answered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_six_requests_in_a_row_without_any_answer() {
        let begun = Instant::now();
        let samples = |answers: &str| -> Vec<Sample> {
            let sample = |(n, answer): (usize, char)| Sample {
                at: begun + Duration::from_millis(50) * u32::try_from(n).unwrap(),
                path: "/latest",
                result: match answer {
                    'y' => Ok(Duration::from_millis(2)),
                    _ => Err("/latest answers 503".to_owned()),
                },
                answered: answer != '-',
                version: String::new(),
            };
            answers.chars().enumerate().map(sample).collect()
        };
        assert!(silent(&samples("------")));
        assert!(silent(&samples("yyy------")));
        assert!(!silent(&samples("-----")));
        assert!(!silent(&samples("------y")));
        assert!(!silent(&samples("---e---")), "an error is an answer");
        // They end in another order than they began.
        let mut mixed = samples("yy------");
        mixed.rotate_left(2);
        assert!(silent(&mixed));
    }
}
