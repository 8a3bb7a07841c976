//! The HTTP service: S3 in path style and virtual-host style, also for clients that use it as an HTTP proxy.

use super::access::AccessControl;
use super::host::Hosts;
use super::service::Service;
use super::state::Spaces;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::error_handling::HandleErrorLayer;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use s3s::service::S3ServiceBuilder;
use slog::{Logger, error, info};
use std::sync::Arc;
use std::time::Instant;

/// Most bytes of a body that is read into memory.
const SMALL: usize = 1 << 20;

/// The router that serves S3.
pub fn router(spaces: &Arc<Spaces>) -> Router {
    let mut builder = S3ServiceBuilder::new(Service(Arc::clone(spaces)));
    builder.set_host(Hosts);
    builder.set_auth(AccessControl(Arc::clone(spaces)));
    builder.set_access(AccessControl(Arc::clone(spaces)));
    let log = spaces.log.clone();
    let failed = HandleErrorLayer::new(async move |error: s3s::HttpError| {
        error!(log, "a request to Spaces failed"; "error" => format!("{error:?}"));
        StatusCode::INTERNAL_SERVER_ERROR
    });
    let service = axum::routing::any_service(builder.build()).layer(failed);
    Router::new()
        .route("/", service.clone())
        .route("/{*path}", service)
        .layer(from_fn(buffer_small_body))
        .layer(from_fn_with_state(spaces.log.clone(), log_request))
}

/// Reads a small body before the request can be refused. A connection with an unread body can't be reused, and
/// clients that reuse it would read the end of the connection as an error.
async fn buffer_small_body(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_none_or(|length| length > SMALL) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, SMALL).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Logs each request, without its query, which may contain a signature.
async fn log_request(State(log): State<Logger>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let start = Instant::now();
    let response = next.run(request).await;
    let (status, millis) = (response.status().as_u16(), start.elapsed().as_millis());
    info!(log, "request to Spaces";
        "method" => method.as_str(), "path" => uri.path(), "status" => status,
        "ms" => u64::try_from(millis).unwrap_or(u64::MAX));
    response
}
