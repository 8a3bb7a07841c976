//! The provider's configuration, and the clients that are made from it.

use std::collections::HashMap;
use std::env;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tf_provider::Diagnostics;
use tf_provider::schema::{Attribute, AttributeConstraint, Block, Description, Schema};

use crate::api::{Api, Retries};
use crate::compare::field;
use crate::error::Error;
use crate::report;
use crate::schema;
use crate::spaces::Spaces;
use crate::table::Kind;
use crate::value::{Object, Value};

/// The clients of one account.
#[derive(Debug)]
pub struct Clients {
    /// Of the API.
    pub api: Api,
    /// Of Spaces.
    pub spaces: Spaces,
}

/// The clients, once Terraform has configured the provider.
#[derive(Default)]
pub struct Connection(RwLock<Option<Arc<Clients>>>);

/// The provider's attributes, with the environment variables that replace them.
const ATTRIBUTES: [(&str, Kind, &[&str]); 8] = [
    (
        "token",
        Kind::Text,
        &["DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"],
    ),
    ("api_endpoint", Kind::Text, &["DIGITALOCEAN_API_URL"]),
    ("spaces_access_id", Kind::Text, &["SPACES_ACCESS_KEY_ID"]),
    (
        "spaces_secret_key",
        Kind::Text,
        &["SPACES_SECRET_ACCESS_KEY"],
    ),
    ("spaces_endpoint", Kind::Text, &["SPACES_ENDPOINT_URL"]),
    (
        "http_retry_max",
        Kind::Number,
        &["DIGITALOCEAN_HTTP_RETRY_MAX"],
    ),
    (
        "http_retry_wait_min",
        Kind::Number,
        &["DIGITALOCEAN_HTTP_RETRY_WAIT_MIN"],
    ),
    (
        "http_retry_wait_max",
        Kind::Number,
        &["DIGITALOCEAN_HTTP_RETRY_WAIT_MAX"],
    ),
];

/// Default address of the API.
const PUBLIC_API: &str = "https://api.digitalocean.com";
/// Default address of Spaces.
const PUBLIC_SPACES: &str = "https://{{.Region}}.digitaloceanspaces.com";

impl Connection {
    /// The clients; reports an error if there are none.
    pub fn clients(&self, diags: &mut Diagnostics) -> Option<Arc<Clients>> {
        let clients = self.0.read().ok().and_then(|clients| clients.clone());
        if clients.is_none() {
            report::error(diags, "the provider is not configured");
        }
        clients
    }

    /// Makes the clients from the configuration and the environment, and tries them: a wrong token or address is
    /// then one error, and not one for each resource.
    pub async fn open(&self, config: &Object) -> Result<(), String> {
        let setting = |wanted: &str| setting(config, wanted);
        let token = setting("token")
            .ok_or("there is no token for DigitalOcean's API: set DIGITALOCEAN_TOKEN")?;
        let base = setting("api_endpoint").unwrap_or_else(|| PUBLIC_API.to_owned());
        let mut retries = Retries::default();
        if let Some(max) = number("http_retry_max", setting("http_retry_max"))? {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked"
            )]
            let max = max as u32;
            retries.max = max;
        }
        if let Some(wait) = number("http_retry_wait_min", setting("http_retry_wait_min"))? {
            retries.wait_min = Duration::from_secs_f64(wait);
        }
        if let Some(wait) = number("http_retry_wait_max", setting("http_retry_wait_max"))? {
            retries.wait_max = Duration::from_secs_f64(wait);
        }
        let endpoint = setting("spaces_endpoint").unwrap_or_else(|| PUBLIC_SPACES.to_owned());
        let key = setting("spaces_access_id").zip(setting("spaces_secret_key"));
        let spaces = Spaces::new(&endpoint, key).map_err(|error| error.to_string())?;
        let api = Api::new(&base, &token, retries).map_err(|error| error.to_string())?;
        // Other refusals are ignored: a token without the scope for the account may be sufficient for the resources.
        let probe = api.get("/v2/account").await;
        if let Err(error @ (Error::Token | Error::Unreachable { .. })) = probe {
            return Err(error.to_string());
        }
        if let Ok(mut slot) = self.0.write() {
            *slot = Some(Arc::new(Clients { api, spaces }));
        }
        Ok(())
    }
}

/// The schema of the provider's configuration.
pub fn provider_schema() -> Schema {
    let attributes: HashMap<String, Attribute> = ATTRIBUTES
        .iter()
        .map(|(name, kind, _)| {
            let mut attribute = schema::attribute(*kind, AttributeConstraint::Optional);
            attribute.sensitive = matches!(*name, "token" | "spaces_secret_key");
            ((*name).to_owned(), attribute)
        })
        .collect();
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes,
            description: Description::plain("DigitalOcean, or an API like its own."),
            ..Block::default()
        },
    }
}

/// The value in the configuration, or else in the environment.
fn setting(config: &Object, wanted: &str) -> Option<String> {
    match field(config, wanted) {
        Value::Text(text) if !text.is_empty() => return Some(text.clone()),
        Value::Number(number) => return Some(number.to_string()),
        _ => {}
    }
    let (_, _, variables) = ATTRIBUTES.iter().find(|(name, _, _)| *name == wanted)?;
    let mut values = variables.iter().filter_map(|name| env::var(name).ok());
    values.find(|value| !value.is_empty())
}

fn number(name: &str, text: Option<String>) -> Result<Option<f64>, String> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<f64>() {
        Ok(number) if (0.0..=3600.0).contains(&number) => Ok(Some(number)),
        _ => Err(format!(
            "{name} must be a number from 0 to 3600, and is \"{text}\""
        )),
    }
}
