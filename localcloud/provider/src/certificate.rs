//! The data source `digitalocean_database_ca`: the certificate that a cluster's own chains to.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tf_provider::schema::{AttributeConstraint, Block, Description, Schema};
use tf_provider::{DataSource, Diagnostics};

use crate::api::segment;
use crate::compare::field;
use crate::connection::Connection;
use crate::error::Error;
use crate::report;
use crate::schema::attribute;
use crate::table::Kind;
use crate::value::Value;

/// The data source, and the account that has the cluster.
pub struct DatabaseCa {
    /// The provider's connection.
    pub connection: Arc<Connection>,
}

#[async_trait]
impl DataSource for DatabaseCa {
    type State<'a> = Value;
    type ProviderMetaState<'a> = Value;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        let attributes = [
            ("id", AttributeConstraint::Computed),
            ("cluster_id", AttributeConstraint::Required),
            ("certificate", AttributeConstraint::Computed),
        ];
        Some(Schema {
            version: 0,
            block: Block {
                version: 0,
                attributes: attributes
                    .into_iter()
                    .map(|(name, given)| (name.to_owned(), attribute(Kind::Text, given)))
                    .collect(),
                description: Description::plain("The CA of a database cluster."),
                ..Block::default()
            },
        })
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        config: Value,
        _meta: Value,
    ) -> Option<Value> {
        let Value::Object(mut state) = config else {
            return None;
        };
        let cluster = field(&state, "cluster_id").text()?.to_owned();
        let clients = self.connection.clients(diags)?;
        let path = format!("/v2/databases/{}/ca", segment(&cluster));
        let certificate = clients.api.get(&path).await.and_then(|answer| {
            let encoded = answer["ca"]["certificate"].as_str().unwrap_or_default();
            let bytes = STANDARD.decode(encoded).ok();
            bytes
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .filter(|text| !text.is_empty())
                .ok_or_else(|| Error::Answer(format!("GET {path}")))
        });
        match certificate {
            Ok(certificate) => {
                state.insert("id".to_owned(), Value::Text(cluster));
                state.insert("certificate".to_owned(), Value::Text(certificate));
                Some(Value::Object(state))
            }
            Err(error) => {
                report::error(
                    diags,
                    format!("could not read the CA of the database cluster {cluster}: {error}"),
                );
                None
            }
        }
    }
}
