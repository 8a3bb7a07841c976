//! An object's life at the API: it is made, looked at, altered and removed.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::api::{Api, Error, wait};
use crate::bucket::Bucket;
use crate::compare::field;
use crate::steps::{Change, LIMIT, path_of};
use crate::table::{Create, Delete, Expected, Home, Noun, Source};
use crate::value::{Object, Value};
use crate::wire;

/// Longest wait for a deletion that the API puts off.
const DELETE_LIMIT: Duration = Duration::from_mins(3);
/// How long an object that was just created may not be found.
const APPEAR_LIMIT: Duration = Duration::from_mins(2);

/// A resource type at an API.
pub struct Objects<'a> {
    /// What they are.
    pub noun: &'static Noun,
    /// Where they live.
    pub api: &'a Api,
}

impl Objects<'_> {
    /// The object as the API describes it.
    pub async fn get(&self, state: &Object) -> Result<Json, Error> {
        if self.noun.home == Home::Spaces {
            return Bucket::of(self.api, state)?.read(state).await;
        }
        let path = path_of(self.noun.path, state);
        let answer = self.api.get(&path).await?;
        let mut object = unwrap(self.noun, answer);
        place(self.noun, state, &mut object);
        if let (Some(attribute), Json::Object(fields)) = (self.noun.members, &mut object) {
            fields.insert(attribute.to_owned(), members(self.api, &path).await?);
        }
        Ok(object)
    }

    /// The object once it is ready.
    async fn get_ready(&self, state: &Object) -> Result<Json, Error> {
        let what = format!("waiting for the {}", name_of(self.noun, state));
        let start = Instant::now();
        wait(LIMIT, &what, || async {
            match self.get(state).await {
                Err(Error::NotFound(_)) if start.elapsed() < APPEAR_LIMIT => Ok(None),
                Err(error) => Err(error),
                Ok(object) => Ok(is_ready(self.noun, &object).then_some(object)),
            }
        })
        .await
    }

    /// Creates the object; `state` gets its id as soon as it has one.
    pub async fn make(&self, state: &mut Object) -> Result<(), Error> {
        let body = wire::create_body(self.noun, state);
        if self.noun.home == Home::Spaces {
            Bucket::of(self.api, state)?.create(&body).await?;
        }
        let answer = match self.noun.create {
            Create::Post(path) => {
                let path = path_of(path, state);
                let answer = self.api.post(&path, &body).await?;
                if answer[self.noun.envelope].is_null() {
                    return Err(Error::Answer(format!("POST {path}")));
                }
                answer
            }
            Create::Put(path) => self.api.put(&path_of(path, state), &body).await?,
            Create::Steps => json!(null),
        };
        let first = unwrap(self.noun, answer);
        let id = make_id(self.noun, &first, state);
        state.insert("id".to_owned(), Value::Text(id));
        // Some values are in the first answer only.
        let settled = wire::settle(self.noun, state, &first);
        for attribute in self.noun.attributes.iter().filter(|each| each.kept) {
            let value = field(&settled, attribute.name).clone();
            if !value.is_zero() {
                state.insert(attribute.name.to_owned(), value);
            }
        }
        self.change(None, Some(state)).await?;
        let object = self.get_ready(state).await?;
        *state = wire::settle(self.noun, state, &object);
        Ok(())
    }

    /// Brings the object from `prior` to `state`, and `state` to what came of it.
    pub async fn alter(&self, prior: &Object, state: &mut Object) -> Result<(), Error> {
        if self.noun.home == Home::Spaces {
            let body = wire::create_body(self.noun, state);
            Bucket::of(self.api, state)?.set_up(&body, true).await?;
        }
        self.change(Some(prior), Some(state)).await?;
        let object = self.get_ready(state).await?;
        *state = wire::settle(self.noun, state, &object);
        Ok(())
    }

    /// Removes the object; what does not exist counts as removed.
    pub async fn remove(&self, state: &Object) -> Result<(), Error> {
        if self.noun.home == Home::Spaces {
            return Bucket::of(self.api, state)?.delete(state).await;
        }
        let path = path_of(self.noun.path, state);
        if matches!(self.noun.delete, Delete::CallAndWait) {
            self.unlocked(state).await?;
        }
        match self.change(Some(state), None).await {
            Ok(()) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        match self.noun.delete {
            Delete::Steps => return Ok(()),
            Delete::Empty(list) => {
                return match self.api.put(&path, &json!({list: []})).await {
                    Ok(_) | Err(Error::NotFound(_)) => Ok(()),
                    Err(error) => Err(error),
                };
            }
            Delete::Call | Delete::CallAndWait => {}
        }
        let what = format!("deleting the {}", name_of(self.noun, state));
        let again = self.noun.delete_again_on;
        let refusal = Mutex::new(None);
        let deleted = wait(DELETE_LIMIT, &what, || async {
            match self.api.delete(&path, None).await {
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
        // What the API said says more than that it took too long.
        match (deleted, refusal.into_inner()) {
            (Err(Error::TooLong { .. }), Ok(Some(error))) => return Err(error),
            (result, _) => result?,
        }
        if matches!(self.noun.delete, Delete::CallAndWait) {
            wait(DELETE_LIMIT, &what, || async {
                match self.api.get(&path).await {
                    Err(Error::NotFound(_)) => Ok(Some(())),
                    result => result.map(|_| None),
                }
            })
            .await?;
        }
        Ok(())
    }

    /// Waits until no action holds the object.
    async fn unlocked(&self, state: &Object) -> Result<(), Error> {
        let what = format!(
            "waiting for the {} to be unlocked",
            name_of(self.noun, state)
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
        let path = path_of(self.noun.path, state);
        let change = Change {
            api: self.api,
            noun: self.noun,
            path: &path,
            before,
            after,
        };
        change.run().await
    }
}

/// What people call the object in this state.
pub fn name_of(noun: &Noun, state: &Object) -> String {
    let text = |name: &str| field(state, name).text();
    match text("name").or_else(|| text("id")) {
        Some(name) => format!("{} \"{name}\"", noun.label),
        None => noun.label.to_owned(),
    }
}

/// Adds to an object what it is reached by: its path has it, and its answer does not.
fn place(noun: &Noun, state: &Object, object: &mut Json) {
    let Json::Object(fields) = object else { return };
    for attribute in noun.attributes {
        let way = noun.path.contains(&format!("{{{}}}", attribute.name));
        if way && attribute.source == Some(Source::Nowhere) && !fields.contains_key(attribute.name)
        {
            fields.insert(
                attribute.name.to_owned(),
                field(state, attribute.name).into(),
            );
        }
    }
}

/// The object inside an answer's envelope.
fn unwrap(noun: &Noun, mut answer: Json) -> Json {
    match noun.envelope {
        "" => answer,
        envelope => answer[envelope].take(),
    }
}

fn is_ready(noun: &Noun, object: &Json) -> bool {
    noun.ready.iter().all(|(pointer, expected)| {
        let value = object.pointer(pointer).unwrap_or(&Json::Null);
        match expected {
            Expected::Text(text) => value == text,
            Expected::Flag(flag) => value == flag,
        }
    })
}

fn make_id(noun: &Noun, object: &Json, state: &Object) -> String {
    wire::fill(noun.id, |key| match (key, &object[key]) {
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
