//! The status listener: `/status` for the other droplet and the operator, `/metrics` for Prometheus.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::TEXT_FORMAT;
use tokio::sync::watch;

use crate::serve::{metrics::Metrics, status::Status};

/// What the routes answer from.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The status, as last published.
    pub status: watch::Receiver<Status>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
}

/// The routes.
pub fn router(shown: Shared) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/metrics", get(metrics))
        .with_state(shown)
}

async fn status(State(shown): State<Shared>) -> Json<Status> {
    let status = shown.status.borrow().clone();
    Json(status)
}

async fn metrics(State(shown): State<Shared>) -> Response {
    let status = shown.status.borrow().clone();
    match shown.metrics.render(&status) {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
