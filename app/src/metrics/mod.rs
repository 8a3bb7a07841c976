//! Metrics for Prometheus. Requests are labelled with the route's pattern, never with what a client sent.

mod process;
mod usage;

use std::time::Duration;

use hyper::StatusCode;
use prometheus::core::Collector;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::version::version;
use process::ProcessMetrics;
use usage::UsageMetrics;

/// Seconds; the simulator waits 0.3.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1.0, 2.0, 5.0,
];

const VALID: &str = "names and labels are valid, and no name is registered twice";

/// All metrics of the process.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    database_connections: IntGaugeVec,
    draining: IntGauge,
    ready: IntGauge,
    /// Open connections of the public listener.
    pub connections: IntGauge,
    /// Open streams of live updates.
    pub live_listeners: IntGauge,
    pub live_listeners_limit: IntGauge,
    /// Passwords that wait for their turn to be hashed.
    pub passwords_waiting: IntGauge,
    /// Handlers that panicked.
    pub panics: IntCounter,
    pub log_lines_dropped: IntCounter,
    pub usage: UsageMetrics,
}

impl Default for Metrics {
    /// Registers all of them.
    fn default() -> Self {
        let registry = Registry::new();
        let r = &registry;
        register(r, ProcessMetrics::default());
        let build = Opts::new("minitwit_build_info", "The version that runs.");
        let build = IntGaugeVec::new(build, &["version"]).expect(VALID);
        build.with_label_values(&[version()]).set(1);
        register(r, build);
        let durations = HistogramOpts::new(
            "minitwit_http_request_duration_seconds",
            "Time from a request's head to its answer.",
        );
        let durations = durations.buckets(BUCKETS.to_vec());
        Self {
            requests: counters(
                r,
                "minitwit_http_requests_total",
                "Requests answered; status 499 counts clients that left before.",
                &["route", "method", "status"],
            ),
            durations: register(
                r,
                HistogramVec::new(durations, &["route", "method"]).expect(VALID),
            ),
            in_flight: gauge(r, "minitwit_http_requests_in_flight", "Requests under way."),
            database_connections: register(
                r,
                IntGaugeVec::new(
                    Opts::new(
                        "minitwit_database_connections",
                        "Pooled database connections by state.",
                    ),
                    &["state"],
                )
                .expect(VALID),
            ),
            draining: gauge(
                r,
                "minitwit_draining",
                "1 while answers close their connections for a release.",
            ),
            ready: gauge(
                r,
                "minitwit_ready",
                "1 when the last check of readiness passed.",
            ),
            connections: gauge(
                r,
                "minitwit_http_connections",
                "Open connections of the public listener.",
            ),
            live_listeners: gauge(
                r,
                "minitwit_live_listeners",
                "Open streams of live updates.",
            ),
            live_listeners_limit: gauge(
                r,
                "minitwit_live_listeners_limit",
                "Streams of live updates that may be open.",
            ),
            passwords_waiting: gauge(
                r,
                "minitwit_password_hashes_waiting",
                "Passwords that wait for their turn to be hashed.",
            ),
            panics: counter(r, "minitwit_panics_total", "Handlers that panicked."),
            log_lines_dropped: counter(
                r,
                "minitwit_log_lines_dropped_total",
                "Log lines that were lost because the reader of the log was too slow.",
            ),
            usage: UsageMetrics::new(r),
            registry,
        }
    }
}

impl Metrics {
    /// A request's head was read.
    pub fn request_started(&self) {
        self.in_flight.inc();
    }

    /// A request was answered, or its client left.
    pub fn request_ended(
        &self,
        route: &'static str,
        method: &'static str,
        status: StatusCode,
        took: Duration,
    ) {
        self.in_flight.dec();
        let labels = [route, method, status.as_str()];
        self.requests.with_label_values(&labels).inc();
        self.durations
            .with_label_values(&[route, method])
            .observe(took.as_secs_f64());
    }

    pub fn set_ready(&self, ready: bool) {
        self.ready.set(ready.into());
    }

    /// All metrics in Prometheus' text format, with the states of this moment.
    pub(crate) fn text(&self, (size, idle): (usize, usize), draining: bool) -> String {
        let set = |state, count: usize| {
            let gauge = self.database_connections.with_label_values(&[state]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        };
        set("idle", idle);
        set("used", size.saturating_sub(idle));
        self.draining.set(draining.into());
        let families = self.registry.gather();
        TextEncoder::new()
            .encode_to_string(&families)
            .expect("gathered metrics have a name and a value")
    }
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, metric: C) -> C {
    registry.register(Box::new(metric.clone())).expect(VALID);
    metric
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    register(registry, IntCounter::new(name, help).expect(VALID))
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    let counters = IntCounterVec::new(Opts::new(name, help), labels);
    register(registry, counters.expect(VALID))
}

fn gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    register(registry, IntGauge::new(name, help).expect(VALID))
}
