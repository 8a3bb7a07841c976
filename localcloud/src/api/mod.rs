//! The DigitalOcean API v2: one table of routes ([`routes`]), one file of handlers per noun.

mod account;
mod actions;
mod alert_policies;
mod arrival;
mod catalogue;
mod control;
mod database_contents;
mod database_pools;
mod databases;
mod domains;
mod droplet_actions;
mod droplets;
mod error;
mod faults;
mod firewalls;
mod gate;
pub mod limits;
mod projects;
mod request;
mod reserved_ips;
pub mod routes;
mod shapes;
mod ssh_keys;
mod tags;
mod uptime;
mod vpcs;

use crate::cloud::store::Store;
use crate::fault::Breaker;
use crate::plane::Plane;
use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use error::ApiError;
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
    pub plane: Arc<Plane>,
    /// Breaks things on demand.
    pub breaker: Arc<Breaker>,
    /// Rate limits.
    pub limits: Limits,
    /// Tells the daemon to end.
    pub shutdown: Notify,
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

async fn unknown_path(method: Method, uri: Uri) -> ApiError {
    eprintln!("no such path here: {method} {uri}");
    ApiError::not_found()
}
