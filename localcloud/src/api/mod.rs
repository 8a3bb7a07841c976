//! The DigitalOcean API v2: one table of routes ([`routes`]), one file of handlers per noun.

mod account;
mod actions;
mod alert_policies;
mod arrival;
mod associated;
mod catalogue;
mod certificates;
mod control;
mod database_contents;
mod database_pools;
mod database_upkeep;
mod databases;
mod domains;
mod droplet_actions;
mod droplet_parts;
mod droplets;
mod error;
mod events;
mod faults;
mod firewalls;
mod gate;
mod images;
pub mod limits;
mod projects;
mod request;
mod reserved_ips;
pub mod routes;
mod scopes;
mod shapes;
mod spaces_keys;
mod ssh_keys;
mod status;
mod tags;
mod uptime;
mod vpcs;

use crate::cloud::Record;
use crate::cloud::actions::Action;
use crate::cloud::store::Store;
use crate::fault::Breaker;
use crate::journal::Draft;
use crate::machine::Machine;
use axum::Router;
use axum::extract::State;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use error::ApiError;
use jiff::Timestamp;
use limits::Limits;
use std::sync::Arc;
use tokio::sync::Notify;

/// What handlers work with.
#[derive(Debug)]
pub struct App {
    /// The cloud's name.
    pub name: String,
    /// The record.
    pub store: Arc<Store>,
    /// The machine, to ask how things really are; changes to it are the jobs'.
    pub machine: Arc<Machine>,
    /// Breaks things on demand.
    pub breaker: Arc<Breaker>,
    /// Rate limits.
    pub limits: Limits,
    /// Tells the daemon to end.
    pub shutdown: Notify,
}

impl App {
    /// An action that may be seen already.
    ///
    /// # Errors
    /// When there is none, or a fault still hides it.
    fn action<'a>(&self, record: &'a Record, id: u64) -> Result<&'a Action, ApiError> {
        let action = record.action(id)?;
        let age = Timestamp::now().duration_since(action.started_at);
        if age.unsigned_abs() < self.breaker.faults().actions_unknown_for() {
            return Err(ApiError::not_found());
        }
        Ok(action)
    }
}

/// All routes, each with or without a closing slash.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .fallback_service(guarded(app))
        .layer(map_request(arrival::prepare))
}

fn guarded(app: Arc<App>) -> Router {
    routes::table()
        .fallback(unknown_path)
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&app), gate::check))
        .layer(from_fn(gate::log))
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
