//! `/_localcloud/faults`: faults on demand, and their effect on calls of the API.

use super::app::App;
use super::error::ApiError;
use super::request::{Body, HandlerResult, created, no_content, ok};
use crate::fault::{CallFault, Fault};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// No fault lasts longer, so that a forgotten one ends.
const LONGEST: Duration = Duration::from_hours(24);

/// A fault to start.
#[derive(Debug, Deserialize)]
pub struct Order {
    #[serde(flatten)]
    fault: Fault,
    /// How long it lasts; may be left out for one that is over at once.
    seconds: Option<f64>,
    /// The share of calls that it hits, from 0 to 1.
    share: Option<f64>,
    /// The same seed hits the same calls, or loses the same packets.
    seed: Option<u64>,
}

/// Starts a fault.
pub async fn inject(State(app): State<Arc<App>>, Body(order): Body<Order>) -> HandlerResult {
    let wrong = |what: &str| ApiError::unprocessable(what.to_owned());
    let at_once = order.fault.is_over_at_once().then_some(0.0);
    let seconds = order.seconds.or(at_once);
    let duration = seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| wrong("seconds must be from 0 to 86400"))?;
    let share = order.share.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&share) {
        return Err(wrong("share must be from 0 to 1"));
    }
    check(&app, &order.fault)?;
    let injected = app
        .injector
        .inject(order.fault, duration, share, order.seed);
    // The full cause is safe to show: only administrators inject faults.
    let refused = |error| ApiError::unprocessable(format!("{error:#}"));
    let active = injected.await.map_err(refused)?;
    created(json!({"fault": active}))
}

/// Checks that the fault's target exists and its numbers are valid.
fn check(app: &App, fault: &Fault) -> Result<(), ApiError> {
    let record = app.store.record();
    if let Some(droplet) = fault.droplet() {
        record.droplet(droplet)?;
    }
    if let Some(database) = fault.database() {
        record.database(database)?;
    }
    match fault.invalid_reason() {
        Some(words) => Err(ApiError::unprocessable(words)),
        None => Ok(()),
    }
}

/// The active faults.
pub async fn list(State(app): State<Arc<App>>) -> HandlerResult {
    ok(json!({"faults": app.injector.faults().list()}))
}

/// Ends a fault before its time.
pub async fn end(State(app): State<Arc<App>>, Path(id): Path<u64>) -> HandlerResult {
    let ended = app.injector.end(id).await;
    if ended.map_err(|error| ApiError::internal(&error))? {
        return no_content();
    }
    Err(ApiError::not_found())
}

/// Ends all faults.
pub async fn end_all(State(app): State<Arc<App>>) -> HandlerResult {
    for active in app.injector.faults().list() {
        let ended = app.injector.end(active.id).await;
        ended.map_err(|error| ApiError::internal(&error))?;
    }
    no_content()
}

/// What an active fault does to a call: a response in its place, or whether the real response will
/// be lost.
pub async fn before(app: &App) -> ControlFlow<Response, bool> {
    match app.injector.faults().of_next_call() {
        None => ControlFlow::Continue(false),
        Some(CallFault::AnswerLost) => ControlFlow::Continue(true),
        Some(CallFault::Late(delay)) => {
            tokio::time::sleep(delay).await;
            ControlFlow::Continue(false)
        }
        Some(CallFault::Silent) => {
            never().await;
            ControlFlow::Continue(true)
        }
        Some(CallFault::RateLimit) => {
            ControlFlow::Break(ApiError::too_many_requests(Some(1)).into_response())
        }
        Some(CallFault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            ControlFlow::Break(ApiError::broken(status).into_response())
        }
    }
}

/// Longer than any client waits.
pub async fn never() {
    tokio::time::sleep(Duration::from_mins(10)).await;
}
