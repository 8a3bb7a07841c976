//! From a request to its reply: the steps that all routes share.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request};
use serde::Serialize;

use crate::app::App;
use crate::auth::same_site;
use crate::auth::session::{self, Claim};
use crate::context::{Context, LatestToStore};
use crate::error::{Error, Result};
use crate::form;
use crate::observe::Observation;
use crate::pages;
use crate::panics;
use crate::reply::{self, Reply};
use crate::request_body;
use crate::route::{Guard, Kind, Route, Router};
use crate::store::writes::{Change, Write};
use crate::version::version;

/// The pattern in logs and metrics for paths without a route.
const UNMATCHED: &str = "unmatched";

/// Contains the version that served the client.
const VERSION: HeaderName = HeaderName::from_static("minitwit-version");

/// Contains the droplet that served the client, if that is configured.
const SERVED_BY: HeaderName = HeaderName::from_static("minitwit-served-by");

/// The longest path with query, in bytes.
const ADDRESS_LIMIT: usize = 8 * 1024;

/// Answers the requests of the public listener.
pub struct Service {
    app: Arc<App>,
    router: Router,
}

impl Service {
    pub fn new(app: Arc<App>, router: Router) -> Self {
        Self { app, router }
    }

    /// Answers one request; a failure becomes a reply too.
    pub async fn answer(self: Arc<Self>, request: Request<Incoming>, client: IpAddr) -> Reply {
        let app = &self.app;
        let (head, incoming) = request.into_parts();
        let (route, user) = match self.router.find(head.uri.path()) {
            Some((route, user)) => (Some(route), user.map(str::to_owned)),
            None => (None, None),
        };
        let pattern = route.map_or(UNMATCHED, |route| route.pattern);
        let observation = Observation::start(app.clone(), &head.method, pattern);
        // Read before all else: a client that is still sending would not see an early reply.
        let body = request_body::read(incoming, app.body_limit).await;
        let is_form = matches!(&body, Ok(bytes) if form::is_form(&head.headers, bytes));
        let kind = match route {
            Some(route) => route.kind(&head.method, is_form),
            None => kind_of_unmatched(head.uri.path()),
        };
        let claim = session::claim(&app.signer, &head.headers);
        let observation = observation.of_user(claim.as_ref().map(|claim| claim.id));
        let call = Call {
            client,
            route,
            user,
            is_form,
            kind,
            claim: claim.clone(),
        };
        let work = run(app, call, head, body);
        let outcome = match panics::caught(work).await {
            Ok(outcome) => outcome,
            Err(panicked) => {
                app.metrics.panics.inc();
                Err(Error::internal(panicked))
            }
        };
        let (mut reply, error) = match outcome {
            Ok(reply) => (reply, None),
            Err(error) => (failure(app, &error, kind, claim.as_ref()), Some(error)),
        };
        add_headers(app, &mut reply);
        observation.finish(reply.status(), error.as_ref());
        reply
    }
}

/// Headers of every reply.
fn add_headers(app: &App, reply: &mut Reply) {
    let headers = reply.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // A release is judged by the versions that served its clients.
    headers.insert(VERSION, HeaderValue::from_static(version()));
    if let Some(name) = app.served_by {
        headers.insert(SERVED_BY, name.clone());
    }
    if app.lifecycle.phase().closes_connections() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// A request after it was matched.
struct Call<'r> {
    client: IpAddr,
    route: Option<&'r Route>,
    user: Option<String>,
    is_form: bool,
    kind: Kind,
    claim: Option<Claim>,
}

async fn run(app: &Arc<App>, call: Call<'_>, head: Parts, body: Result<Bytes>) -> Result<Reply> {
    if address_length(&head) > ADDRESS_LIMIT {
        return Err(Error::AddressTooLong(ADDRESS_LIMIT));
    }
    let route = call.route.ok_or_else(Error::unknown_path)?;
    let handler = route.handler(&head.method, call.is_form)?;
    if call.kind == Kind::Page {
        guard(app, route, &head, call.client)?;
    }
    let posts = head.method == Method::POST;
    let mut context = Context::new(app.clone(), head, call.user, call.claim, body);
    let allowed = !route.for_simulator || app.credential.allows(context.headers());
    let latest = context.latest().filter(|_| route.records_latest);
    let to_store = latest.map(LatestToStore::new);
    if let Some(to_store) = to_store.clone().filter(|_| posts) {
        context.set_latest(to_store);
    }
    let work = async {
        if allowed {
            handler(context).await
        } else {
            Err(Error::Forbidden)
        }
    };
    let (Some(latest), Some(to_store)) = (latest, to_store) else {
        return work.await;
    };
    app.metrics.usage.simulator_called();
    // Stored before the reply, whatever the result of the call is.
    let record = async {
        let write = Write {
            change: Change::None,
            latest: Some(latest),
        };
        app.batched.write(write).await
    };
    if !posts {
        let (stored, outcome) = tokio::join!(record, work);
        stored?;
        return outcome;
    }
    // A handler that stores a change stores the value in the same statement: no client gets an error after its write.
    let outcome = work.await;
    if !to_store.is_taken() {
        record.await?;
    }
    outcome
}

fn address_length(head: &Parts) -> usize {
    let address = head.uri.path_and_query();
    address.map_or(0, |address| address.as_str().len())
}

/// Checks a browser's request that changes something.
fn guard(app: &App, route: &Route, head: &Parts, client: IpAddr) -> Result<()> {
    let posts = head.method == Method::POST;
    if posts || route.guard == Guard::Everything {
        same_site::check(&head.headers)?;
    }
    if posts && route.guard == Guard::Attempts {
        app.limiter.admit(client)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct ApiError<'a> {
    status: u16,
    error_msg: &'a str,
}

fn failure(app: &App, error: &Error, kind: Kind, claim: Option<&Claim>) -> Reply {
    let status = error.status();
    let text = error.to_string();
    let reply = match kind {
        Kind::Page => {
            let viewer = claim.map(|claim| claim.name.as_str());
            pages::failure::page(&app.renderer, status, &text, viewer)
        }
        Kind::Api => reply::json(&ApiError {
            status: status.as_u16(),
            error_msg: &text,
        }),
    };
    let mut reply =
        reply.unwrap_or_else(|_| reply::with_type(text.into(), "text/plain; charset=utf-8"));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    match error {
        Error::MethodNotAllowed(allowed) => {
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        Error::TooMany(seconds) => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        Error::Unavailable(_) => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        // The rest of the request was not read.
        Error::TooLarge(_) | Error::BodyTimeout => {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    reply
}

fn kind_of_unmatched(path: &str) -> Kind {
    let is_api = ["/msgs", "/fllws", "/latest", "/register"]
        .iter()
        .any(|prefix| path.starts_with(prefix));
    if is_api { Kind::Api } else { Kind::Page }
}
