//! Metrics of what users do, on the pages and over the API together.

use std::time::SystemTime;

use prometheus::{IntCounter, IntCounterVec, IntGauge, Registry};

use super::{counter, counters, gauge};

/// Counts since the start of the process.
pub struct UsageMetrics {
    pub users: IntCounter,
    pub messages: IntCounter,
    follows: IntCounter,
    unfollows: IntCounter,
    pub users_not_found: IntCounter,
    sign_ins: IntCounterVec,
    simulator_called: IntGauge,
}

impl UsageMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let count = |name: &str, help: &str| counter(registry, name, help);
        let sign_ins = counters(
            registry,
            "minitwit_sign_ins_total",
            "Attempts to sign in, by what came of them.",
            &["result"],
        );
        for result in ["right", "wrong"] {
            sign_ins.with_label_values(&[result]).inc_by(0);
        }
        Self {
            users: count("minitwit_users_registered_total", "Users added."),
            messages: count("minitwit_messages_sent_total", "Messages stored."),
            follows: count("minitwit_follows_total", "Times that a user was followed."),
            unfollows: count(
                "minitwit_unfollows_total",
                "Times that a user was no longer followed.",
            ),
            users_not_found: count(
                "minitwit_users_not_found_total",
                "Requests for users that do not exist.",
            ),
            sign_ins,
            simulator_called: gauge(
                registry,
                "minitwit_simulator_last_call_timestamp_seconds",
                "When a call of the simulator came last, 0 before any.",
            ),
        }
    }

    pub fn follow_changed(&self, follow: bool) {
        let counter = if follow {
            &self.follows
        } else {
            &self.unfollows
        };
        counter.inc();
    }

    /// Somebody tried to sign in.
    pub fn signed_in(&self, right: bool) {
        let result = if right { "right" } else { "wrong" };
        self.sign_ins.with_label_values(&[result]).inc();
    }

    pub fn simulator_called(&self) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let seconds = now.map_or(0, |since| since.as_secs());
        self.simulator_called
            .set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }
}
