//! The DigitalOcean API v2: one table of routes, one file of handlers per noun.

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
use axum::routing::{get, post, put};
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
        .fallback_service(routes(app))
        .layer(map_request(arrival::prepare))
}

fn routes(app: Arc<App>) -> Router {
    Router::new()
        .merge(nouns())
        .merge(firewalls_and_projects())
        .merge(databases())
        .merge(names())
        .merge(watches())
        .merge(reserved("/v2/reserved_ips"))
        .merge(reserved("/v2/floating_ips"))
        .merge(control_surface())
        .fallback(unknown_path)
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&app), gate::check))
        .layer(from_fn(gate::log))
        .with_state(app)
}

fn nouns() -> Router<Arc<App>> {
    Router::new()
        .route("/v2/account", get(account::show))
        .route(
            "/v2/account/keys",
            get(ssh_keys::list).post(ssh_keys::create),
        )
        .route(
            "/v2/account/keys/{id}",
            get(ssh_keys::show)
                .put(ssh_keys::update)
                .delete(ssh_keys::delete),
        )
        .route("/v2/actions", get(actions::list))
        .route("/v2/actions/{id}", get(actions::show))
        .route("/v2/regions", get(catalogue::regions))
        .route("/v2/sizes", get(catalogue::sizes))
        .route("/v2/images", get(catalogue::images))
        .route("/v2/images/{id}", get(catalogue::image))
        .route("/v2/vpcs", get(vpcs::list).post(vpcs::create))
        .route(
            "/v2/vpcs/{id}",
            get(vpcs::show)
                .put(vpcs::replace)
                .patch(vpcs::update)
                .delete(vpcs::delete),
        )
        .route("/v2/vpcs/{id}/members", get(vpcs::members))
        .route("/v2/tags", get(tags::list).post(tags::create))
        .route("/v2/tags/{name}", get(tags::show).delete(tags::delete))
        .route(
            "/v2/tags/{name}/resources",
            post(tags::tag).delete(tags::untag),
        )
        .route(
            "/v2/droplets",
            get(droplets::list)
                .post(droplets::create)
                .delete(droplets::delete_tagged),
        )
        .route("/v2/droplets/actions", post(droplet_actions::create_tagged))
        .route(
            "/v2/droplets/{id}",
            get(droplets::show).delete(droplets::delete),
        )
        .route(
            "/v2/droplets/{id}/actions",
            get(droplet_actions::list).post(droplet_actions::create),
        )
        .route(
            "/v2/droplets/{id}/actions/{action}",
            get(droplet_actions::show),
        )
}

fn firewalls_and_projects() -> Router<Arc<App>> {
    Router::new()
        .route("/v2/droplets/{id}/firewalls", get(firewalls::of_droplet))
        .route(
            "/v2/firewalls",
            get(firewalls::list).post(firewalls::create),
        )
        .route(
            "/v2/firewalls/{id}",
            get(firewalls::show)
                .put(firewalls::replace)
                .delete(firewalls::delete),
        )
        .route(
            "/v2/firewalls/{id}/droplets",
            post(firewalls::add_droplets).delete(firewalls::remove_droplets),
        )
        .route(
            "/v2/firewalls/{id}/tags",
            post(firewalls::add_tags).delete(firewalls::remove_tags),
        )
        .route(
            "/v2/firewalls/{id}/rules",
            post(firewalls::add_rules).delete(firewalls::remove_rules),
        )
        .route("/v2/projects", get(projects::list).post(projects::create))
        .route(
            "/v2/projects/{id}",
            get(projects::show)
                .put(projects::replace)
                .patch(projects::update)
                .delete(projects::delete),
        )
        .route(
            "/v2/projects/{id}/resources",
            get(projects::resources).post(projects::assign),
        )
}

fn databases() -> Router<Arc<App>> {
    use database_contents as inside;
    Router::new()
        .route(
            "/v2/databases",
            get(databases::list).post(databases::create),
        )
        .route("/v2/databases/options", get(databases::options))
        .route(
            "/v2/databases/{id}",
            get(databases::show).delete(databases::delete),
        )
        .route("/v2/databases/{id}/resize", put(databases::resize))
        .route(
            "/v2/databases/{id}/maintenance",
            put(databases::maintenance),
        )
        .route("/v2/databases/{id}/ca", get(databases::ca))
        .route(
            "/v2/databases/{id}/dbs",
            get(inside::databases).post(inside::create_database),
        )
        .route(
            "/v2/databases/{id}/dbs/{name}",
            get(inside::database).delete(inside::delete_database),
        )
        .route(
            "/v2/databases/{id}/users",
            get(inside::users).post(inside::create_user),
        )
        .route(
            "/v2/databases/{id}/users/{name}",
            get(inside::user).delete(inside::delete_user),
        )
        .route(
            "/v2/databases/{id}/users/{name}/reset_auth",
            post(inside::reset_user),
        )
        .route(
            "/v2/databases/{id}/firewall",
            get(inside::rules).put(inside::set_rules),
        )
        .route(
            "/v2/databases/{id}/pools",
            get(database_pools::list).post(database_pools::create),
        )
        .route(
            "/v2/databases/{id}/pools/{name}",
            get(database_pools::show)
                .put(database_pools::update)
                .delete(database_pools::delete),
        )
        .route("/v2/databases/{id}/backups", get(database_pools::backups))
}

fn names() -> Router<Arc<App>> {
    Router::new()
        .route("/v2/domains", get(domains::list).post(domains::create))
        .route(
            "/v2/domains/{name}",
            get(domains::show).delete(domains::delete),
        )
        .route(
            "/v2/domains/{name}/records",
            get(domains::records).post(domains::create_record),
        )
        .route(
            "/v2/domains/{name}/records/{id}",
            get(domains::record)
                .put(domains::update_record)
                .patch(domains::update_record)
                .delete(domains::delete_record),
        )
}

fn watches() -> Router<Arc<App>> {
    Router::new()
        .route("/v2/uptime/checks", get(uptime::list).post(uptime::create))
        .route(
            "/v2/uptime/checks/{id}",
            get(uptime::show)
                .put(uptime::replace)
                .delete(uptime::delete),
        )
        .route("/v2/uptime/checks/{id}/state", get(uptime::state))
        .route(
            "/v2/uptime/checks/{id}/alerts",
            get(uptime::alerts).post(uptime::create_alert),
        )
        .route(
            "/v2/uptime/checks/{id}/alerts/{alert}",
            get(uptime::alert)
                .put(uptime::replace_alert)
                .delete(uptime::delete_alert),
        )
        .route(
            "/v2/monitoring/alerts",
            get(alert_policies::list).post(alert_policies::create),
        )
        .route(
            "/v2/monitoring/alerts/{id}",
            get(alert_policies::show)
                .put(alert_policies::replace)
                .delete(alert_policies::delete),
        )
}

fn reserved(root: &str) -> Router<Arc<App>> {
    Router::new()
        .route(root, get(reserved_ips::list).post(reserved_ips::create))
        .route(
            &format!("{root}/{{ip}}"),
            get(reserved_ips::show).delete(reserved_ips::delete),
        )
        .route(
            &format!("{root}/{{ip}}/actions"),
            get(reserved_ips::actions).post(reserved_ips::act),
        )
        .route(
            &format!("{root}/{{ip}}/actions/{{action}}"),
            get(reserved_ips::action),
        )
}

fn control_surface() -> Router<Arc<App>> {
    Router::new()
        .route("/_localcloud/status", get(control::status))
        .route("/_localcloud/tokens", post(control::create_token))
        .route(
            "/_localcloud/faults",
            get(faults::list)
                .post(faults::inject)
                .delete(faults::end_all),
        )
        .route(
            "/_localcloud/faults/{id}",
            axum::routing::delete(faults::end),
        )
        .route("/_localcloud/shutdown", post(control::shutdown))
}

async fn unknown_path(method: Method, uri: Uri) -> ApiError {
    eprintln!("no such path here: {method} {uri}");
    ApiError::not_found()
}
