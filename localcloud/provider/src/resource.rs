//! One implementation of Terraform's resource protocol for every resource type in the table.

use std::sync::Arc;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{AttributePath, Diagnostics, Resource};

use crate::compare::field;
use crate::connection::Clients;
use crate::connection::Connection;
use crate::error::Error;
use crate::lifecycle::{Objects, name_of};
use crate::resource_type::ResourceType;
use crate::table::Given;
use crate::value::{Object, Value};
use crate::{plan, report, response, schema};

/// A resource type, and the account that has its objects.
pub struct TableResource {
    /// The resource type.
    pub resource_type: &'static ResourceType,
    /// The provider's connection.
    pub connection: Arc<Connection>,
}

impl TableResource {
    fn fail(&self, diags: &mut Diagnostics, verb: &str, state: &Object, error: &Error) {
        // A refused token or a wrong address does not concern this object in particular.
        let text = match error {
            Error::Token | Error::Unreachable { .. } => error.to_string(),
            error => {
                let name = name_of(self.resource_type, state);
                format!("could not {verb} the {name}: {error}")
            }
        };
        report::error(diags, text);
    }

    fn objects<'a>(&self, clients: &'a Clients) -> Objects<'a> {
        let resource_type = self.resource_type;
        Objects {
            resource_type,
            clients,
        }
    }
}

#[async_trait]
impl Resource for TableResource {
    type State<'a> = Value;
    type PrivateState<'a> = Value;
    type ProviderMetaState<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema::of(self.resource_type))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Value) -> Option<()> {
        let Value::Object(config) = config else {
            return Some(());
        };
        for attribute in self.resource_type.attributes {
            let value = field(&config, attribute.name);
            if attribute.given == Given::Required && value.text() == Some("") {
                let text = format!("\"{}\" must not be empty", attribute.name);
                report::error_at(diags, text, attribute.name);
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
        let clients = self.connection.clients(diags);
        let answer = match clients {
            Some(clients) => self.objects(&clients).get(&prior).await,
            None => return Some((Value::Object(prior), private)),
        };
        match answer {
            Ok(object) => {
                let state = response::read(self.resource_type, &prior, &object);
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
        let state = plan::create(self.resource_type, &config);
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
        let plan = plan::update(self.resource_type, &prior, &config);
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
        let clients = self.connection.clients(diags)?;
        if let Err(error) = self.objects(&clients).create(&mut state).await {
            self.fail(diags, "create", &state, &error);
            // Without an id the state has nothing to record.
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
        let clients = self.connection.clients(diags)?;
        if let Err(error) = self.objects(&clients).update(&prior, &mut state).await {
            self.fail(diags, "change", &state, &error);
            // The next refresh reads how far the change got.
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
        let clients = self.connection.clients(diags)?;
        if let Err(error) = self.objects(&clients).delete(&state).await {
            self.fail(diags, "delete", &state, &error);
        }
        Some(())
    }
}
