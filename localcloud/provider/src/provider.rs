//! The provider as Terraform sees it: its configuration, its resource types and its data source.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{Diagnostics, DynamicDataSource, DynamicResource, Provider};

use crate::certificate::DatabaseCa;
use crate::connection::{Connection, provider_schema};
use crate::report;
use crate::resource::TableResource;
use crate::resource_types::RESOURCE_TYPES;
use crate::value::{Object, Value};

/// The provider.
#[derive(Default)]
pub struct DigitalOcean {
    connection: Arc<Connection>,
}

#[async_trait]
impl Provider for DigitalOcean {
    type Config<'a> = Value;
    type MetaState<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(provider_schema())
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
        let resources = RESOURCE_TYPES.iter().map(|resource_type| {
            let connection = Arc::clone(&self.connection);
            let resource: Box<dyn DynamicResource> = Box::new(TableResource {
                resource_type,
                connection,
            });
            (resource_type.name.to_owned(), resource)
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
