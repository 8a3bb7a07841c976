//! The endpoints of the fake cloud.

use std::time::Instant;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Action, Cloud, Fault, HERE, LIVE, STAGE, THERE, TOKEN};

fn refuse(status: u16, message: &str) -> Response {
    let body = json!({"id": "error", "message": message}).to_string();
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

fn authorised(headers: &HeaderMap) -> bool {
    headers
        .get("authorization")
        .is_some_and(|value| value == &format!("Bearer {TOKEN}"))
}

pub async fn read(
    State(cloud): State<Cloud>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Path(ip): Path<String>,
) -> Response {
    let mut inner = cloud.lock();
    inner
        .calls
        .push((Instant::now(), format!("{method} {uri}")));
    if !authorised(&headers) {
        return refuse(401, "Unable to authenticate you");
    }
    if let Some(status) = inner.reads {
        return refuse(status, "broken");
    }
    inner.finish_actions();
    let Some(&holder) = inner.holders.get(&ip) else {
        return refuse(404, "not found");
    };
    let droplet = holder.map(|id| json!({"id": id, "name": format!("droplet-{id}")}));
    let locked = inner.is_locked(&ip);
    let answer = json!({"reserved_ip": {"ip": ip, "droplet": droplet, "locked": locked}});
    let limits = [("ratelimit-limit", "5000"), ("ratelimit-remaining", "4711")];
    (limits, axum::Json(answer)).into_response()
}

pub async fn list(State(cloud): State<Cloud>, headers: HeaderMap) -> Response {
    let mut inner = cloud.lock();
    inner.calls.push((Instant::now(), "LIST".to_owned()));
    if !authorised(&headers) {
        return refuse(401, "Unable to authenticate you");
    }
    if let Some(status) = inner.reads {
        return refuse(status, "broken");
    }
    inner.finish_actions();
    let ip = |ip: &str| {
        let droplet =
            inner.holders[ip].map(|id| json!({"id": id, "name": format!("droplet-{id}")}));
        json!({"ip": ip, "droplet": droplet, "locked": inner.is_locked(ip)})
    };
    axum::Json(json!({"reserved_ips": [ip(STAGE), ip(LIVE)], "links": {}})).into_response()
}

pub async fn act(
    State(cloud): State<Cloud>,
    headers: HeaderMap,
    Path(ip): Path<String>,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let fault = {
        let mut inner = cloud.lock();
        inner
            .calls
            .push((Instant::now(), format!("POST {ip} {body}")));
        inner.faults.pop_front()
    };
    if !authorised(&headers) {
        return refuse(401, "Unable to authenticate you");
    }
    match fault {
        Some(Fault::Status(status, message)) => return refuse(status, message),
        Some(Fault::RetryAfter(seconds)) => {
            return (
                [("retry-after", seconds.to_string())],
                refuse(429, "Too many requests"),
            )
                .into_response();
        }
        Some(Fault::Silence) => std::future::pending().await,
        _ => {}
    }
    let id = {
        let mut inner = cloud.lock();
        inner.finish_actions();
        let droplet = body["droplet_id"].as_u64();
        if inner.is_locked(&ip) {
            return refuse(422, "The reserved IP has a pending event.");
        }
        if droplet.is_some() && inner.holders.values().any(|holder| *holder == droplet) {
            return refuse(422, "The droplet already has a reserved IP.");
        }
        let done_at = Instant::now() + inner.latency;
        let unknown_for = if let Some(Fault::UnknownFor(polls)) = fault {
            polls
        } else {
            0
        };
        let errored = matches!(fault, Some(Fault::Errored));
        inner.actions.push(Action {
            ip,
            droplet,
            done_at,
            unknown_for,
            errored,
        });
        inner.actions.len() as u64
    };
    if matches!(fault, Some(Fault::Lost)) {
        std::future::pending::<()>().await;
    }
    let action = json!({"action": {"id": id, "status": "in-progress", "type": "assign_ip"}});
    (StatusCode::CREATED, axum::Json(action)).into_response()
}

pub async fn poll(State(cloud): State<Cloud>, Path((_, id)): Path<(String, usize)>) -> Response {
    let mut inner = cloud.lock();
    inner
        .calls
        .push((Instant::now(), format!("GET action {id}")));
    let Some(action) = inner.actions.get_mut(id - 1) else {
        return refuse(404, "not found");
    };
    if action.unknown_for > 0 {
        action.unknown_for -= 1;
        return refuse(404, "The resource you requested could not be found.");
    }
    let status = match () {
        () if action.done_at > Instant::now() => "in-progress",
        () if action.errored => "errored",
        () => "completed",
    };
    axum::Json(json!({"action": {"id": id, "status": status}})).into_response()
}

pub async fn droplet(Path(id): Path<u64>) -> Response {
    let networks = json!({"v4": [
        {"ip_address": LIVE, "type": "public"},
        {"ip_address": "10.0.0.1", "type": "private"},
        {"ip_address": "198.18.0.10", "type": "public"},
    ]});
    axum::Json(
        json!({"droplet": {"id": id, "name": format!("droplet-{id}"), "networks": networks}}),
    )
    .into_response()
}

pub async fn droplets(uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let second = query.contains("page=2") && !query.contains("page=20");
    let next = (!second).then_some("http://ignored/?page=2");
    let id = if second { THERE } else { HERE };
    axum::Json(json!({"droplets": [{"id": id, "name": "x"}], "links": {"pages": {"next": next}}}))
        .into_response()
}

pub async fn ready(State(cloud): State<Cloud>) -> Response {
    if cloud.lock().ready {
        axum::Json(json!({"status": "ready", "version": "1.2.3"})).into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            r#"{"status":"database unavailable","version":"1.2.3"}"#,
        )
            .into_response()
    }
}
