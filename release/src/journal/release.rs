//! A release as the journal records it.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::Value;
use tokio_postgres::Row;

use crate::error::{Error, Result};
use crate::step::Step;

/// The columns that [`Release::of`] reads.
pub(super) const COLUMNS: &str = "id, version, previous, checksum, previous_checksum, live_droplet, standby_droplet, state, step, \
    owner, owned_until > now() AS owned, wish, date_trunc('second', started_at)::text AS since";

/// Whether a release is under way, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is under way, held, or left by a runner that died.
    Open,
    /// Both droplets run the new version.
    Confirmed,
    /// The new version was live, and the previous one is live again.
    RolledBack,
    /// The live IP did not move.
    Abandoned,
}

impl State {
    const ALL: [Self; 4] = [
        Self::Open,
        Self::Confirmed,
        Self::RolledBack,
        Self::Abandoned,
    ];

    /// The word in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::RolledBack => "rolled back",
            Self::Abandoned => "abandoned",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|state| state.name() == text);
        found.ok_or_else(|| {
            Error::Failed(format!("the journal contains the unknown state {text:?}"))
        })
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A release as the journal records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Release {
    /// Its number.
    pub id: i64,
    /// The new version.
    pub version: String,
    /// The version that both droplets ran before.
    pub previous: String,
    /// SHA-256 of the new binary, in hex.
    pub checksum: String,
    /// SHA-256 of the previous binary, in hex.
    pub previous_checksum: String,
    /// The droplet that held the live IP when the release began.
    pub live: u64,
    /// The other droplet.
    pub standby: u64,
    /// Whether it is under way, or how it ended.
    pub state: State,
    /// The step that began last.
    pub step: Step,
    /// The runner that works on it.
    pub owner: String,
    /// Whether the owner's lease is valid.
    pub owned: bool,
    /// Who has requested a rollback from the owner.
    #[serde(rename = "wish")]
    pub rollback_requested_by: Option<String>,
    /// When it began.
    pub since: String,
}

impl Release {
    /// Reads a row of [`COLUMNS`].
    pub(super) fn of(row: &Row) -> Result<Self> {
        let droplet = |column| {
            let id: i64 = row.get(column);
            id.cast_unsigned()
        };
        let (state, step): (&str, &str) = (row.get("state"), row.get("step"));
        Ok(Self {
            id: row.get("id"),
            version: row.get("version"),
            previous: row.get("previous"),
            checksum: row.get("checksum"),
            previous_checksum: row.get("previous_checksum"),
            live: droplet("live_droplet"),
            standby: droplet("standby_droplet"),
            state: state.parse()?,
            step: step.parse()?,
            owner: row.get("owner"),
            owned: row.get("owned"),
            rollback_requested_by: row.get("wish"),
            since: row.get("since"),
        })
    }

    /// The refusal of another release, or of another runner, while this one is open.
    #[must_use]
    pub fn already_open(&self) -> Error {
        let what = if self.owned {
            "is running"
        } else {
            "is open and no runner works on it: `make release-resume` or `make rollback` ends it"
        };
        Error::AlreadyOpen(format!(
            "the release of {} by {} since {} {what} (step {})",
            self.version, self.owner, self.since, self.step
        ))
    }
}

/// The state that a release starts from.
#[derive(Clone, Debug)]
pub struct Start {
    /// The new version.
    pub version: String,
    /// The version that both droplets run.
    pub previous: String,
    /// SHA-256 of the new binary, in hex.
    pub checksum: String,
    /// SHA-256 of the previous binary, in hex.
    pub previous_checksum: String,
    /// The droplet that holds the live IP.
    pub live: u64,
    /// The other droplet.
    pub standby: u64,
    /// Bake time and so on, for the record.
    pub settings: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_as_the_same_state() {
        for state in State::ALL {
            assert_eq!(state.name().parse::<State>().unwrap(), state);
        }
        assert!("closed".parse::<State>().is_err());
    }
}
