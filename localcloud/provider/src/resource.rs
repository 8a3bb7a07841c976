//! One implementation of Terraform's resource protocol for every noun in the table.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use tf_provider::schema::Schema;
use tf_provider::{AttributePath, Diagnostics, Resource};

use crate::api::{Api, Error, wait};
use crate::compare::field;
use crate::connection::Connection;
use crate::steps::{Change, LIMIT, path_of};
use crate::table::{Create, Delete, Expected, Given, Noun};
use crate::value::{Object, Value};
use crate::{plan, schema, wire};

/// Longest wait for a deletion that the API puts off.
const DELETE_LIMIT: Duration = Duration::from_secs(3 * 60);

/// A resource type, and the way to the API.
pub struct NounResource {
    /// What it is.
    pub noun: &'static Noun,
    /// Where it lives.
    pub connection: Arc<Connection>,
}

impl NounResource {
    fn name<'a>(&self, state: &'a Object) -> String {
        let text = |name: &str| -> Option<&'a str> { field(state, name).text() };
        match text("name").or_else(|| text("id")) {
            Some(name) => format!("{} \"{name}\"", self.noun.label),
            None => self.noun.label.to_owned(),
        }
    }

    fn fail(&self, diags: &mut Diagnostics, verb: &str, state: &Object, error: &Error) {
        // A refused token or a wrong address is nobody's fault in particular.
        let text = match error {
            Error::Token | Error::Unreachable { .. } => error.to_string(),
            error => format!("could not {verb} the {}: {error}", self.name(state)),
        };
        diags.root_error_short(text);
    }

    /// The object as the API describes it.
    async fn get(&self, api: &Api, state: &Object) -> Result<Json, Error> {
        let path = path_of(self.noun.path, state);
        let answer = api.get(&path).await?;
        let mut object = unwrap(self.noun, answer);
        if let (Some(attribute), Json::Object(fields)) = (self.noun.members, &mut object) {
            fields.insert(attribute.to_owned(), members(api, &path).await?);
        }
        Ok(object)
    }

    /// The object once it is ready.
    async fn get_ready(&self, api: &Api, state: &Object) -> Result<Json, Error> {
        let what = format!("waiting for the {}", self.name(state));
        wait(LIMIT, &what, || async {
            match self.get(api, state).await {
                // What was just created may not be found yet.
                Err(Error::NotFound(_)) => Ok(None),
                Err(error) => Err(error),
                Ok(object) => Ok(is_ready(self.noun, &object).then_some(object)),
            }
        })
        .await
    }

    /// Creates the object; `state` gets its id as soon as it has one.
    async fn make(&self, api: &Api, state: &mut Object) -> Result<(), Error> {
        let body = wire::create_body(self.noun, state);
        let answer = match self.noun.create {
            Create::Post(path) => api.post(&path_of(path, state), &body).await?,
            Create::Put(path) => api.put(&path_of(path, state), &body).await?,
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
        self.change(api, None, Some(state)).await?;
        let object = self.get_ready(api, state).await?;
        *state = wire::settle(self.noun, state, &object);
        Ok(())
    }

    async fn alter(&self, api: &Api, prior: &Object, state: &mut Object) -> Result<(), Error> {
        self.change(api, Some(prior), Some(state)).await?;
        let object = self.get_ready(api, state).await?;
        *state = wire::settle(self.noun, state, &object);
        Ok(())
    }

    async fn remove(&self, api: &Api, state: &Object) -> Result<(), Error> {
        let path = path_of(self.noun.path, state);
        if matches!(self.noun.delete, Delete::CallAndWait) {
            self.unlocked(api, state).await?;
        }
        match self.change(api, Some(state), None).await {
            Ok(()) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        match self.noun.delete {
            Delete::Steps => return Ok(()),
            Delete::Empty(list) => {
                return match api.put(&path, &json!({list: []})).await {
                    Ok(_) | Err(Error::NotFound(_)) => Ok(()),
                    Err(error) => Err(error),
                };
            }
            Delete::Call | Delete::CallAndWait => {}
        }
        let what = format!("deleting the {}", self.name(state));
        let again = self.noun.delete_again_on;
        let refusal = std::sync::Mutex::new(None);
        let deleted = wait(DELETE_LIMIT, &what, || async {
            match api.delete(&path, None).await {
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
                match api.get(&path).await {
                    Err(Error::NotFound(_)) => Ok(Some(())),
                    result => result.map(|_| None),
                }
            })
            .await?;
        }
        Ok(())
    }

    /// Waits until no action holds the object.
    async fn unlocked(&self, api: &Api, state: &Object) -> Result<(), Error> {
        let what = format!("waiting for the {} to be unlocked", self.name(state));
        wait(DELETE_LIMIT, &what, || async {
            match self.get(api, state).await {
                Err(Error::NotFound(_)) => Ok(Some(())),
                Err(error) => Err(error),
                Ok(object) => Ok((object["locked"] != json!(true)).then_some(())),
            }
        })
        .await
    }

    async fn change(
        &self,
        api: &Api,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<(), Error> {
        let Some(state) = after.or(before) else {
            return Ok(());
        };
        let path = path_of(self.noun.path, state);
        let change = Change {
            api,
            noun: self.noun,
            path: &path,
            before,
            after,
        };
        change.run().await
    }
}

#[async_trait]
impl Resource for NounResource {
    type State<'a> = Value;
    type PrivateState<'a> = Value;
    type ProviderMetaState<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema::of(self.noun))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let Value::Object(config) = config else {
            return Some(());
        };
        for attribute in self.noun.attributes {
            let value = field(&config, attribute.name);
            if attribute.given == Given::Required && value.text() == Some("") {
                let text = format!("\"{}\" must not be empty", attribute.name);
                diags.error_short(text, AttributePath::new(attribute.name));
            }
        }
        Some(())
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: Value,
        private: Value,
        _meta: Value,
    ) -> Option<(Value, Value)> {
        let Value::Object(prior) = state else {
            return None;
        };
        let api = self.connection.api(diags);
        let answer = match api {
            Some(api) => self.get(&api, &prior).await,
            None => return Some((Value::Object(prior), private)),
        };
        match answer {
            Ok(object) => {
                let state = wire::read(self.noun, &prior, &object);
                Some((Value::Object(state), private))
            }
            Err(Error::NotFound(_)) => None,
            Err(error) => {
                self.fail(diags, "read", &prior, &error);
                Some((Value::Object(prior), private))
            }
        }
    }

    async fn plan_create<'a>(
        &self,
        _diags: &mut Diagnostics,
        _proposed: Value,
        config: Value,
        _meta: Value,
    ) -> Option<(Value, Value)> {
        let Value::Object(config) = config else {
            return None;
        };
        let state = plan::create(self.noun, &config);
        Some((Value::Object(state), Value::Null))
    }

    async fn plan_update<'a>(
        &self,
        _diags: &mut Diagnostics,
        prior: Value,
        _proposed: Value,
        config: Value,
        private: Value,
        _meta: Value,
    ) -> Option<(Value, Value, Vec<AttributePath>)> {
        let (Value::Object(prior), Value::Object(config)) = (prior, config) else {
            return None;
        };
        let plan = plan::update(self.noun, &prior, &config);
        let replaces = plan.replaces.into_iter().map(AttributePath::new).collect();
        Some((Value::Object(plan.state), private, replaces))
    }

    async fn plan_destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: Value,
        private: Value,
        _meta: Value,
    ) -> Option<Value> {
        Some(private)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: Value,
        _config: Value,
        private: Value,
        _meta: Value,
    ) -> Option<(Value, Value)> {
        let Value::Object(mut state) = planned else {
            return None;
        };
        let api = self.connection.api(diags)?;
        if let Err(error) = self.make(&api, &mut state).await {
            self.fail(diags, "create", &state, &error);
            // Without an id there is nothing that the state could know about.
            if *field(&state, "id") == Value::Unknown {
                return None;
            }
        }
        Some((Value::Object(state).known(), private))
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Value,
        planned: Value,
        _config: Value,
        private: Value,
        _meta: Value,
    ) -> Option<(Value, Value)> {
        let (Value::Object(prior), Value::Object(mut state)) = (prior, planned) else {
            return None;
        };
        let api = self.connection.api(diags)?;
        if let Err(error) = self.alter(&api, &prior, &mut state).await {
            self.fail(diags, "change", &state, &error);
            // The next refresh finds out how far it got.
            return Some((Value::Object(prior), private));
        }
        Some((Value::Object(state).known(), private))
    }

    async fn destroy<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: Value,
        _private: Value,
        _meta: Value,
    ) -> Option<()> {
        let Value::Object(state) = prior else {
            return None;
        };
        let api = self.connection.api(diags)?;
        if let Err(error) = self.remove(&api, &state).await {
            self.fail(diags, "delete", &state, &error);
        }
        Some(())
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
