//! `/v2/databases`: clusters

use super::app::App;
use super::error::ApiError;
use super::request::{Body, Caller, HandlerResult, Id, Listing, bare, created, no_content, ok};
use super::shapes::time;
use crate::cloud::operations::database_orders::{NewDatabase, Resize};
use crate::cloud::record::Record;
use crate::cloud::resources::catalogue::{DATABASE_SIZES, POSTGRES_VERSIONS, REGIONS};
use crate::cloud::resources::database_pools::DatabasePool;
use crate::cloud::resources::databases::{
    DEFAULT_DATABASE, DEFAULT_USER, Database, DatabaseUser, POOL_PORT, PORT,
};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::Arc;
use uuid::Uuid;

/// Scope without which passwords stay hidden.
const CREDENTIALS: &str = "database:view_credentials";

/// A user; the password only for those who may see it.
pub fn user_view(user: &DatabaseUser, caller: &Caller) -> Value {
    let role = if user.name == DEFAULT_USER {
        "primary"
    } else {
        "normal"
    };
    json!({"name": user.name, "role": role, "password": shown(&user.password, caller)})
}

fn shown<'a>(password: &'a str, caller: &Caller) -> &'a str {
    if caller.0.allows(CREDENTIALS) {
        password
    } else {
        ""
    }
}

fn connection(database: &Database, host: Ipv4Addr, caller: &Caller) -> Value {
    connection_to(
        database,
        DEFAULT_DATABASE,
        DEFAULT_USER,
        (host, PORT),
        caller,
    )
}

/// How to connect to a pool.
pub fn pool_connection(
    database: &Database,
    pool: &DatabasePool,
    host: Ipv4Addr,
    caller: &Caller,
) -> Value {
    let user = pool.user.as_deref().unwrap_or(DEFAULT_USER);
    connection_to(database, &pool.name, user, (host, POOL_PORT), caller)
}

fn connection_to(
    database: &Database,
    name: &str,
    user: &str,
    (host, port): (Ipv4Addr, u16),
    caller: &Caller,
) -> Value {
    let password = database.user(user).map_or("", |user| &user.password);
    let password = shown(password, caller);
    json!({
        "protocol": "postgresql",
        "uri": format!("postgresql://{user}:{password}@{host}:{port}/{name}?sslmode=require"),
        "database": name,
        "host": host,
        "port": port,
        "user": user,
        "password": password,
        "ssl": true,
    })
}

fn view(record: &Record, database: &Database, caller: &Caller) -> Value {
    let users: Vec<Value> = database
        .users
        .iter()
        .map(|user| user_view(user, caller))
        .collect();
    json!({
        "id": database.id,
        "name": database.name,
        "engine": "pg",
        "version": database.version,
        "num_nodes": database.num_nodes,
        "size": database.size,
        "storage_size_mib": database.storage_mib,
        "region": database.region,
        "status": database.status,
        "created_at": time(database.created_at),
        "private_network_uuid": database.vpc,
        "tags": database.tags,
        "db_names": database.databases,
        "users": users,
        "connection": connection(database, database.public, caller),
        "private_connection": connection(database, database.private, caller),
        "maintenance_window": {
            "day": database.maintenance.day,
            "hour": database.maintenance.hour,
            "pending": false,
        },
        "project_id": record.project_of(&format!("do:dbaas:{}", database.id)),
    })
}

/// All clusters, or those with a tag.
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    let live = record
        .databases
        .values()
        .filter(|database| !database.destroying);
    let tag = listing.get("tag_name");
    let wanted = live.filter(|database| tag.is_none_or(|tag| database.tags.contains(tag)));
    ok(listing.page("databases", wanted, |database| {
        view(&record, database, &caller)
    }))
}

/// Orders a cluster.
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Body(new): Body<NewDatabase>,
) -> HandlerResult {
    let id = app
        .store
        .change(|record| record.create_database(&new))
        .await?;
    let record = app.store.record();
    created(json!({"database": view(&record, record.database(id)?, &caller)}))
}

/// One cluster.
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id<Uuid>,
) -> HandlerResult {
    let record = app.store.record();
    ok(json!({"database": view(&record, record.database(id)?, &caller)}))
}

/// Deletes a cluster.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store
        .change(|record| record.delete_database(id))
        .await?;
    no_content()
}

/// Changes a cluster's size.
pub async fn resize(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(new): Body<Resize>,
) -> HandlerResult {
    app.store
        .change(|record| record.resize_database(id, &new))
        .await?;
    bare(StatusCode::ACCEPTED)
}

/// The CA that a cluster's certificate chains to.
pub async fn ca(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store.record().database(id)?;
    let machine = Arc::clone(&app.machine);
    let pem = tokio::task::spawn_blocking(move || machine.database_ca());
    let pem = pem.await.map_err(anyhow::Error::from).and_then(|pem| pem);
    let pem = pem.map_err(|error| ApiError::internal(&error))?;
    ok(json!({"ca": {"certificate": STANDARD.encode(pem)}}))
}

/// What can be ordered.
pub async fn options() -> HandlerResult {
    let regions: Vec<&str> = REGIONS.iter().map(|region| region.slug).collect();
    let layouts = (1..=3).map(|nodes| {
        let fit = DATABASE_SIZES
            .iter()
            .filter(|size| nodes == 1 || size.memory >= 2048);
        json!({"num_nodes": nodes, "sizes": fit.map(|size| size.slug).collect::<Vec<&str>>()})
    });
    let layouts: Vec<Value> = layouts.collect();
    ok(json!({"options": {"pg": {
        "regions": regions,
        "versions": POSTGRES_VERSIONS,
        "layouts": layouts,
        "default_version": "15",
    }}}))
}
