//! The layers around the table of routes, in the order in which a request passes them.

use super::app::App;
use super::error::ApiError;
use super::{admission, normalize, routes};
use crate::journal::NewEvent;
use axum::Router;
use axum::extract::State;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn_with_state, map_request};
use slog::warn;
use std::sync::Arc;

/// All routes, each with or without a closing slash.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .fallback_service(guarded(app))
        .layer(map_request(normalize::prepare))
}

fn guarded(app: Arc<App>) -> Router {
    routes::table()
        .fallback(unknown_path)
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&app), admission::check))
        .layer(from_fn_with_state(app.log.clone(), admission::log))
        .with_state(app)
}

async fn unknown_path(State(app): State<Arc<App>>, method: Method, uri: Uri) -> ApiError {
    warn!(app.log, "this cloud does not have this path"; "http.request.method" => method.as_str(), "url.path" => uri.path());
    let event = NewEvent::new(
        "api.unknown-path",
        uri.path(),
        format!("{method}: this cloud has no such thing"),
    );
    app.store.journal().append([event]);
    ApiError::not_found()
}
