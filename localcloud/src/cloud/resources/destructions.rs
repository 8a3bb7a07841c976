//! Destructions of droplets together with associated resources.

use crate::cloud::refusal::Refusal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What belongs to a droplet, by id.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    /// Reserved IPs.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub reserved_ips: Vec<String>,
    /// Reserved IPs, by their older name.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub floating_ips: Vec<String>,
    /// Images of it.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub snapshots: Vec<String>,
    /// Volumes, of which there are none here.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub volumes: Vec<String>,
    /// Images of volumes, of which there are none here.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub volume_snapshots: Vec<String>,
}

/// A droplet's destruction with what belonged to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Destruction {
    /// The droplet.
    pub droplet: Destroyed,
    /// What went with it.
    pub reserved_ips: Vec<Destroyed>,
    /// What went with it.
    pub snapshots: Vec<Destroyed>,
    /// When all was tried.
    pub completed_at: Timestamp,
}

/// One resource of a destruction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Destroyed {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was destroyed, if it was.
    pub destroyed_at: Option<Timestamp>,
    /// Why it was not.
    pub error: Option<String>,
}

impl Destroyed {
    pub(in crate::cloud) fn of(id: &str, name: &str, outcome: Result<(), Refusal>) -> Self {
        let error = outcome.err().map(|refusal| refusal.to_string());
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            destroyed_at: error.is_none().then(Timestamp::now),
            error,
        }
    }
}

impl Destruction {
    /// How many things are still there.
    #[must_use]
    pub fn failures(&self) -> usize {
        let parts = self.reserved_ips.iter().chain(&self.snapshots);
        let all = parts.chain([&self.droplet]);
        all.filter(|one| one.error.is_some()).count()
    }

    pub(in crate::cloud) fn left(&self) -> Chosen {
        let left = |all: &[Destroyed]| {
            let left = all.iter().filter(|one| one.error.is_some());
            left.map(|one| one.id.clone()).collect()
        };
        Chosen {
            reserved_ips: left(&self.reserved_ips),
            snapshots: left(&self.snapshots),
            ..Chosen::default()
        }
    }
}
