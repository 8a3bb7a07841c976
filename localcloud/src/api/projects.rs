//! `/v2/projects`

use super::app::App;
use super::error::ApiError;
use super::request::{Body, HandlerResult, Id, Listing, created, no_content, ok};
use super::shapes::time;
use crate::cloud::operations::projects::ProjectChange;
use crate::cloud::record::Record;
use crate::cloud::resources::projects::{Project, ProjectResource};
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Resources to move to a project.
#[derive(Debug, Deserialize)]
pub struct Resources {
    resources: Vec<String>,
}

/// A project's id, where `default` stands for the default project's.
fn resolve(record: &Record, id: &str) -> Result<Uuid, ApiError> {
    if id == "default" {
        return Ok(record.default_project());
    }
    id.parse().map_err(|_| ApiError::not_found())
}

fn view(record: &Record, project: &Project) -> Value {
    json!({
        "id": project.id,
        "owner_uuid": record.account,
        "owner_id": 1,
        "name": project.name,
        "description": project.description,
        "purpose": project.purpose,
        "environment": project.environment,
        "is_default": project.is_default,
        "created_at": time(project.created_at),
        "updated_at": time(project.updated_at),
    })
}

fn resource_view(resource: &ProjectResource, status: &str) -> Value {
    json!({
        "urn": resource.urn,
        "assigned_at": time(resource.assigned_at),
        "links": {"self": format!("https://api.digitalocean.com/v2/{}", resource.path)},
        "status": status,
    })
}

/// All projects.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let record = app.store.record();
    ok(
        listing.page("projects", record.projects.values(), |project| {
            view(&record, project)
        }),
    )
}

/// Makes a project.
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<ProjectChange>) -> HandlerResult {
    let id = app
        .store
        .change(|record| record.create_project(new))
        .await?;
    let record = app.store.record();
    created(json!({"project": view(&record, record.project(id)?)}))
}

/// One project.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<String>) -> HandlerResult {
    let record = app.store.record();
    let project = record.project(resolve(&record, &id)?)?;
    ok(json!({"project": view(&record, project)}))
}

/// Sets everything about a project; all of it must be given.
pub async fn replace(
    State(app): State<Arc<App>>,
    Id(id): Id<String>,
    Body(change): Body<ProjectChange>,
) -> HandlerResult {
    let ProjectChange {
        name,
        description,
        purpose,
        environment,
        is_default,
    } = &change;
    let texts = [name, description, purpose, environment];
    if texts.iter().any(|text| text.is_none()) || is_default.is_none() {
        return Err(ApiError::unprocessable(
            "name, description, purpose, environment and is_default must be given",
        ));
    }
    apply(&app, &id, change).await
}

/// Changes what is given.
pub async fn update(
    State(app): State<Arc<App>>,
    Id(id): Id<String>,
    Body(change): Body<ProjectChange>,
) -> HandlerResult {
    apply(&app, &id, change).await
}

async fn apply(app: &App, id: &str, change: ProjectChange) -> HandlerResult {
    let id = resolve(&app.store.record(), id)?;
    app.store
        .change(|record| record.update_project(id, change))
        .await?;
    let record = app.store.record();
    ok(json!({"project": view(&record, record.project(id)?)}))
}

/// Removes a project without resources.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<String>) -> HandlerResult {
    let id = resolve(&app.store.record(), &id)?;
    app.store.change(|record| record.delete_project(id)).await?;
    no_content()
}

/// What is in a project.
pub async fn resources(
    State(app): State<Arc<App>>,
    Id(id): Id<String>,
    listing: Listing,
) -> HandlerResult {
    let record = app.store.record();
    let id = resolve(&record, &id)?;
    record.project(id)?;
    let own = record
        .resources()
        .into_iter()
        .filter(|resource| resource.project == id);
    ok(listing.page("resources", own, |resource| resource_view(&resource, "ok")))
}

/// Moves resources to a project; one that does not exist is reported as such.
pub async fn assign(
    State(app): State<Arc<App>>,
    Id(id): Id<String>,
    Body(body): Body<Resources>,
) -> HandlerResult {
    let id = resolve(&app.store.record(), &id)?;
    let moved = app
        .store
        .change(|record| {
            let urns = body.resources.iter();
            urns.map(|urn| record.assign_resource(id, urn))
                .collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let outcomes = body
        .resources
        .iter()
        .zip(&moved)
        .map(|(urn, resource)| match resource {
            Some((resource, true)) => resource_view(resource, "already_assigned"),
            Some((resource, false)) => resource_view(resource, "assigned"),
            None => json!({"urn": urn, "assigned_at": null, "links": {}, "status": "not_found"}),
        });
    ok(
        json!({"resources": outcomes.collect::<Vec<Value>>(), "links": {}, "meta": {"total": moved.len()}}),
    )
}
