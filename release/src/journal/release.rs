//! A release as the journal has it.

use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row;

use crate::error::{Error, Result};
use crate::step::Step;

/// What [`Release::of`] reads.
pub(super) const COLUMNS: &str = "id, version, previous, checksum, previous_checksum, live_droplet, standby_droplet, state, step, \
    owner, owned_until > now() AS owned, wish, date_trunc('second', started_at)::text AS since";

/// A release as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Release {
    /// Its number.
    pub id: i64,
    /// What is released.
    pub version: String,
    /// What both droplets ran before.
    pub previous: String,
    /// SHA-256 of the binary, in hex.
    pub checksum: String,
    /// The same of the previous one.
    pub previous_checksum: String,
    /// The droplet that held the live IP when it began.
    pub live: u64,
    /// The other.
    pub standby: u64,
    /// `open`, `confirmed`, `rolled back` or `abandoned`.
    pub state: String,
    /// The step that was begun last.
    pub step: Step,
    /// Who may act on it.
    pub owner: String,
    /// Whether its owner has shown a sign of life lately.
    pub owned: bool,
    /// What somebody asks of its owner.
    pub wish: Option<String>,
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
        let step: &str = row.get("step");
        Ok(Self {
            id: row.get("id"),
            version: row.get("version"),
            previous: row.get("previous"),
            checksum: row.get("checksum"),
            previous_checksum: row.get("previous_checksum"),
            live: droplet("live_droplet"),
            standby: droplet("standby_droplet"),
            state: row.get("state"),
            step: step.parse()?,
            owner: row.get("owner"),
            owned: row.get("owned"),
            wish: row.get("wish"),
            since: row.get("since"),
        })
    }
}

/// What a release starts from.
#[derive(Clone, Debug)]
pub struct Start {
    /// What is released.
    pub version: String,
    /// What both droplets run.
    pub previous: String,
    /// SHA-256 of the new binary, in hex.
    pub checksum: String,
    /// The same of the previous one.
    pub previous_checksum: String,
    /// The droplet that holds the live IP.
    pub live: u64,
    /// The other.
    pub standby: u64,
    /// Bake time and so on, for whoever takes it over.
    pub settings: Value,
}

/// Why another release can't begin, or this one not be taken over.
pub(crate) fn running(release: &Release) -> Error {
    let what = if release.owned {
        "is being made"
    } else {
        "is open, and nobody works on it: `make release-resume` or `make rollback` ends it"
    };
    Error::Running(format!(
        "the release of {} by {} since {} {what} (step {})",
        release.version,
        release.owner,
        release.since,
        release.step.name()
    ))
}
