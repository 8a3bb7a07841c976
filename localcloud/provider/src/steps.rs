//! The calls that change an existing object from one state to another, step by step.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::api::{Api, segment, wait};
use crate::compare::{field, same, same_blocks};
use crate::error::Error;
use crate::request::change_body;
use crate::resource_type::{ResourceType, Step};
use crate::template::fill;
use crate::value::{Object, Value};

/// Longest wait for a change to take effect.
pub const LIMIT: Duration = Duration::from_mins(30);

/// A change of an object from one state to another.
pub struct Change<'a> {
    /// The API that has it.
    pub api: &'a Api,
    /// Its resource type.
    pub resource_type: &'a ResourceType,
    /// Its path.
    pub path: &'a str,
    /// Its state before; `None` while it is being created.
    pub before: Option<&'a Object>,
    /// Its state after; `None` while it is being destroyed.
    pub after: Option<&'a Object>,
}

impl Change<'_> {
    /// Makes all calls that this change needs.
    pub async fn run(&self) -> Result<(), Error> {
        for step in self.resource_type.steps {
            self.step(step).await?;
        }
        Ok(())
    }

    async fn step(&self, step: &Step) -> Result<(), Error> {
        match step {
            Step::Assign => return self.assign().await,
            Step::Members(project) => return self.members(project).await,
            _ => {}
        }
        // The rest was sent in the body of the creation, and a deletion need not undo it.
        let (Some(before), Some(after)) = (self.before, self.after) else {
            return Ok(());
        };
        match step {
            Step::Put if self.put_changes() => {
                let body = change_body(self.resource_type, after);
                self.api.put(self.path, &body).await?;
            }
            Step::PutPart(part, fields) if fields.iter().any(|(name, _)| self.changes(name)) => {
                let body: serde_json::Map<_, _> = fields
                    .iter()
                    .map(|(name, key)| ((*key).to_owned(), Json::from(field(after, name))))
                    .collect();
                let path = format!("{}/{part}", self.path);
                self.api.put(&path, &body.into()).await?;
            }
            Step::Tags(kind) if self.changes("tags") => {
                let (off, on) = difference(field(before, "tags"), field(after, "tags"));
                self.tag(kind, off, on).await?;
            }
            Step::Rename if self.changes("name") => {
                let body = json!({"type": "rename", "name": Json::from(field(after, "name"))});
                self.api.act(self.path, &body, LIMIT).await?;
            }
            Step::Resize if self.changes("size") => self.resize(after).await?,
            _ => {}
        }
        Ok(())
    }

    /// `true` if the attribute changes to another known value.
    fn changes(&self, name: &str) -> bool {
        let attribute = self
            .resource_type
            .attributes
            .iter()
            .find(|each| each.name == name);
        let before = self.before.map_or(&Value::Null, |state| field(state, name));
        let after = self.after.map_or(&Value::Null, |state| field(state, name));
        *after != Value::Unknown && attribute.is_some_and(|each| !same(each, before, after))
    }

    fn put_changes(&self) -> bool {
        let (Some(before), Some(after)) = (self.before, self.after) else {
            return false;
        };
        let mut attributes = self.resource_type.attributes.iter();
        let mut blocks = self.resource_type.blocks.iter();
        attributes.any(|each| each.sent.is_some() && self.changes(each.name))
            || blocks
                .any(|each| !same_blocks(each, field(before, each.name), field(after, each.name)))
    }

    async fn resize(&self, after: &Object) -> Result<(), Error> {
        let off = json!({"type": "power_off"});
        match self.api.act(self.path, &off, LIMIT).await {
            // The droplet was off already.
            Err(Error::Refused { status, .. }) if status.as_u16() == 422 => {}
            result => result?,
        }
        let resize = json!({
            "type": "resize",
            "size": Json::from(field(after, "size")),
            "disk": Json::from(field(after, "resize_disk")),
        });
        let resized = self.api.act(self.path, &resize, LIMIT).await;
        let on = json!({"type": "power_on"});
        self.api.act(self.path, &on, LIMIT).await?;
        resized
    }

    async fn tag(&self, kind: &str, off: Vec<String>, on: Vec<String>) -> Result<(), Error> {
        let id = self.path.rsplit('/').next().unwrap_or_default();
        let resources = json!({"resources": [{"resource_id": id, "resource_type": kind}]});
        for tag in off {
            let path = format!("/v2/tags/{}/resources", segment(&tag));
            self.api.delete(&path, Some(&resources)).await?;
        }
        for tag in on {
            self.api.post("/v2/tags", &json!({"name": tag})).await?;
            let path = format!("/v2/tags/{}/resources", segment(&tag));
            self.api.post(&path, &resources).await?;
        }
        Ok(())
    }

    async fn assign(&self) -> Result<(), Error> {
        if !self.changes("droplet_id") {
            return Ok(());
        }
        let droplet = self
            .after
            .map_or(&Value::Null, |state| field(state, "droplet_id"));
        if droplet.is_null() {
            let unassign = json!({"type": "unassign"});
            return match self.api.act(self.path, &unassign, LIMIT).await {
                // It was moved or unassigned by someone else.
                Err(Error::Refused { status, .. }) if status.as_u16() == 422 => Ok(()),
                result => result,
            };
        }
        let droplet = Json::from(droplet);
        self.idle(&droplet).await?;
        let assign = json!({"type": "assign", "droplet_id": droplet});
        self.api.act(self.path, &assign, LIMIT).await
    }

    /// Waits until no action of the droplet is in progress: the API would refuse another one.
    async fn idle(&self, droplet: &Json) -> Result<(), Error> {
        let path = format!("/v2/droplets/{droplet}/actions?per_page=50");
        wait(LIMIT, "an action of the droplet", || async {
            let answer = self.api.get(&path).await?;
            let mut actions = answer["actions"].as_array().into_iter().flatten();
            let busy = actions.any(|action| action["status"] == "in-progress");
            Ok((!busy).then_some(()))
        })
        .await
    }

    async fn members(&self, project: &str) -> Result<(), Error> {
        if !self.changes("resources") {
            return Ok(());
        }
        let null = Value::Null;
        let before = self.before.map_or(&null, |state| field(state, "resources"));
        let after = self.after.map_or(&null, |state| field(state, "resources"));
        let (out, into) = difference(before, after);
        if !out.is_empty() {
            let answer = self.api.get("/v2/projects/default").await?;
            let Some(id) = answer["project"]["id"].as_str() else {
                return Err(Error::Answer("GET /v2/projects/default".to_owned()));
            };
            let path = format!("/v2/projects/{id}/resources");
            self.api.post(&path, &json!({"resources": out})).await?;
        }
        if !into.is_empty() {
            let project = path_of(project, self.after.unwrap_or(&Object::new()));
            let path = format!("{project}/resources");
            self.api.post(&path, &json!({"resources": into})).await?;
        }
        Ok(())
    }
}

/// The items that are in `before` only, and those that are in `after` only.
fn difference(before: &Value, after: &Value) -> (Vec<String>, Vec<String>) {
    let only = |these: &Value, those: &Value| {
        let mine = these
            .items()
            .iter()
            .filter(|item| !those.items().contains(item));
        mine.filter_map(Value::text).map(str::to_owned).collect()
    };
    (only(before, after), only(after, before))
}

/// The path of a template for the object in this state.
pub fn path_of(template: &str, state: &Object) -> String {
    fill(template, |key| field(state, key).text().map(segment))
}
