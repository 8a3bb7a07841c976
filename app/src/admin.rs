//! The admin listener: liveness, readiness, metrics, drain.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde::Serialize;
use slog::info;

use crate::app::App;
use crate::readiness::Readiness;
use crate::reply::{self, Reply};
use crate::version::version;

#[derive(Serialize)]
struct Report {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    version: &'static str,
}

/// Answers one request of an operator or of monitoring.
pub async fn answer(app: Arc<App>, readiness: Arc<Readiness>, request: Request<Incoming>) -> Reply {
    let (path, method) = (request.uri().path(), request.method());
    let allowed = match path {
        "/healthz" | "/readyz" | "/metrics" => "GET, HEAD",
        "/drain" => "GET, HEAD, POST, DELETE",
        _ => return status(StatusCode::NOT_FOUND, "not found", None),
    };
    match (path, method) {
        ("/healthz", &Method::GET | &Method::HEAD) => status(StatusCode::OK, "alive", None),
        ("/readyz", &Method::GET | &Method::HEAD) => match readiness.check(&app).await {
            Ok(()) => status(StatusCode::OK, "ready", None),
            Err(reason) => status(
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready",
                Some(reason.to_string()),
            ),
        },
        ("/metrics", &Method::GET | &Method::HEAD) => metrics(&app),
        ("/drain", &Method::GET | &Method::HEAD) => drain_status(&app),
        ("/drain", &Method::POST | &Method::DELETE) => {
            let draining = *method == Method::POST;
            app.lifecycle.drain(draining);
            info!(app.logger, "drain"; "minitwit.draining" => draining);
            drain_status(&app)
        }
        _ => {
            let mut reply = status(StatusCode::METHOD_NOT_ALLOWED, "method not allowed", None);
            let allowed = HeaderValue::from_static(allowed);
            reply.headers_mut().insert(ALLOW, allowed);
            reply
        }
    }
}

fn drain_status(app: &App) -> Reply {
    let name = if app.lifecycle.phase().draining {
        "draining"
    } else {
        "serving"
    };
    status(StatusCode::OK, name, None)
}

fn metrics(app: &App) -> Reply {
    let draining = app.lifecycle.phase().draining;
    let text = app.metrics.text(app.database.connections(), draining);
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    reply::with_type(text.into(), content_type)
}

fn status(code: StatusCode, status: &'static str, reason: Option<String>) -> Reply {
    let body = Report {
        status,
        reason,
        version: version(),
    };
    let mut reply = reply::json(&body).unwrap_or_default();
    *reply.status_mut() = code;
    reply
}
