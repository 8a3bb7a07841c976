//! What `terraform output -json` prints: addresses, droplets, the database, the bucket for backups.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::path::Path;

use serde::{Deserialize, Deserializer};

use super::{Error, Result};

/// What Terraform created.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The address that users reach.
    pub live_ip: Ipv4Addr,
    /// The address at which a release is verified.
    pub stage_ip: Ipv4Addr,
    /// The app droplets, sorted by name.
    pub droplets: Vec<Droplet>,
    /// The droplet with Prometheus and Grafana, unless the environment was created without one.
    pub monitor: Option<Droplet>,
    /// The private range of droplets and database, such as `10.10.0.0/24`.
    pub vpc_ip_range: String,
    /// The database cluster.
    pub database: Database,
    /// Where copies of the database go, if they are made.
    pub backups: Option<Backups>,
}

/// A droplet of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Droplet {
    /// Its name, such as `minitwit-a`.
    pub name: String,
    /// Its number in the cloud's API.
    pub id: u64,
    /// Where sshd listens.
    pub public_ip: Ipv4Addr,
    /// Its address in the VPC, where admin listeners are.
    pub private_ip: Ipv4Addr,
}

/// How the database is reached, with passwords.
#[derive(Clone, Deserialize)]
pub struct Database {
    /// Its address in the VPC.
    #[serde(default)]
    pub host: String,
    /// The name of MiniTwit's database.
    #[serde(default)]
    pub name: String,
    /// MiniTwit's user.
    pub user: String,
    /// A PostgreSQL URI of MiniTwit's user.
    pub uri: String,
    /// A PostgreSQL URI of the cluster's own user, which owns the schema.
    pub admin_uri: String,
    /// PEM text; the server's certificate chains to it.
    pub ca_certificate: String,
    /// The whole output, as Ansible's inventory passes it on.
    #[serde(skip)]
    pub whole: serde_json::Value,
}

/// The bucket for backups, with a key.
#[derive(Clone)]
pub struct Backups {
    /// The whole output, as Ansible's inventory passes it on.
    pub whole: serde_json::Value,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database(redacted)")
    }
}

impl fmt::Debug for Backups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backups(redacted)")
    }
}

#[derive(Deserialize)]
struct File {
    live_ip: Output<Ipv4Addr>,
    stage_ip: Output<Ipv4Addr>,
    droplets: Output<BTreeMap<String, Addresses>>,
    vpc_ip_range: Output<String>,
    database: Output<serde_json::Value>,
    monitor: Option<Output<Option<Monitor>>>,
    backups: Option<Output<Option<serde_json::Value>>>,
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

#[derive(Deserialize)]
struct Monitor {
    name: String,
    #[serde(flatten)]
    addresses: Addresses,
}

/// Terraform's provider has droplet ids as text, the API as numbers.
fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = match &value {
        serde_json::Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    number
        .ok_or_else(|| serde::de::Error::custom(format!("the droplet id {value} is not a number")))
}

impl Addresses {
    fn named(self, name: String) -> Droplet {
        Droplet {
            name,
            id: self.id,
            public_ip: self.public_ip,
            private_ip: self.private_ip,
        }
    }
}

impl Outputs {
    /// Reads a file that `terraform output -json` wrote.
    ///
    /// # Errors
    /// [`Error::Outputs`] if it can't be read or something is missing from it.
    pub fn read(path: &Path) -> Result<Self> {
        let failed = |problem: String| Error::Outputs {
            path: path.to_owned(),
            problem,
        };
        let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        Self::parse(&bytes).map_err(failed)
    }

    /// Reads the text that `terraform output -json` prints.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let file: File = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let whole = file.database.value;
        let mut database =
            Database::deserialize(&whole).map_err(|error| format!("database: {error}"))?;
        database.whole = whole;
        let droplets = file.droplets.value.into_iter();
        let monitor = file.monitor.and_then(|output| output.value);
        let backups = file.backups.and_then(|output| output.value);
        Ok(Self {
            live_ip: file.live_ip.value,
            stage_ip: file.stage_ip.value,
            droplets: droplets
                .map(|(name, addresses)| addresses.named(name))
                .collect(),
            monitor: monitor.map(|monitor| monitor.addresses.named(monitor.name)),
            vpc_ip_range: file.vpc_ip_range.value,
            database,
            backups: backups.map(|whole| Backups { whole }),
        })
    }

    /// The two app droplets of a hot standby.
    ///
    /// # Errors
    /// A sentence with their number if there are not exactly two.
    pub fn pair(&self) -> Result<&[Droplet; 2], String> {
        self.droplets.as_slice().try_into().map_err(|_| {
            format!(
                "the outputs name {} app droplets; a hot standby has exactly two",
                self.droplets.len()
            )
        })
    }

    /// The droplet of this name. The monitor can also be called `monitor`.
    #[must_use]
    pub fn droplet(&self, name: &str) -> Option<&Droplet> {
        let monitor = self.monitor.as_ref();
        let monitor = monitor.filter(|monitor| name == "monitor" || name == monitor.name);
        monitor.or_else(|| self.droplets.iter().find(|droplet| droplet.name == name))
    }

    /// The app droplet with this number.
    #[must_use]
    pub fn droplet_by_id(&self, id: u64) -> Option<&Droplet> {
        self.droplets.iter().find(|droplet| droplet.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(droplets: &str, monitor: &str) -> Result<Outputs, String> {
        let text = format!(
            r#"{{"live_ip":{{"sensitive":false,"type":"string","value":"198.18.3.10"}},"stage_ip":{{"value":"198.18.3.11"}},
                "droplets":{{"value":{droplets}}},"vpc_ip_range":{{"value":"10.0.0.0/24"}},{monitor}
                "database":{{"value":{{"uri":"u","admin_uri":"a","user":"m","ca_certificate":"c","monitor_user":"w"}}}}}}"#
        );
        Outputs::parse(text.as_bytes())
    }

    const A: &str = r#""minitwit-a":{"id":"11","public_ip":"198.18.1.1","private_ip":"10.0.0.1"}"#;
    const B: &str = r#""minitwit-b":{"id":12,"public_ip":"198.18.1.2","private_ip":"10.0.0.2"}"#;

    #[test]
    fn ids_may_be_text_or_numbers() {
        let outputs = parse(&format!("{{{B},{A}}}"), "").unwrap();
        let [a, b] = outputs.pair().unwrap();
        assert_eq!((a.name.as_str(), a.id), ("minitwit-a", 11));
        assert_eq!((b.name.as_str(), b.id), ("minitwit-b", 12));
        assert_eq!(outputs.droplet_by_id(12), Some(b));
        assert_eq!(outputs.database.whole["monitor_user"], "w");
    }

    #[test]
    fn droplets_are_found_by_name_and_the_monitor_by_its_job_too() {
        let monitor = r#""monitor":{"value":{"id":"13","name":"watch","public_ip":"198.18.1.3","private_ip":"10.0.0.3"}},"#;
        let outputs = parse(&format!("{{{A},{B}}}"), monitor).unwrap();
        let id = |name: &str| outputs.droplet(name).map(|droplet| droplet.id);
        assert_eq!(id("minitwit-b"), Some(12));
        assert_eq!(id("monitor"), Some(13));
        assert_eq!(id("watch"), Some(13));
        assert_eq!(id("minitwit-c"), None);
        for none in ["", r#""monitor":{"value":null},"#] {
            let outputs = parse(&format!("{{{A},{B}}}"), none).unwrap();
            assert_eq!(outputs.droplet("monitor"), None);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (outputs, about) in [
            (Outputs::parse(b"{}"), "live_ip"),
            (Outputs::parse(b"no"), "expected"),
            (
                parse(
                    r#"{"a":{"id":"x","public_ip":"198.18.0.1","private_ip":"10.0.0.1"}}"#,
                    "",
                ),
                "not a number",
            ),
        ] {
            let problem = outputs.unwrap_err();
            assert!(problem.contains(about), "{problem}");
        }
        let one = parse(&format!("{{{A}}}"), "").unwrap();
        assert!(one.pair().unwrap_err().contains("1 app droplets"));
    }

    #[test]
    fn passwords_are_not_in_debug_output() {
        let outputs = parse(&format!("{{{A},{B}}}"), "").unwrap();
        assert!(format!("{outputs:?}").contains("Database(redacted)"));
    }
}
