//! One object at the API: created, read, updated, deleted.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::api::{Api, wait};
use crate::bucket::Bucket;
use crate::compare::field;
use crate::connection::Clients;
use crate::error::Error;
use crate::request::create_body;
use crate::resource_type::{Backend, Create, Delete, Expected, ResourceType};
use crate::response;
use crate::steps::{Change, LIMIT, path_of};
use crate::table::Source;
use crate::template::fill;
use crate::value::{Object, Value};

/// Longest wait for a deletion that the API refuses for the moment.
const DELETE_LIMIT: Duration = Duration::from_mins(3);
/// How long an object that was just created may not be found.
const APPEAR_LIMIT: Duration = Duration::from_mins(2);

/// A resource type at an API.
pub struct Objects<'a> {
    /// What they are.
    pub resource_type: &'static ResourceType,
    /// The account that has them.
    pub clients: &'a Clients,
}

impl Objects<'_> {
    /// The object as the API describes it.
    pub async fn get(&self, state: &Object) -> Result<Json, Error> {
        if self.resource_type.backend == Backend::Spaces {
            return Bucket::of(&self.clients.spaces, state).read(state).await;
        }
        let path = path_of(self.resource_type.path, state);
        let answer = self.clients.api.get(&path).await?;
        let mut object = unwrap(self.resource_type, answer);
        add_path_attributes(self.resource_type, state, &mut object);
        if let (Some(attribute), Json::Object(fields)) = (self.resource_type.members, &mut object) {
            fields.insert(
                attribute.to_owned(),
                members(&self.clients.api, &path).await?,
            );
        }
        Ok(object)
    }

    /// The object once it is ready.
    async fn get_ready(&self, state: &Object) -> Result<Json, Error> {
        let what = format!("waiting for the {}", name_of(self.resource_type, state));
        let start = Instant::now();
        wait(LIMIT, &what, || async {
            match self.get(state).await {
                Err(Error::NotFound(_)) if start.elapsed() < APPEAR_LIMIT => Ok(None),
                Err(error) => Err(error),
                Ok(object) => Ok(is_ready(self.resource_type, &object).then_some(object)),
            }
        })
        .await
    }

    /// Creates the object; `state` gets its id as soon as it has one.
    pub async fn create(&self, state: &mut Object) -> Result<(), Error> {
        let body = create_body(self.resource_type, state);
        if self.resource_type.backend == Backend::Spaces {
            Bucket::of(&self.clients.spaces, state)
                .create(&body)
                .await?;
        }
        let answer = match self.resource_type.create {
            Create::Post(path) => {
                let path = path_of(path, state);
                let answer = self.clients.api.post(&path, &body).await?;
                if answer[self.resource_type.envelope].is_null() {
                    return Err(Error::Answer(format!("POST {path}")));
                }
                answer
            }
            Create::Put(path) => self.clients.api.put(&path_of(path, state), &body).await?,
            Create::Steps => json!(null),
        };
        let first = unwrap(self.resource_type, answer);
        let id = make_id(self.resource_type, &first, state);
        state.insert("id".to_owned(), Value::Text(id));
        // Some values are in the first answer only.
        let known = response::after_apply(self.resource_type, state, &first);
        for attribute in self
            .resource_type
            .attributes
            .iter()
            .filter(|each| each.keep_if_absent)
        {
            let value = field(&known, attribute.name).clone();
            if !value.is_zero() {
                state.insert(attribute.name.to_owned(), value);
            }
        }
        self.change(None, Some(state)).await?;
        let object = self.get_ready(state).await?;
        *state = response::after_apply(self.resource_type, state, &object);
        Ok(())
    }

    /// Changes the object from `prior` to `state`; `state` then has the values that the API reports.
    pub async fn update(&self, prior: &Object, state: &mut Object) -> Result<(), Error> {
        if self.resource_type.backend == Backend::Spaces {
            let body = create_body(self.resource_type, state);
            Bucket::of(&self.clients.spaces, state)
                .configure(&body, true)
                .await?;
        }
        self.change(Some(prior), Some(state)).await?;
        let object = self.get_ready(state).await?;
        *state = response::after_apply(self.resource_type, state, &object);
        Ok(())
    }

    /// Deletes the object; one that does not exist counts as deleted.
    pub async fn delete(&self, state: &Object) -> Result<(), Error> {
        if self.resource_type.backend == Backend::Spaces {
            return Bucket::of(&self.clients.spaces, state).delete(state).await;
        }
        let path = path_of(self.resource_type.path, state);
        if matches!(self.resource_type.delete, Delete::CallAndWait) {
            self.wait_until_unlocked(state).await?;
        }
        match self.change(Some(state), None).await {
            Ok(()) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        match self.resource_type.delete {
            Delete::Steps => return Ok(()),
            Delete::Empty(list) => {
                return match self.clients.api.put(&path, &json!({list: []})).await {
                    Ok(_) | Err(Error::NotFound(_)) => Ok(()),
                    Err(error) => Err(error),
                };
            }
            Delete::Call | Delete::CallAndWait => {}
        }
        let what = format!("deleting the {}", name_of(self.resource_type, state));
        let again = self.resource_type.delete_again_on;
        let refusal = Mutex::new(None);
        let deleted = wait(DELETE_LIMIT, &what, || async {
            match self.clients.api.delete(&path, None).await {
                Err(error) if error.status().is_some_and(|status| again.contains(&status)) => {
                    if let Ok(mut last) = refusal.lock() {
                        *last = Some(error);
                    }
                    Ok(None)
                }
                result => result.map(Some),
            }
        })
        .await;
        // The API's refusal is more useful than "took too long".
        match (deleted, refusal.into_inner()) {
            (Err(Error::TooLong { .. }), Ok(Some(error))) => return Err(error),
            (result, _) => result?,
        }
        if matches!(self.resource_type.delete, Delete::CallAndWait) {
            wait(DELETE_LIMIT, &what, || async {
                match self.clients.api.get(&path).await {
                    Err(Error::NotFound(_)) => Ok(Some(())),
                    result => result.map(|_| None),
                }
            })
            .await?;
        }
        Ok(())
    }

    /// Waits until no action locks the object.
    async fn wait_until_unlocked(&self, state: &Object) -> Result<(), Error> {
        let what = format!(
            "waiting for the {} to be unlocked",
            name_of(self.resource_type, state)
        );
        wait(DELETE_LIMIT, &what, || async {
            match self.get(state).await {
                Err(Error::NotFound(_)) => Ok(Some(())),
                Err(error) => Err(error),
                Ok(object) => Ok((object["locked"] != json!(true)).then_some(())),
            }
        })
        .await
    }

    async fn change(&self, before: Option<&Object>, after: Option<&Object>) -> Result<(), Error> {
        let Some(state) = after.or(before) else {
            return Ok(());
        };
        let path = path_of(self.resource_type.path, state);
        let change = Change {
            api: &self.clients.api,
            resource_type: self.resource_type,
            path: &path,
            before,
            after,
        };
        change.run().await
    }
}

/// The object's name in messages.
pub fn name_of(resource_type: &ResourceType, state: &Object) -> String {
    let text = |name: &str| field(state, name).text();
    match text("name").or_else(|| text("id")) {
        Some(name) => format!("{} \"{name}\"", resource_type.label),
        None => resource_type.label.to_owned(),
    }
}

/// Adds to an object the attributes of its path, which the API's response does not contain.
fn add_path_attributes(resource_type: &ResourceType, state: &Object, object: &mut Json) {
    let Json::Object(fields) = object else { return };
    for attribute in resource_type.attributes {
        let in_path = resource_type
            .path
            .contains(&format!("{{{}}}", attribute.name));
        if in_path
            && attribute.source == Some(Source::Nowhere)
            && !fields.contains_key(attribute.name)
        {
            fields.insert(
                attribute.name.to_owned(),
                field(state, attribute.name).into(),
            );
        }
    }
}

/// The object inside an answer's envelope.
fn unwrap(resource_type: &ResourceType, mut answer: Json) -> Json {
    match resource_type.envelope {
        "" => answer,
        envelope => answer[envelope].take(),
    }
}

fn is_ready(resource_type: &ResourceType, object: &Json) -> bool {
    resource_type.ready.iter().all(|(pointer, expected)| {
        let value = object.pointer(pointer).unwrap_or(&Json::Null);
        match expected {
            Expected::Text(text) => value == text,
            Expected::Flag(flag) => value == flag,
        }
    })
}

fn make_id(resource_type: &ResourceType, object: &Json, state: &Object) -> String {
    fill(resource_type.id, |key| match (key, &object[key]) {
        ("unique", _) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .map(|now| now.as_nanos().to_string()),
        (_, Json::String(text)) => Some(text.clone()),
        (_, Json::Number(number)) => Some(number.to_string()),
        _ => field(state, key).text().map(str::to_owned),
    })
}

/// The URNs of all members of the project at this path.
async fn members(api: &Api, path: &str) -> Result<Json, Error> {
    let mut urns = Vec::new();
    for page in 1.. {
        let path = format!("{path}/resources?page={page}&per_page=200");
        let mut answer = api.get(&path).await?;
        let resources = answer["resources"].as_array_mut();
        urns.extend(
            resources
                .into_iter()
                .flatten()
                .map(|each| each["urn"].take()),
        );
        if answer.pointer("/links/pages/next").is_none() {
            break;
        }
    }
    Ok(Json::Array(urns))
}
