//! The layers around the table of routes, in the order in which a request passes them.

use super::app::App;
use super::error::ApiError;
use super::{admission, normalize, routes};
use crate::journal::Draft;
use axum::Router;
use axum::extract::State;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
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
        .layer(from_fn(admission::log))
        .with_state(app)
}

async fn unknown_path(State(app): State<Arc<App>>, method: Method, uri: Uri) -> ApiError {
    eprintln!("no such path here: {method} {uri}");
    let draft = Draft::new(
        "api.unknown-path",
        uri.path(),
        format!("{method}: this cloud has no such thing"),
    );
    app.store.journal().note([draft]);
    ApiError::not_found()
}
