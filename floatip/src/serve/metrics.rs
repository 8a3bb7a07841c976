//! Metrics for Prometheus: gauges are set from the status at each scrape, counters also from log events.

use jiff::Timestamp;
use prometheus::{
    Counter, Encoder as _, Error, Gauge, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder, core::Collector,
};

use crate::{
    decide::{decision::RestReason, log_event::LogEvent, rules::TABLE},
    observe::vrrp::Vrrp,
    serve::status::{Role, Status},
};

/// How claims end. All of them are exposed from the start, so that a rate always has data.
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
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    holder: IntGauge,
    fit: IntGauge,
    live_answers: IntGauge,
    agreement: IntGauge,
    damped: IntGauge,
    frozen: IntGauge,
    vrrp: IntGaugeVec,
    record_age: Gauge,
    outside_age: Gauge,
    disagreement: Gauge,
    disagreement_total: Counter,
    moves: IntCounter,
    failures: IntCounterVec,
    claims: IntCounterVec,
    calls: IntCounter,
    api_left: IntGauge,
    freeze_age: Gauge,
    row: IntGaugeVec,
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// If two have the same name.
    pub fn new() -> Result<Self, Error> {
        let registry = Registry::new_custom(Some("floatip".into()), None)?;
        let r = &registry;
        let metrics = Self {
            holder: int_gauge(r, "holder", "1 if the live IP is here by the record")?,
            fit: int_gauge(r, "fit", "1 if the local service is ready")?,
            live_answers: int_gauge(
                r,
                "live_answers",
                "1 if the live IP answered when last asked",
            )?,
            agreement: int_gauge(r, "agreement", "1 if record and VRRP agree")?,
            damped: int_gauge(
                r,
                "damped",
                "1 while a claim waits because the live IP came here too often",
            )?,
            frozen: int_gauge(r, "frozen", "1 while an operator holds automatic moves")?,
            vrrp: gauges(r, "vrrp_state", "1 for Keepalived's present state", "state")?,
            record_age: gauge(
                r,
                "record_age_seconds",
                "Time since the record was read; -1 before that",
            )?,
            outside_age: gauge(
                r,
                "outside_check_age_seconds",
                "Time since the live IP was asked; -1 before that",
            )?,
            disagreement: gauge(
                r,
                "disagreement_seconds",
                "Time for which record and VRRP have disagreed without a break",
            )?,
            disagreement_total: counter(
                r,
                "disagreed_seconds_total",
                "Time for which record and VRRP have disagreed in all",
            )?,
            moves: int_counter(r, "moves_total", "Claims that brought the live IP here")?,
            failures: counters(r, "failures_total", "Failed calls of the API", "reason")?,
            claims: counters(
                r,
                "claims_total",
                "Claims that ended, by how: moved, or why they were given up",
                "result",
            )?,
            calls: int_counter(r, "api_calls_total", "Calls of the API")?,
            api_left: int_gauge(
                r,
                "api_remaining",
                "Calls that the API's limit for an hour leaves, as last reported; -1 before that",
            )?,
            freeze_age: gauge(
                r,
                "freeze_age_seconds",
                "Time for which an operator has held automatic moves; 0 if nobody does",
            )?,
            row: gauges(
                r,
                "decision",
                "1 for the row of the decision table that applies",
                "row",
            )?,
            registry: registry.clone(),
        };
        for result in OUTCOMES {
            drop(metrics.claims.with_label_values(&[result]));
        }
        for reason in FAILURES {
            drop(metrics.failures.with_label_values(&[reason]));
        }
        Ok(metrics)
    }

    /// Counts a log event.
    pub fn count(&self, event: &LogEvent) {
        match event {
            LogEvent::ClaimFailed { code, .. } => self.failure(code),
            LogEvent::RecordUnreadable { error, .. } | LogEvent::PollFailed { error } => {
                self.failure(error.kind());
            }
            LogEvent::ClaimAbandoned { why, .. } => {
                self.claims.with_label_values(&[why.name()]).inc();
            }
            _ => {}
        }
    }

    fn failure(&self, reason: &str) {
        self.failures.with_label_values(&[reason]).inc();
    }

    /// The text for Prometheus.
    ///
    /// # Errors
    /// If a metric can't be encoded.
    pub fn render(&self, status: &Status) -> Result<Vec<u8>, Error> {
        self.holder.set(i64::from(status.role == Role::Live));
        self.fit.set(i64::from(status.fit));
        self.live_answers
            .set(i64::from(status.live_answers == Some(true)));
        self.agreement.set(i64::from(status.agreement));
        self.damped
            .set(i64::from(status.why == Some(RestReason::Damped)));
        self.frozen.set(i64::from(status.freeze.is_some()));
        for state in [Vrrp::Master, Vrrp::Backup, Vrrp::Fault, Vrrp::Unknown] {
            let gauge = self.vrrp.with_label_values(&[state.name()]);
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
        self.claims.with_label_values(&["moved"]).inc_by(moves);
        let calls = status.api.calls_total.saturating_sub(self.calls.get());
        self.calls.inc_by(calls);
        self.api_left
            .set(status.api.remaining.map_or(-1, i64::from));
        self.freeze_age
            .set(status.freeze.as_ref().map_or(0.0, |it| age(Some(it.since))));
        for row in &TABLE {
            let gauge = self.row.with_label_values(&[row.name]);
            gauge.set(i64::from(row.name == status.decision.row));
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

fn registered<M: Collector + Clone + 'static>(registry: &Registry, metric: M) -> Result<M, Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Result<Gauge, Error> {
    registered(registry, Gauge::new(name, help)?)
}

fn int_gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge, Error> {
    registered(registry, IntGauge::new(name, help)?)
}

fn gauges(registry: &Registry, name: &str, help: &str, label: &str) -> Result<IntGaugeVec, Error> {
    registered(registry, IntGaugeVec::new(Opts::new(name, help), &[label])?)
}

fn counter(registry: &Registry, name: &str, help: &str) -> Result<Counter, Error> {
    registered(registry, Counter::new(name, help)?)
}

fn int_counter(registry: &Registry, name: &str, help: &str) -> Result<IntCounter, Error> {
    registered(registry, IntCounter::new(name, help)?)
}

fn counters(
    registry: &Registry,
    name: &str,
    help: &str,
    label: &str,
) -> Result<IntCounterVec, Error> {
    registered(
        registry,
        IntCounterVec::new(Opts::new(name, help), &[label])?,
    )
}

fn age(at: Option<Timestamp>) -> f64 {
    at.map_or(-1.0, |at| {
        Timestamp::now().duration_since(at).as_secs_f64().max(0.0)
    })
}
