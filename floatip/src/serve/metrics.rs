//! Metrics for Prometheus: gauges from the status at the time of the scrape, counters from the notes.

use std::{fmt, sync::atomic::AtomicU64};

use jiff::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{
    decide::{decision::RestReason, log_event::LogEvent, rules::TABLE},
    observe::vrrp::Vrrp,
    serve::status::{Role, Status},
};

type Float = Gauge<f64, AtomicU64>;
type Seconds = Counter<f64, AtomicU64>;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct InForce {
    row: &'static str,
}

/// How claims end; all of them are shown from the start, so that a rate of them is never without data.
const OUTCOMES: [&str; 5] = ["moved", "live_serves", "not_fit", "not_master", "frozen"];
/// Why calls fail.
const FAILURES: [&str; 9] = [
    "unauthorized",
    "forbidden",
    "not_found",
    "unprocessable",
    "rate_limited",
    "server",
    "silent",
    "unexpected",
    "errored",
];

/// All metrics of one agent.
#[derive(Debug, Default)]
pub struct Metrics {
    registry: Registry,
    holder: Gauge,
    fit: Gauge,
    live_answers: Gauge,
    agreement: Gauge,
    damped: Gauge,
    frozen: Gauge,
    vrrp: Family<State, Gauge>,
    record_age: Float,
    outside_age: Float,
    disagreement: Float,
    disagreement_total: Seconds,
    moves: Counter,
    failures: Family<Reason, Counter>,
    claims: Family<Outcome, Counter>,
    calls: Counter,
    api_left: Gauge,
    freeze_age: Float,
    row: Family<InForce, Gauge>,
}

impl Metrics {
    /// Registers them.
    #[must_use]
    pub fn new() -> Self {
        let mut it = Self::default();
        let mut registry = Registry::with_prefix("floatip");
        registry.register(
            "holder",
            "1 if the record says that the live IP is here",
            it.holder.clone(),
        );
        registry.register("fit", "1 if the local service is ready", it.fit.clone());
        registry.register(
            "live_answers",
            "1 if the live IP answered when last asked",
            it.live_answers.clone(),
        );
        registry.register(
            "agreement",
            "1 if record and VRRP say the same",
            it.agreement.clone(),
        );
        registry.register(
            "damped",
            "1 while a claim waits because the live IP came here too often",
            it.damped.clone(),
        );
        registry.register(
            "frozen",
            "1 while an operator holds automatic moves",
            it.frozen.clone(),
        );
        registry.register(
            "vrrp_state",
            "1 for Keepalived's present state",
            it.vrrp.clone(),
        );
        registry.register(
            "record_age_seconds",
            "Time since the record was read; -1 before that",
            it.record_age.clone(),
        );
        registry.register(
            "outside_check_age_seconds",
            "Time since the live IP was asked; -1 before that",
            it.outside_age.clone(),
        );
        registry.register(
            "disagreement_seconds",
            "Time for which record and VRRP have disagreed until now",
            it.disagreement.clone(),
        );
        registry.register(
            "disagreed_seconds",
            "Time for which record and VRRP have disagreed in all",
            it.disagreement_total.clone(),
        );
        registry.register(
            "moves",
            "Claims that brought the live IP here",
            it.moves.clone(),
        );
        registry.register("failures", "Failed calls of the API", it.failures.clone());
        registry.register(
            "claims",
            "Claims that ended, by how: moved, or why they were given up",
            it.claims.clone(),
        );
        registry.register("api_calls", "Calls of the API", it.calls.clone());
        registry.register(
            "api_remaining",
            "Calls that the API's limit for an hour leaves, as last told; -1 before that",
            it.api_left.clone(),
        );
        registry.register(
            "freeze_age_seconds",
            "Time for which an operator has held automatic moves; 0 if nobody does",
            it.freeze_age.clone(),
        );
        registry.register(
            "decision",
            "1 for the row of the decision table that applies",
            it.row.clone(),
        );
        for result in OUTCOMES {
            drop(it.claims.get_or_create(&Outcome { result }));
        }
        for reason in FAILURES {
            drop(it.failures.get_or_create(&Reason { reason }));
        }
        it.registry = registry;
        it
    }

    /// Counts what a note tells.
    pub fn count(&self, note: &LogEvent) {
        match note {
            LogEvent::ClaimFailed { code, .. } => self.failure(code),
            LogEvent::RecordUnreadable { error, .. } | LogEvent::PollFailed { error } => {
                self.failure(error.kind());
            }
            LogEvent::ClaimAbandoned { why, .. } => {
                self.claims
                    .get_or_create(&Outcome { result: why.name() })
                    .inc();
            }
            _ => {}
        }
    }

    fn failure(&self, reason: &'static str) {
        self.failures.get_or_create(&Reason { reason }).inc();
    }

    /// The text for Prometheus.
    ///
    /// # Errors
    /// Never, in practice: writing into a string.
    pub fn render(&self, status: &Status) -> Result<String, fmt::Error> {
        self.holder.set(i64::from(status.role == Role::Live));
        self.fit.set(i64::from(status.fit));
        self.live_answers
            .set(i64::from(status.live_answers == Some(true)));
        self.agreement.set(i64::from(status.agreement));
        self.damped
            .set(i64::from(status.why == Some(RestReason::Damped)));
        self.frozen.set(i64::from(status.freeze.is_some()));
        for state in [Vrrp::Master, Vrrp::Backup, Vrrp::Fault, Vrrp::Unknown] {
            let gauge = self.vrrp.get_or_create(&State {
                state: state.name(),
            });
            gauge.set(i64::from(state == status.vrrp));
        }
        self.record_age
            .set(age(status.record.as_ref().map(|record| record.read_at)));
        self.outside_age.set(age(status.live_asked_at));
        self.disagreement.set(status.disagreement_seconds);
        let more = status.disagreement_seconds_total - self.disagreement_total.get();
        self.disagreement_total.inc_by(more.max(0.0));
        let moves = status.moves_total.saturating_sub(self.moves.get());
        self.moves.inc_by(moves);
        self.claims
            .get_or_create(&Outcome { result: "moved" })
            .inc_by(moves);
        let calls = status.api.calls_total.saturating_sub(self.calls.get());
        self.calls.inc_by(calls);
        self.api_left
            .set(status.api.remaining.map_or(-1, i64::from));
        self.freeze_age
            .set(status.freeze.as_ref().map_or(0.0, |it| age(Some(it.since))));
        for row in &TABLE {
            let gauge = self.row.get_or_create(&InForce { row: row.name });
            gauge.set(i64::from(row.name == status.decision.row));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn age(at: Option<Timestamp>) -> f64 {
    at.map_or(-1.0, |at| {
        Timestamp::now().duration_since(at).as_secs_f64().max(0.0)
    })
}
