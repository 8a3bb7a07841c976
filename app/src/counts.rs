//! What users and the simulator do, counted.

use std::time::SystemTime;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::error::Error;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

/// Counts since the start of the process; each is one of the pages and the simulator together.
#[derive(Debug, Default)]
pub struct Counts {
    /// Users who registered.
    pub users: Counter,
    /// Messages that were stored.
    pub messages: Counter,
    follows: Counter,
    unfollows: Counter,
    users_not_found: Counter,
    sign_ins: Family<Outcome, Counter>,
    simulator_called: Gauge,
}

impl Counts {
    /// Lists them for Prometheus.
    pub fn register(&self, registry: &mut Registry) {
        for right in [true, false] {
            drop(self.sign_ins.get_or_create(&Self::outcome(right)));
        }
        registry.register("users_registered", "Users added", self.users.clone());
        registry.register("messages_sent", "Messages stored", self.messages.clone());
        registry.register(
            "follows",
            "Times that a user was followed",
            self.follows.clone(),
        );
        registry.register(
            "unfollows",
            "Times that a user was no longer followed",
            self.unfollows.clone(),
        );
        registry.register(
            "users_not_found",
            "Requests for users that nobody knows",
            self.users_not_found.clone(),
        );
        registry.register(
            "sign_ins",
            "Attempts to sign in, by what came of them",
            self.sign_ins.clone(),
        );
        registry.register(
            "simulator_last_call_timestamp_seconds",
            "When a call of the simulator came last, 0 before any",
            self.simulator_called.clone(),
        );
    }

    /// One user follows another, or no longer does.
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
        self.sign_ins.get_or_create(&Self::outcome(right)).inc();
    }

    /// A request was not done for this reason.
    pub fn failed(&self, error: &Error) {
        if matches!(error, Error::NotFound(text) if *text == Error::NO_SUCH_USER) {
            self.users_not_found.inc();
        }
    }

    /// The simulator called.
    pub fn simulator_called(&self) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let seconds = now.map_or(0, |since| since.as_secs());
        self.simulator_called
            .set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }

    const fn outcome(right: bool) -> Outcome {
        Outcome {
            result: if right { "right" } else { "wrong" },
        }
    }
}
