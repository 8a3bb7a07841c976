//! `/v2/databases/{id}/pools` and `/backups`

use super::app::App;
use super::databases::pool_connection;
use super::request::{Body, Caller, HandlerResult, Id, Ids, created, no_content, ok};
use crate::cloud::operations::database_pools::PoolChange;
use crate::cloud::resources::database_pools::DatabasePool;
use crate::cloud::resources::databases::Database;
use axum::Extension;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

fn view(database: &Database, pool: &DatabasePool, caller: &Caller) -> Value {
    json!({
        "name": pool.name,
        "mode": pool.mode,
        "size": pool.size,
        "db": pool.db,
        "user": pool.user,
        "connection": pool_connection(database, pool, database.public, caller),
        "private_connection": pool_connection(database, pool, database.private, caller),
    })
}

/// All pools of a cluster.
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id<Uuid>,
) -> HandlerResult {
    let record = app.store.record();
    let database = record.database(id)?;
    let pools = database.pools.iter();
    let pools: Vec<Value> = pools.map(|pool| view(database, pool, &caller)).collect();
    ok(json!({"pools": pools}))
}

/// Makes a pool.
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id<Uuid>,
    Body(new): Body<DatabasePool>,
) -> HandlerResult {
    let name = new.name.clone();
    app.store
        .change(|record| record.create_pool(id, new))
        .await?;
    let record = app.store.record();
    let database = record.database(id)?;
    created(json!({"pool": view(database, database.pool(&name)?, &caller)}))
}

/// One pool.
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Ids(id, name): Ids<Uuid, String>,
) -> HandlerResult {
    let record = app.store.record();
    let database = record.database(id)?;
    ok(json!({"pool": view(database, database.pool(&name)?, &caller)}))
}

/// Changes a pool.
pub async fn update(
    State(app): State<Arc<App>>,
    Ids(id, name): Ids<Uuid, String>,
    Body(change): Body<PoolChange>,
) -> HandlerResult {
    app.store
        .change(|record| record.update_pool(id, &name, change))
        .await?;
    no_content()
}

/// Removes a pool.
pub async fn delete(
    State(app): State<Arc<App>>,
    Ids(id, name): Ids<Uuid, String>,
) -> HandlerResult {
    app.store
        .change(|record| record.delete_pool(id, &name))
        .await?;
    no_content()
}

/// A cluster's backups: none, as none are made.
pub async fn backups(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store.record().database(id)?;
    ok(json!({"backups": []}))
}
