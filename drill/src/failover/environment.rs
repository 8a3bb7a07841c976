//! The environment under drill, from what `terraform output -json` prints.

use crate::error::Error;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

/// What Terraform made.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The address that users know.
    pub live_ip: IpAddr,
    /// The app droplets, by name.
    pub droplets: Vec<Droplet>,
    /// Where the apps reach their database, if the description says so.
    pub database_host: Option<String>,
}

/// One app droplet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Droplet {
    /// Its name.
    pub name: String,
    /// The API's number for it.
    pub id: u64,
    /// Where sshd listens.
    pub public_ip: IpAddr,
    /// Its address in the VPC.
    pub private_ip: IpAddr,
}

#[derive(Deserialize)]
struct Outputs {
    live_ip: Output<IpAddr>,
    droplets: Output<BTreeMap<String, Addresses>>,
    database: Option<Output<Database>>,
}

#[derive(Deserialize)]
struct Database {
    host: String,
}

#[derive(Deserialize)]
struct Output<T> {
    value: T,
}

#[derive(Deserialize)]
struct Addresses {
    #[serde(deserialize_with = "number_or_text")]
    id: u64,
    public_ip: IpAddr,
    private_ip: IpAddr,
}

/// Terraform's provider has droplet ids as text, the API as numbers.
fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(u64),
        Text(String),
    }
    match Id::deserialize(deserializer)? {
        Id::Number(number) => Ok(number),
        Id::Text(text) => text
            .parse()
            .map_err(|_| serde::de::Error::custom(format!("the droplet id {text:?} is no number"))),
    }
}

impl Environment {
    /// Reads the description.
    ///
    /// # Errors
    /// If the file can't be read, isn't such a description, or has fewer than two droplets.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            what: "the environment, as `terraform output -json` prints it",
            source,
        })?;
        Self::parse(&bytes).map_err(|problem| Error::BadFile {
            path: path.to_owned(),
            problem: format!("{problem}; write it anew with `terraform output -json`"),
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let outputs: Outputs = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let droplets: Vec<Droplet> = outputs
            .droplets
            .value
            .into_iter()
            .map(|(name, addresses)| Droplet {
                name,
                id: addresses.id,
                public_ip: addresses.public_ip,
                private_ip: addresses.private_ip,
            })
            .collect();
        if droplets.len() < 2 {
            return Err(format!(
                "{} droplets, but a failover takes two",
                droplets.len()
            ));
        }
        Ok(Self {
            live_ip: outputs.live_ip.value,
            droplets,
            database_host: outputs.database.map(|database| database.value.host),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terraform_outputs_are_read_with_ids_as_text_or_number() {
        let environment = Environment::parse(
            br#"{
              "live_ip": {"sensitive": false, "type": "string", "value": "198.18.1.1"},
              "stage_ip": {"value": "198.18.1.2"},
              "droplets": {"value": {
                "a": {"id": "11", "public_ip": "198.18.0.1", "private_ip": "10.10.0.2"},
                "b": {"id": 12, "public_ip": "198.18.0.2", "private_ip": "10.10.0.3"}
              }}
            }"#,
        )
        .unwrap();
        assert_eq!(environment.live_ip.to_string(), "198.18.1.1");
        let ids: Vec<u64> = environment
            .droplets
            .iter()
            .map(|droplet| droplet.id)
            .collect();
        assert_eq!(ids, [11, 12]);
        assert_eq!(environment.droplets[1].name, "b");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (json, about) in [
            ("{}", "live_ip"),
            ("no", "expected"),
            (
                r#"{"live_ip":{"value":"198.18.1.1"},"droplets":{"value":{}}}"#,
                "0 droplets",
            ),
            (
                r#"{"live_ip":{"value":"198.18.1.1"},"droplets":{"value":
                    {"a":{"id":"x","public_ip":"198.18.0.1","private_ip":"10.0.0.1"}}}}"#,
                "no number",
            ),
        ] {
            let problem = Environment::parse(json.as_bytes()).unwrap_err();
            assert!(problem.contains(about), "{json}: {problem}");
        }
    }
}
