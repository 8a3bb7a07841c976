//! Is the service on this droplet ready? Asked over and over, apart from everything else.

use std::time::Duration;

use healthcheck::{Limits, Target, check};
use tokio::{sync::watch, time::sleep};

const EVERY: Duration = Duration::from_millis(500);
/// Two tries: what Keepalived runs has three, so it has its verdict later than this and not before.
const LIMITS: Limits = Limits {
    timeout: Duration::from_millis(300),
    retries: 1,
    spacing: Duration::from_millis(200),
    deadline: Duration::from_millis(650),
};

/// What is known of the local service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitness {
    /// It may be live.
    pub fit: bool,
    /// What it says of itself, or why it is unfit.
    pub reason: String,
    /// Its version, as last heard.
    pub version: Option<String>,
}

impl Default for Fitness {
    fn default() -> Self {
        Self {
            fit: false,
            reason: "not asked yet".into(),
            version: None,
        }
    }
}

/// Asks `target` once, with its tries.
pub async fn ask(target: Target) -> Fitness {
    let checked = tokio::task::spawn_blocking(move || check(&target, &LIMITS)).await;
    match checked.map(|report| report.result) {
        Ok(Ok(answer)) => Fitness {
            fit: true,
            reason: answer.status.unwrap_or_else(|| "ready".into()),
            version: answer.version,
        },
        Ok(Err(healthcheck::Failure::Unfit { status, answer })) => Fitness {
            fit: false,
            reason: answer
                .status
                .unwrap_or_else(|| format!("answered {status}")),
            version: answer.version,
        },
        Ok(Err(failure)) => Fitness {
            fit: false,
            reason: failure.to_string(),
            version: None,
        },
        Err(error) => Fitness {
            fit: false,
            reason: error.to_string(),
            version: None,
        },
    }
}

/// Asks for ever and tells changes.
pub async fn follow(target: Target, told: watch::Sender<Fitness>) {
    loop {
        let mut now = ask(target.clone()).await;
        told.send_if_modified(|before| {
            // A service that is down has no version to tell; the last one is still what is installed.
            now.version = now.version.take().or_else(|| before.version.clone());
            let changed = *before != now;
            if changed {
                before.clone_from(&now);
            }
            changed
        });
        sleep(EVERY).await;
    }
}
