//! From a request to its answer: the steps that all routes share.

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
use crate::body;
use crate::context::{Context, Progress};
use crate::error::{Error, Result};
use crate::form;
use crate::observe::Observation;
use crate::pages;
use crate::panics;
use crate::reply::{self, Reply};
use crate::route::{Guard, Kind, Route};
use crate::store::writes::{Act, Write};
use crate::version::version;

/// The pattern that logs and metrics show for paths that no route has.
const UNMATCHED: &str = "unmatched";

/// Tells every client which version served it.
const VERSION: HeaderName = HeaderName::from_static("minitwit-version");

/// Tells who is told to say so which droplet served a client.
const SERVED_BY: HeaderName = HeaderName::from_static("minitwit-served-by");

/// Path and query may be this long, in bytes.
const ADDRESS_LIMIT: usize = 8 * 1024;

/// Answers one request; whatever goes wrong becomes an answer too.
pub async fn answer(app: Arc<App>, request: Request<Incoming>, client: IpAddr) -> Reply {
    let (head, incoming) = request.into_parts();
    let found = app.router.find(head.uri.path());
    let (route, user) = match found {
        Some((route, user)) => (Some(route), user.map(str::to_owned)),
        None => (None, None),
    };
    let observation = Observation::start(
        app.clone(),
        &head.method,
        route.map_or(UNMATCHED, |route| route.pattern),
    );
    // Read before all else: a client that still sends would not see an early answer.
    let body = body::read(incoming, app.body_limit).await;
    let is_form = matches!(&body, Ok(bytes) if form::is_form(&head.headers, bytes));
    let kind = match route {
        Some(route) => route.kind(&head.method, is_form),
        None => kind_of_unmatched(head.uri.path()),
    };
    let claim = session::claim(&app.sealer, &head.headers);
    let observation = observation.of(claim.as_ref().map(|claim| claim.id));
    let call = Call {
        client,
        route,
        user,
        is_form,
        kind,
        claim: claim.clone(),
    };
    let work = run(&app, call, head, body);
    let outcome = match panics::caught(work).await {
        Ok(outcome) => outcome,
        Err(panicked) => {
            app.metrics.panics.inc();
            Err(Error::internal(panicked))
        }
    };
    let (mut reply, error) = match outcome {
        Ok(reply) => (reply, None),
        Err(error) => (failure(&error, kind, claim), Some(error)),
    };
    let headers = reply.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // Which version a client was served by: a release is judged by it.
    headers.insert(VERSION, HeaderValue::from_static(version()));
    if let Some(name) = app.served_by {
        headers.insert(SERVED_BY, name.clone());
    }
    if app.lifecycle.phase().closes_connections() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    observation.finish(reply.status(), error.as_ref());
    reply
}

/// What a request turned out to ask for.
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
    let progress = latest.map(Progress::new);
    if let Some(progress) = progress.clone().filter(|_| posts) {
        context.bring(progress);
    }
    let work = async {
        if allowed {
            handler(context).await
        } else {
            Err(Error::Forbidden)
        }
    };
    let (Some(latest), Some(progress)) = (latest, progress) else {
        return work.await;
    };
    app.metrics.counts.simulator_called();
    // Stored whatever becomes of the call, and before it is answered.
    let record = async {
        let act = Act::Nothing;
        let latest = Some(latest);
        app.shared.write(Write { act, latest }).await
    };
    if !posts {
        let (stored, outcome) = tokio::join!(record, work);
        stored?;
        return outcome;
    }
    // A handler that stores something stores the progress with it: no error after a write.
    let outcome = work.await;
    if !progress.is_taken() {
        record.await?;
    }
    outcome
}

fn address_length(head: &Parts) -> usize {
    let address = head.uri.path_and_query();
    address.map_or(0, |address| address.as_str().len())
}

/// What is asked of a browser before it changes something.
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

fn failure(error: &Error, kind: Kind, claim: Option<Claim>) -> Reply {
    let status = error.status();
    let text = error.to_string();
    let told = match kind {
        Kind::Page => pages::failure::page(status, &text, claim.map(|claim| claim.name)),
        Kind::Api => reply::json(&ApiError {
            status: status.as_u16(),
            error_msg: &text,
        }),
    };
    let mut reply =
        told.unwrap_or_else(|_| reply::with_type(text.into(), "text/plain; charset=utf-8"));
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
        // What is left of the request was not read.
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
