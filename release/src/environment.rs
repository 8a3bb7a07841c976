//! The environment that is released to: what Terraform made of it, and how to get there.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

use serde::{Deserialize, Deserializer};

use crate::error::{Error, Result};

/// What `terraform output -json` says, as far as a release needs it.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The address that users know.
    pub live_ip: Ipv4Addr,
    /// The address at which a candidate is verified.
    pub stage_ip: Ipv4Addr,
    /// The two app droplets.
    pub droplets: [Droplet; 2],
    /// The database.
    pub database: Database,
}

/// One app droplet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Droplet {
    /// Its name.
    pub name: String,
    /// The API's number for it.
    pub id: u64,
    /// Where sshd listens.
    pub public_ip: Ipv4Addr,
    /// Its address in the VPC, where the admin listeners are.
    pub private_ip: Ipv4Addr,
}

/// How the database is reached from a droplet.
#[derive(Clone, Deserialize)]
pub struct Database {
    /// The service's user.
    pub uri: String,
    /// The owner of the schema.
    pub admin_uri: String,
    /// The service's user's name.
    pub user: String,
    /// PEM text that the server's certificate chains to.
    pub ca_certificate: String,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database(redacted)")
    }
}

#[derive(Deserialize)]
struct Outputs {
    live_ip: Output<Ipv4Addr>,
    stage_ip: Output<Ipv4Addr>,
    droplets: Output<BTreeMap<String, Addresses>>,
    database: Output<Database>,
}

#[derive(Deserialize)]
struct Output<T> {
    value: T,
}

#[derive(Deserialize)]
struct Addresses {
    #[serde(deserialize_with = "number_or_text")]
    id: u64,
    public_ip: Ipv4Addr,
    private_ip: Ipv4Addr,
}

/// Terraform's provider has droplet ids as text, the API as numbers.
fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = match &value {
        serde_json::Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    number.ok_or_else(|| serde::de::Error::custom(format!("the droplet id {value} is no number")))
}

impl Environment {
    /// Reads the outputs' file.
    ///
    /// # Errors
    /// If it can't be read or names anything but two droplets.
    pub fn read(path: &Path) -> Result<Self> {
        let failed = |problem: String| {
            Error::Failed(format!(
                "{}: {problem}; `make up` writes it, from `terraform output -json`",
                path.display()
            ))
        };
        let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let outputs: Outputs =
            serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?;
        let droplets = outputs.droplets.value.into_iter();
        let droplets: Vec<_> = droplets
            .map(|(name, addresses)| Droplet {
                name,
                id: addresses.id,
                public_ip: addresses.public_ip,
                private_ip: addresses.private_ip,
            })
            .collect();
        let droplets = droplets
            .try_into()
            .map_err(|found: Vec<Droplet>| failed(format!("{} droplets, not two", found.len())))?;
        Ok(Self {
            live_ip: outputs.live_ip.value,
            stage_ip: outputs.stage_ip.value,
            droplets,
            database: outputs.database.value,
        })
    }

    /// The droplet with this number.
    ///
    /// # Errors
    /// If it is neither of the two.
    pub fn droplet(&self, id: u64) -> Result<&Droplet> {
        let found = self.droplets.iter().find(|droplet| droplet.id == id);
        found.ok_or_else(|| {
            Error::Unfit(format!(
                "droplet {id} is none of this environment's; was it made anew? `make up` tells"
            ))
        })
    }

    /// The other droplet than the one with this number.
    #[must_use]
    pub fn other(&self, id: u64) -> &Droplet {
        let [a, b] = &self.droplets;
        if a.id == id { b } else { a }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(droplets: &str) -> Result<Environment> {
        let text = format!(
            r#"{{"live_ip":{{"value":"198.18.3.10"}},"stage_ip":{{"value":"198.18.3.11"}},
                "droplets":{{"value":{droplets}}},
                "database":{{"value":{{"uri":"u","admin_uri":"a","user":"m","ca_certificate":"c"}}}}}}"#
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Environment::read(file.path())
    }

    #[test]
    fn ids_may_be_text_or_numbers_and_there_are_two_droplets() {
        let a = r#""a":{"id":"11","public_ip":"198.18.1.1","private_ip":"10.0.0.1"}"#;
        let b = r#""b":{"id":12,"public_ip":"198.18.1.2","private_ip":"10.0.0.2"}"#;
        let environment = read(&format!("{{{a},{b}}}")).unwrap();
        assert_eq!(environment.droplet(11).unwrap().name, "a");
        assert_eq!(environment.other(11).id, 12);
        assert_eq!(environment.droplet(13).unwrap_err().code(), 3);
        assert!(
            read(&format!("{{{a}}}"))
                .unwrap_err()
                .to_string()
                .contains("1 droplets")
        );
    }
}
