//! `/v2/databases/{id}/dbs`, `/users` and `/firewall`: what is inside a cluster

use super::app::App;
use super::databases::user_view;
use super::error::ApiError;
use super::request::{Body, Caller, HandlerResult, Id, Ids, created, no_content, ok};
use super::shapes::time;
use crate::cloud::operations::database_contents::NewDatabaseRule;
use crate::cloud::resources::databases::DatabaseRule;
use axum::Extension;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long an answer waits for the server to follow a change.
const GRACE: Duration = Duration::from_secs(20);

/// Something that has a name only.
#[derive(Debug, Deserialize)]
pub struct Named {
    name: String,
}

/// Trusted sources.
#[derive(Debug, Deserialize)]
pub struct Rules {
    rules: Vec<NewDatabaseRule>,
}

/// Waits until the cluster's server has followed the change to `revision`.
async fn followed(app: &App, cluster: Uuid, revision: u64) -> Result<(), ApiError> {
    let mut records = app.store.watch();
    let there = records.wait_for(|record| {
        let database = record.databases.get(&cluster);
        database.is_none_or(|database| database.synced >= revision)
    });
    match tokio::time::timeout(GRACE, there).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(ApiError::internal(&anyhow::anyhow!(
            "database cluster {cluster} has not followed its change to revision {revision}"
        ))),
    }
}

/// All databases of a cluster.
pub async fn databases(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    let record = app.store.record();
    let names = record.database(id)?.databases.iter();
    let dbs: Vec<Value> = names.map(|name| json!({"name": name})).collect();
    ok(json!({"dbs": dbs}))
}

/// Makes a database.
pub async fn create_database(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(new): Body<Named>,
) -> HandlerResult {
    let revision = app
        .store
        .change(|record| record.create_database_in(id, &new.name))
        .await?;
    followed(&app, id, revision).await?;
    created(json!({"db": {"name": new.name}}))
}

/// One database.
pub async fn database(
    State(app): State<Arc<App>>,
    Ids(id, name): Ids<Uuid, String>,
) -> HandlerResult {
    let record = app.store.record();
    let known = record.database(id)?.databases.contains(&name);
    if known {
        ok(json!({"db": {"name": name}}))
    } else {
        Err(ApiError::not_found())
    }
}

/// Removes a database.
pub async fn delete_database(
    State(app): State<Arc<App>>,
    Ids(id, name): Ids<Uuid, String>,
) -> HandlerResult {
    let revision = app
        .store
        .change(|record| record.delete_database_in(id, &name))
        .await?;
    followed(&app, id, revision).await?;
    no_content()
}

/// All users of a cluster.
pub async fn users(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id<Uuid>,
) -> HandlerResult {
    let record = app.store.record();
    let users = record.database(id)?.users.iter();
    ok(json!({"users": users.map(|user| user_view(user, &caller)).collect::<Vec<Value>>()}))
}

/// Makes a user, with a password.
pub async fn create_user(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id<Uuid>,
    Body(new): Body<Named>,
) -> HandlerResult {
    let revision = app
        .store
        .change(|record| record.create_user(id, &new.name))
        .await?;
    followed(&app, id, revision).await?;
    created(user_answer(&app, id, &new.name, &caller)?)
}

/// One user.
pub async fn user(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Ids(id, name): Ids<Uuid, String>,
) -> HandlerResult {
    ok(user_answer(&app, id, &name, &caller)?)
}

/// Gives a user a new password.
pub async fn reset_user(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Ids(id, name): Ids<Uuid, String>,
) -> HandlerResult {
    let revision = app
        .store
        .change(|record| record.reset_user(id, &name))
        .await?;
    followed(&app, id, revision).await?;
    ok(user_answer(&app, id, &name, &caller)?)
}

/// Removes a user.
pub async fn delete_user(
    State(app): State<Arc<App>>,
    Ids(id, name): Ids<Uuid, String>,
) -> HandlerResult {
    let revision = app
        .store
        .change(|record| record.delete_user(id, &name))
        .await?;
    followed(&app, id, revision).await?;
    no_content()
}

fn user_answer(app: &App, id: Uuid, name: &str, caller: &Caller) -> Result<Value, ApiError> {
    let record = app.store.record();
    let user = record.database(id)?.user(name)?;
    Ok(json!({"user": user_view(user, caller)}))
}

/// A cluster's trusted sources.
pub async fn rules(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    let record = app.store.record();
    let rule = |rule: &DatabaseRule| {
        json!({
            "uuid": rule.uuid,
            "cluster_uuid": id,
            "type": rule.r#type,
            "value": rule.value,
            "created_at": time(rule.created_at),
        })
    };
    let rules: Vec<Value> = record.database(id)?.rules.iter().map(rule).collect();
    ok(json!({"rules": rules}))
}

/// Replaces a cluster's trusted sources.
pub async fn set_rules(
    State(app): State<Arc<App>>,
    Id(id): Id<Uuid>,
    Body(body): Body<Rules>,
) -> HandlerResult {
    app.store
        .change(|record| record.set_database_rules(id, &body.rules))
        .await?;
    no_content()
}
