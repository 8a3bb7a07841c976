//! What stands before every handler: the log line, the token, its rate limit and its scopes.

use super::App;
use super::error::ApiError;
use super::faults;
use super::limits::{Limits, Verdict};
use super::request::Caller;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

/// Path prefix of localcloud's own control surface, for administrators.
pub const CONTROL: &str = "/_localcloud/";

/// Writes one line for each request.
pub async fn log(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    let millis = start.elapsed().as_millis();
    eprintln!("{method} {path} {} {millis}ms", response.status().as_u16());
    response
}

/// Lets a request through when its token is known, may do this, and not too often.
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
            next.run(request).await
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
    // A path that isn't known needs no scope: its answer is 404 whoever asks.
    let Some(pattern) = request.extensions().get::<MatchedPath>() else {
        return true;
    };
    caller.0.allows(&scope(pattern.as_str(), request.method()))
}

/// The scope that a request needs, by its route's pattern, as the API's description lists them.
fn scope(pattern: &str, method: &Method) -> String {
    let mut segments = pattern
        .split('/')
        .filter(|segment| !segment.is_empty())
        .skip(1);
    let first = segments.next().unwrap_or_default();
    let rest: Vec<&str> = segments.collect();
    let last = rest.last().copied().unwrap_or_default();
    let noun = match (first, last) {
        ("account", _) if rest.first() == Some(&"keys") => "ssh_key",
        ("account", _) => return "account:read".to_owned(),
        ("actions" | "regions" | "sizes", _) => return format!("{first}:read"),
        ("droplets", "firewalls") => "firewall",
        ("reserved_ips" | "floating_ips", _) => "reserved_ip",
        ("projects", "resources") if method == Method::POST => {
            return "project:assign_resource".to_owned();
        }
        (plural, _) => plural.strip_suffix('s').unwrap_or(plural),
    };
    let changes_part = noun == "firewall" && rest.len() > 1;
    let verb = match *method {
        Method::GET | Method::HEAD => "read",
        _ if last == "actions" || last == "reset_auth" || changes_part => "update",
        Method::POST => "create",
        Method::DELETE => "delete",
        _ => "update",
    };
    format!("{noun}:{verb}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_those_of_the_api_description() {
        let table = [
            ("GET", "/v2/account", "account:read"),
            ("POST", "/v2/account/keys", "ssh_key:create"),
            ("PUT", "/v2/account/keys/{id}", "ssh_key:update"),
            ("GET", "/v2/regions", "regions:read"),
            ("GET", "/v2/images/{id}", "image:read"),
            ("POST", "/v2/droplets", "droplet:create"),
            ("DELETE", "/v2/droplets/{id}", "droplet:delete"),
            ("POST", "/v2/droplets/{id}/actions", "droplet:update"),
            ("GET", "/v2/droplets/{id}/actions", "droplet:read"),
            ("GET", "/v2/droplets/{id}/firewalls", "firewall:read"),
            (
                "POST",
                "/v2/reserved_ips/{ip}/actions",
                "reserved_ip:update",
            ),
            (
                "GET",
                "/v2/floating_ips/{ip}/actions/{id}",
                "reserved_ip:read",
            ),
            ("GET", "/v2/actions/{id}", "actions:read"),
            ("DELETE", "/v2/firewalls/{id}/rules", "firewall:update"),
            ("DELETE", "/v2/firewalls/{id}", "firewall:delete"),
            ("POST", "/v2/tags/{name}/resources", "tag:create"),
            (
                "POST",
                "/v2/projects/{id}/resources",
                "project:assign_resource",
            ),
            ("GET", "/v2/projects/{id}/resources", "project:read"),
            ("PUT", "/v2/databases/{id}/firewall", "database:update"),
            (
                "POST",
                "/v2/databases/{id}/users/{name}/reset_auth",
                "database:update",
            ),
        ];
        for (method, pattern, expected) in table {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(scope(pattern, &method), expected, "{method} {pattern}");
        }
    }
}
