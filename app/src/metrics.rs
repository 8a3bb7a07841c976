//! What Prometheus reads.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::counts::Counts;
use crate::log::Dropped;
use crate::process::Resources;
use crate::version::version;

/// Seconds; 0.3 is what the simulator waits.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1.0, 2.0, 5.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    route: &'static str,
    method: &'static str,
    status: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    route: &'static str,
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PoolState {
    state: &'static str,
}

type Durations = Family<Call, Histogram, fn() -> Histogram>;

/// All metrics of the process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answer, Counter>,
    durations: Durations,
    in_flight: Gauge,
    database_connections: Family<PoolState, Gauge>,
    draining: Gauge,
    ready: Gauge,
    /// Open connections of the public listener.
    pub connections: Gauge,
    /// Open live updates.
    pub listeners: Gauge,
    /// How many may be open.
    pub listeners_limit: Gauge,
    /// Passwords that wait for their turn to be hashed.
    pub passwords_waiting: Gauge,
    /// Handlers that panicked.
    pub panics: Counter,
    /// What users do.
    pub counts: Counts,
}

impl Metrics {
    /// Registers all of them.
    #[must_use]
    pub fn new(dropped: Dropped) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Gauge::default(),
            database_connections: Family::default(),
            draining: Gauge::default(),
            ready: Gauge::default(),
            connections: Gauge::default(),
            listeners: Gauge::default(),
            listeners_limit: Gauge::default(),
            passwords_waiting: Gauge::default(),
            panics: Counter::default(),
            counts: Counts::default(),
        };
        metrics.register();
        let registry = metrics.registry.sub_registry_with_prefix("minitwit");
        let help = "Log lines that were lost because nothing took them fast enough";
        registry.register("log_lines_dropped", help, dropped);
        metrics
    }

    fn register(&mut self) {
        self.registry.register_collector(Box::new(Resources));
        let registry = self.registry.sub_registry_with_prefix("minitwit");
        self.counts.register(registry);
        registry.register(
            "http_requests",
            "Requests answered; status 499 counts clients that left before",
            self.requests.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "Time from a request's head to its answer",
            self.durations.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests under way",
            self.in_flight.clone(),
        );
        registry.register(
            "http_connections",
            "Open connections of the public listener",
            self.connections.clone(),
        );
        registry.register(
            "database_connections",
            "Pooled database connections by state",
            self.database_connections.clone(),
        );
        registry.register(
            "draining",
            "1 while answers close their connections for a release",
            self.draining.clone(),
        );
        registry.register(
            "ready",
            "1 when the last check of readiness passed",
            self.ready.clone(),
        );
        registry.register(
            "live_listeners",
            "Open streams of live updates",
            self.listeners.clone(),
        );
        registry.register(
            "live_listeners_limit",
            "Streams of live updates that may be open",
            self.listeners_limit.clone(),
        );
        registry.register(
            "password_hashes_waiting",
            "Passwords that wait for their turn to be hashed",
            self.passwords_waiting.clone(),
        );
        registry.register("panics", "Handlers that panicked", self.panics.clone());
        registry.register(
            "build",
            "The version that runs",
            Info::new([("version", version())]),
        );
    }

    /// A request's head was read.
    pub fn request_started(&self) {
        self.in_flight.inc();
    }

    /// A request was answered, or its client left.
    pub fn request_ended(
        &self,
        route: &'static str,
        method: &'static str,
        status: u16,
        took: Duration,
    ) {
        self.in_flight.dec();
        let answer = Answer {
            route,
            method,
            status: status.into(),
        };
        self.requests.get_or_create(&answer).inc();
        let call = Call { route, method };
        self.durations
            .get_or_create(&call)
            .observe(took.as_secs_f64());
    }

    /// The outcome of a check of readiness.
    pub fn set_ready(&self, ready: bool) {
        self.ready.set(ready.into());
    }

    /// The text format, with the states that are read at this moment.
    #[must_use]
    pub fn text(&self, (size, idle): (usize, usize), draining: bool) -> String {
        let set = |state, count: usize| {
            let gauge = self
                .database_connections
                .get_or_create(&PoolState { state });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        };
        set("idle", idle);
        set("used", size.saturating_sub(idle));
        self.draining.set(draining.into());
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes any text");
        text
    }
}
