//! Stand-in for Terraform's DigitalOcean provider where Terraform's registry can't be reached.
//!
//! It speaks Terraform's plugin protocol for the resource types in [`nouns`], with the names,
//! types and behaviour of the real provider, and calls the same API.

mod api;
mod bucket;
mod certificate;
mod compare;
mod connection;
mod lifecycle;
mod noun;
mod nouns;
mod plan;
mod report;
mod resource;
mod schema;
mod spaces;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod value;
mod wire;

use std::collections::HashMap;
use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{Diagnostics, DynamicDataSource, DynamicResource, Provider};

use crate::certificate::DatabaseCa;
use crate::connection::Connection;
use crate::nouns::NOUNS;
use crate::resource::NounResource;
use crate::value::{Object, Value};

#[derive(Default)]
struct DigitalOcean {
    connection: Arc<Connection>,
}

#[async_trait]
impl Provider for DigitalOcean {
    type Config<'a> = Value;
    type MetaState<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(connection::provider_schema())
    }

    async fn configure<'a>(
        &self,
        diags: &mut Diagnostics,
        _terraform_version: String,
        config: Value,
    ) -> Option<()> {
        let config = match config {
            Value::Object(config) => config,
            _ => Object::new(),
        };
        if let Err(message) = self.connection.open(&config).await {
            report::error(diags, message);
        }
        Some(())
    }

    fn get_resources(
        &self,
        _diags: &mut Diagnostics,
    ) -> Option<HashMap<String, Box<dyn DynamicResource>>> {
        let resources = NOUNS.iter().map(|noun| {
            let connection = Arc::clone(&self.connection);
            let resource: Box<dyn DynamicResource> = Box::new(NounResource { noun, connection });
            (noun.name.to_owned(), resource)
        });
        Some(resources.collect())
    }

    fn get_data_sources(
        &self,
        _diags: &mut Diagnostics,
    ) -> Option<HashMap<String, Box<dyn DynamicDataSource>>> {
        let connection = Arc::clone(&self.connection);
        let source: Box<dyn DynamicDataSource> = Box::new(DatabaseCa { connection });
        Some(HashMap::from([("database_ca".to_owned(), source)]))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    // Terraform sets this for every plugin that it starts.
    if env::var_os("TF_PLUGIN_MAGIC_COOKIE").is_none() {
        eprintln!(
            "This is a provider for Terraform, which starts it by itself: name its folder in the \
             dev_overrides of a Terraform CLI configuration."
        );
        return ExitCode::FAILURE;
    }
    match tf_provider::serve("digitalocean", DigitalOcean::default()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the provider stopped: {error:#}");
            ExitCode::FAILURE
        }
    }
}
