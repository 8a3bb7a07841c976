//! Admission of requests: the log line, the token, its rate limit and its scopes.

use super::app::App;
use super::error::{ApiError, Cause};
use super::limits::{Limits, Verdict};
use super::request::Caller;
use super::{faults, scopes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use slog::{Logger, error, info};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

/// Path prefix of localcloud's own control surface, for administrators.
pub const CONTROL: &str = "/_localcloud/";

/// Writes one line for each request.
pub async fn log(State(log): State<Logger>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    if let Some(Cause(cause)) = response.extensions().get() {
        error!(log, "a request failed"; "url.path" => &path, "error" => cause);
    }
    info!(log, "request";
        "http.request.method" => method.as_str(),
        "url.path" => &path,
        "http.response.status_code" => status,
        "duration_ms" => millis,
    );
    response
}

/// Passes a request on when its token exists, has the scope, and is within its rate limit.
pub async fn check(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let Some((text, caller)) = caller(&app, request.headers()) else {
        return ApiError::unauthorized().into_response();
    };
    if request.uri().path().starts_with(CONTROL) {
        if !caller.0.is_admin() {
            return ApiError::out_of_scope().into_response();
        }
        return next.run(request).await;
    }
    let lost = match faults::before(&app).await {
        ControlFlow::Break(response) => return response,
        ControlFlow::Continue(lost) => lost,
    };
    let standing = app.limits.count(&text);
    let verdict = match standing.verdict {
        Verdict::Pass if lists_keys(&request) => app.limits.count_key_list(&text),
        verdict => verdict,
    };
    let mut response = match verdict {
        Verdict::Burst(seconds) => ApiError::too_many_requests(Some(seconds)).into_response(),
        Verdict::Hour => ApiError::too_many_requests(None).into_response(),
        Verdict::Pass if !allowed(&caller, &request) => ApiError::out_of_scope().into_response(),
        Verdict::Pass => {
            request.extensions_mut().insert(caller);
            // Other methods are idempotent: a client can retry them.
            if request.method() == Method::POST {
                app.store.with_rollback(next.run(request)).await
            } else {
                next.run(request).await
            }
        }
    };
    let headers = response.headers_mut();
    headers.insert("ratelimit-limit", Limits::LIMIT.into());
    headers.insert("ratelimit-remaining", standing.remaining.into());
    headers.insert("ratelimit-reset", standing.reset.into());
    if lost {
        faults::never().await;
    }
    response
}

fn lists_keys(request: &Request) -> bool {
    request.method() == Method::GET && request.uri().path() == "/v2/account/keys"
}

fn caller(app: &App, headers: &HeaderMap) -> Option<(String, Caller)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let token = app.store.record().tokens.get(text.trim())?.clone();
    Some((text.trim().to_owned(), Caller(token)))
}

fn allowed(caller: &Caller, request: &Request) -> bool {
    // An unknown path needs no scope: the response is 404 for everyone.
    let Some(pattern) = request.extensions().get::<MatchedPath>() else {
        return true;
    };
    scopes::sets(pattern.as_str(), request.method())
        .iter()
        .any(|set| set.iter().all(|scope| caller.0.allows(scope)))
}
