//! One log line and one set of measurements per request, whatever its result is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use slog::{KV, Record, Serializer, error, info, warn};

use crate::app::App;
use crate::error::Error;
use crate::log::chain;

/// A request that takes longer is logged as a warning.
const SLOW: Duration = Duration::from_secs(2);

/// Recorded for a client that left before its reply; no client ever receives it.
const CLIENT_LEFT: u16 = 499;

/// A request under way.
pub struct Observation {
    app: Arc<App>,
    started: Instant,
    method: &'static str,
    route: &'static str,
    user: UserId,
    done: bool,
}

/// The signed-in user, for the log.
#[derive(Clone, Copy)]
struct UserId(Option<i64>);

impl KV for UserId {
    fn serialize(&self, _: &Record<'_>, serializer: &mut dyn Serializer) -> slog::Result {
        self.0
            .map_or(Ok(()), |id| serializer.emit_i64("user.id", id))
    }
}

impl Observation {
    /// Starts the clock; `route` is the pattern, never the path that the client sent.
    pub fn start(app: Arc<App>, method: &Method, route: &'static str) -> Self {
        app.metrics.request_started();
        Self {
            app,
            started: Instant::now(),
            method: method_name(method),
            route,
            user: UserId(None),
            done: false,
        }
    }

    pub fn of_user(mut self, user: Option<i64>) -> Self {
        self.user = UserId(user);
        self
    }

    /// The request was answered; `error` is why it failed.
    pub fn finish(mut self, status: StatusCode, error: Option<&Error>) {
        self.done = true;
        self.record(status, error);
    }

    fn record(&self, status: StatusCode, error: Option<&Error>) {
        let took = self.started.elapsed();
        let Self {
            method,
            route,
            user,
            ..
        } = *self;
        self.app.metrics.request_ended(route, method, status, took);
        if error.is_some_and(Error::is_unknown_user) {
            self.app.metrics.usage.users_not_found.inc();
        }
        let status = status.as_u16();
        let duration = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let logger = &self.app.logger;
        match error {
            Some(error) if status >= 500 => error!(logger, "request failed";
                "error.message" => chain(error),
                "event.duration" => duration, "http.request.method" => method,
                "http.response.status_code" => status, "url.path" => route, user),
            _ if took > SLOW => warn!(logger, "slow request";
                "event.duration" => duration, "http.request.method" => method,
                "http.response.status_code" => status, "url.path" => route, user),
            _ => info!(logger, "request";
                "event.duration" => duration, "http.request.method" => method,
                "http.response.status_code" => status, "url.path" => route, user),
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if !self.done {
            self.record(StatusCode::from_u16(CLIENT_LEFT).unwrap_or_default(), None);
        }
    }
}

/// Clients can invent methods; the number of labels must stay small.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "OTHER",
    }
}
