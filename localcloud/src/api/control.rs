//! `/_localcloud/`: localcloud's own control surface, for tokens that are administrators'

use super::app::App;
use super::error::ApiError;
use super::request::{Body, HandlerResult, accepted, created};
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A token to make.
#[derive(Debug, Deserialize)]
pub struct NewToken {
    name: String,
    scopes: BTreeSet<String>,
}

/// Makes a token with the given scopes.
pub async fn create_token(State(app): State<Arc<App>>, Body(new): Body<NewToken>) -> HandlerResult {
    let known = |scope: &String| {
        let parts = scope.split_once(':');
        scope == crate::cloud::resources::tokens::ADMIN
            || parts
                .is_some_and(|(resource_type, verb)| !resource_type.is_empty() && !verb.is_empty())
    };
    if let Some(odd) = new.scopes.iter().find(|scope| !known(scope)) {
        return Err(ApiError::unprocessable(format!(
            "{odd:?} is not a scope; one is like droplet:read"
        )));
    }
    let (name, scopes) = (new.name.clone(), new.scopes.clone());
    let token = app
        .store
        .change(|record| Ok(record.create_token(name, scopes)))
        .await?;
    created(json!({"token": token, "name": new.name, "scopes": new.scopes}))
}

/// Ends the daemon and all that it runs.
pub async fn shutdown(State(app): State<Arc<App>>) -> HandlerResult {
    app.shutdown.notify_one();
    accepted(json!({"message": "shutting down"}))
}
