//! Whether the service on this droplet is ready: checked again and again, in a task of its own.

use std::time::Duration;

use healthcheck::{Limits, Target, check};
use tokio::{sync::watch, time::sleep};

const EVERY: Duration = Duration::from_millis(500);
/// Two tries. Keepalived's check has three, so its verdict is never earlier than this one.
const LIMITS: Limits = Limits {
    timeout: Duration::from_millis(300),
    retries: 1,
    spacing: Duration::from_millis(200),
    deadline: Duration::from_millis(650),
};

/// The state of the local service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitness {
    /// It may be live.
    pub fit: bool,
    /// What it reports about itself, or why it is unfit.
    pub reason: String,
    /// Its version, as last reported.
    pub version: Option<String>,
}

impl Default for Fitness {
    fn default() -> Self {
        Self {
            fit: false,
            reason: "not checked yet".into(),
            version: None,
        }
    }
}

/// Checks `target` once, with its retries.
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

/// Checks for ever, and publishes changes.
pub async fn follow(target: Target, published: watch::Sender<Fitness>) {
    loop {
        let mut now = ask(target.clone()).await;
        published.send_if_modified(|before| {
            // A service that is down reports no version; the last one is still installed.
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
