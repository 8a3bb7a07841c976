//! The table of routes: which method of which path goes to which handler.

use super::app::App;
use super::{
    account, actions, alert_policies, associated, catalogue, certificates, control,
    database_contents, database_maintenance, database_pools, databases, domains, droplet_actions,
    droplet_parts, droplets, events, faults, firewalls, images, projects, reserved_ips,
    spaces_keys, ssh_keys, status, tags, uptime, vpcs,
};
use axum::Router;
use axum::routing::{MethodFilter, MethodRouter};
use std::sync::Arc;

/// One line for each path: `"/path" METHOD handler, METHOD handler;`.
macro_rules! routes {
    ($($path:literal $($method:ident $handler:path),+;)+) => {
        /// Every path pattern and its methods.
        pub const ROUTES: &[(&str, &[&str])] = &[$(($path, &[$(stringify!($method)),+])),+];

        /// A router with all of [`ROUTES`].
        pub fn table() -> Router<Arc<App>> {
            Router::new()$(.route(
                $path,
                MethodRouter::new()$(.on(MethodFilter::$method, $handler))+,
            ))+
        }
    };
}

routes! {
    "/v2/account" GET account::show;
    "/v2/account/keys" GET ssh_keys::list, POST ssh_keys::create;
    "/v2/account/keys/{id}" GET ssh_keys::show, PUT ssh_keys::update, DELETE ssh_keys::delete;
    "/v2/actions" GET actions::list;
    "/v2/actions/{id}" GET actions::show;
    "/v2/regions" GET catalogue::regions;
    "/v2/sizes" GET catalogue::sizes;
    "/v2/images" GET images::list;
    "/v2/images/{id}" GET images::show, PUT images::update, DELETE images::delete;
    "/v2/snapshots" GET images::snapshots;
    "/v2/snapshots/{id}" GET images::show_snapshot, DELETE images::delete_snapshot;
    "/v2/certificates" GET certificates::list, POST certificates::create;
    "/v2/certificates/{id}" GET certificates::show, DELETE certificates::delete;
    "/v2/tags" GET tags::list, POST tags::create;
    "/v2/tags/{name}" GET tags::show, DELETE tags::delete;
    "/v2/tags/{name}/resources" POST tags::set_resources, DELETE tags::set_resources;

    "/v2/droplets" GET droplets::list, POST droplets::create, DELETE droplets::delete_tagged;
    "/v2/droplets/actions" POST droplet_actions::create_tagged;
    "/v2/droplets/{id}" GET droplets::show, DELETE droplets::delete;
    "/v2/droplets/{id}/actions" GET droplet_actions::list, POST droplet_actions::create;
    "/v2/droplets/{id}/actions/{action}" GET droplet_actions::show;
    "/v2/droplets/{id}/firewalls" GET firewalls::of_droplet;
    "/v2/droplets/{id}/snapshots" GET droplet_parts::snapshots;
    "/v2/droplets/{id}/backups" GET droplet_parts::backups;
    "/v2/droplets/{id}/backups/policy" GET droplet_parts::backup_policy_of;
    "/v2/droplets/backups/policies" GET droplet_parts::backup_policies;
    "/v2/droplets/backups/supported_policies" GET droplet_parts::supported_policies;
    "/v2/droplets/{id}/kernels" GET droplet_parts::kernels;
    "/v2/droplets/{id}/neighbors" GET droplet_parts::neighbors;
    "/v2/droplets/{id}/destroy_with_associated_resources" GET associated::list;
    "/v2/droplets/{id}/destroy_with_associated_resources/selective" DELETE associated::selective;
    "/v2/droplets/{id}/destroy_with_associated_resources/dangerous" DELETE associated::dangerous;
    "/v2/droplets/{id}/destroy_with_associated_resources/status" GET associated::status;
    "/v2/droplets/{id}/destroy_with_associated_resources/retry" POST associated::retry;
    "/v2/reports/droplet_neighbors_ids" GET droplet_parts::all_neighbors;

    "/v2/vpcs" GET vpcs::list, POST vpcs::create;
    "/v2/vpcs/{id}" GET vpcs::show, PUT vpcs::replace, PATCH vpcs::update, DELETE vpcs::delete;
    "/v2/vpcs/{id}/members" GET vpcs::members;
    "/v2/firewalls" GET firewalls::list, POST firewalls::create;
    "/v2/firewalls/{id}" GET firewalls::show, PUT firewalls::replace, DELETE firewalls::delete;
    "/v2/firewalls/{id}/droplets" POST firewalls::add_droplets, DELETE firewalls::remove_droplets;
    "/v2/firewalls/{id}/tags" POST firewalls::add_tags, DELETE firewalls::remove_tags;
    "/v2/firewalls/{id}/rules" POST firewalls::add_rules, DELETE firewalls::remove_rules;

    "/v2/reserved_ips" GET reserved_ips::list, POST reserved_ips::create;
    "/v2/reserved_ips/{ip}" GET reserved_ips::show, DELETE reserved_ips::delete;
    "/v2/reserved_ips/{ip}/actions" GET reserved_ips::actions, POST reserved_ips::act;
    "/v2/reserved_ips/{ip}/actions/{action}" GET reserved_ips::action;
    "/v2/floating_ips" GET reserved_ips::list, POST reserved_ips::create;
    "/v2/floating_ips/{ip}" GET reserved_ips::show, DELETE reserved_ips::delete;
    "/v2/floating_ips/{ip}/actions" GET reserved_ips::actions, POST reserved_ips::act;
    "/v2/floating_ips/{ip}/actions/{action}" GET reserved_ips::action;

    "/v2/projects" GET projects::list, POST projects::create;
    "/v2/projects/{id}" GET projects::show, PUT projects::replace, PATCH projects::update, DELETE projects::delete;
    "/v2/projects/{id}/resources" GET projects::resources, POST projects::assign;

    "/v2/databases" GET databases::list, POST databases::create;
    "/v2/databases/options" GET databases::options;
    "/v2/databases/{id}" GET databases::show, DELETE databases::delete;
    "/v2/databases/{id}/resize" PUT databases::resize;
    "/v2/databases/{id}/maintenance" PUT database_maintenance::maintenance;
    "/v2/databases/{id}/install_update" PUT database_maintenance::install_update;
    "/v2/databases/{id}/upgrade" PUT database_maintenance::upgrade;
    "/v2/databases/{id}/migrate" PUT database_maintenance::migrate;
    "/v2/databases/{id}/config" GET database_maintenance::config, PATCH database_maintenance::configure;
    "/v2/databases/{id}/events" GET database_maintenance::events;
    "/v2/databases/{id}/replicas" GET database_maintenance::replicas, POST database_maintenance::create_replica;
    "/v2/databases/{id}/replicas/{name}" GET database_maintenance::replica, DELETE database_maintenance::replica;
    "/v2/databases/{id}/replicas/{name}/promote" PUT database_maintenance::replica;
    "/v2/databases/{id}/eviction_policy" GET database_maintenance::of_other_engines, PUT database_maintenance::of_other_engines;
    "/v2/databases/{id}/sql_mode" GET database_maintenance::of_other_engines, PUT database_maintenance::of_other_engines;
    "/v2/databases/{id}/topics" GET database_maintenance::of_other_engines, POST database_maintenance::of_other_engines;
    "/v2/databases/{id}/indexes" GET database_maintenance::of_other_engines;
    "/v2/databases/{id}/ca" GET databases::ca;
    "/v2/databases/{id}/dbs" GET database_contents::databases, POST database_contents::create_database;
    "/v2/databases/{id}/dbs/{name}" GET database_contents::database, DELETE database_contents::delete_database;
    "/v2/databases/{id}/users" GET database_contents::users, POST database_contents::create_user;
    "/v2/databases/{id}/users/{name}" GET database_contents::user, DELETE database_contents::delete_user;
    "/v2/databases/{id}/users/{name}/reset_auth" POST database_contents::reset_user;
    "/v2/databases/{id}/firewall" GET database_contents::rules, PUT database_contents::set_rules;
    "/v2/databases/{id}/pools" GET database_pools::list, POST database_pools::create;
    "/v2/databases/{id}/pools/{name}" GET database_pools::show, PUT database_pools::update, DELETE database_pools::delete;
    "/v2/databases/{id}/backups" GET database_pools::backups;

    "/v2/domains" GET domains::list, POST domains::create;
    "/v2/domains/{name}" GET domains::show, DELETE domains::delete;
    "/v2/domains/{name}/records" GET domains::records, POST domains::create_record;
    "/v2/domains/{name}/records/{id}" GET domains::record, PUT domains::update_record, PATCH domains::update_record, DELETE domains::delete_record;

    "/v2/uptime/checks" GET uptime::list, POST uptime::create;
    "/v2/uptime/checks/{id}" GET uptime::show, PUT uptime::replace, DELETE uptime::delete;
    "/v2/uptime/checks/{id}/state" GET uptime::state;
    "/v2/uptime/checks/{id}/alerts" GET uptime::alerts, POST uptime::create_alert;
    "/v2/uptime/checks/{id}/alerts/{alert}" GET uptime::alert, PUT uptime::replace_alert, DELETE uptime::delete_alert;
    "/v2/monitoring/alerts" GET alert_policies::list, POST alert_policies::create;
    "/v2/monitoring/alerts/{id}" GET alert_policies::show, PUT alert_policies::replace, DELETE alert_policies::delete;

    "/v2/spaces/keys" GET spaces_keys::list, POST spaces_keys::create;
    "/v2/spaces/keys/{id}" GET spaces_keys::show, PUT spaces_keys::update, PATCH spaces_keys::update, DELETE spaces_keys::delete;

    "/_localcloud/status" GET status::show;
    "/_localcloud/events" GET events::list;
    "/_localcloud/tokens" POST control::create_token;
    "/_localcloud/droplets/{id}/backups" POST droplet_parts::back_up;
    "/_localcloud/faults" GET faults::list, POST faults::inject, DELETE faults::end_all;
    "/_localcloud/faults/{id}" DELETE faults::end;
    "/_localcloud/shutdown" POST control::shutdown;
}
