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

/// The state that the routes share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The status, as last published.
    pub status: watch::Receiver<Status>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
}

/// The routes.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/metrics", get(metrics))
        .with_state(shared)
}

async fn status(State(shared): State<Shared>) -> Json<Status> {
    let status = shared.status.borrow().clone();
    Json(status)
}

async fn metrics(State(shared): State<Shared>) -> Response {
    let status = shared.status.borrow().clone();
    match shared.metrics.render(&status) {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
