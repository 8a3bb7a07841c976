//! The response of `GET /status`: one droplet, for the other droplet and for the operator's table.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    decide::decision::{ClaimCause, RestReason},
    observe::vrrp::Vrrp,
    serve::freeze::{Freeze, FreezeState},
};

/// One droplet, reported by its own agent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Status {
    /// The droplet.
    pub droplet: DropletStatus,
    /// Version of MiniTwit that runs there.
    pub version: Option<String>,
    /// MiniTwit is ready there.
    pub fit: bool,
    /// What it reports about itself, or why it is unfit.
    pub fit_reason: String,
    /// Keepalived's state there.
    pub vrrp: Vrrp,
    /// DigitalOcean's record, as last read there.
    pub record: Option<RecordStatus>,
    /// The role of this droplet by the record.
    pub role: Role,
    /// Record and VRRP agree: the master holds the live IP.
    pub agreement: bool,
    /// Seconds for which they have disagreed until now; 0 while they agree.
    pub disagreement_seconds: f64,
    /// Seconds for which they have disagreed since the agent started.
    pub disagreement_seconds_total: f64,
    /// Whether the live IP answered when this droplet last asked it.
    pub live_answers: Option<bool>,
    /// When that was.
    pub live_asked_at: Option<Timestamp>,
    /// The running claim.
    pub claim: Option<ClaimStatus>,
    /// Why nothing is being done.
    pub why: Option<RestReason>,
    /// What it would do now, and why.
    #[serde(default)]
    pub decision: DecisionStatus,
    /// The API's limits, as last reported.
    #[serde(default)]
    pub api: ApiStatus,
    /// The freeze of automatic moves that is in force there.
    #[serde(default)]
    pub freeze: Option<Freeze>,
    /// The newest freeze or its end, which the droplets copy from each other.
    #[serde(default)]
    pub freeze_mark: FreezeState,
    /// Number of claims that moved the live IP to this droplet since the agent started.
    pub moves_total: u64,
    /// When the recent ones did, oldest first.
    pub moves: Vec<Timestamp>,
    /// Version of this agent.
    pub agent_version: String,
}

/// What an agent would do now, and why: what `floatip explain` shows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DecisionStatus {
    /// The row of the table in `docs/ARCHITECTURE.md` that applies.
    pub row: String,
    /// Its conditions, in words.
    pub when: String,
    /// Its reason.
    pub because: String,
    /// What is being done, or would be.
    pub step: String,
    /// Until when it rests, unless something happens.
    pub until: Option<Timestamp>,
    /// The inputs of the decision.
    pub inputs: Vec<Input>,
}

/// One input of a decision.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// When it was observed, or since when it holds.
    pub at: Option<Timestamp>,
}

/// The API's limits, as last reported.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ApiStatus {
    /// Calls made since the agent started.
    pub calls_total: u64,
    /// Calls left of the limit for an hour.
    pub remaining: Option<u32>,
    /// That limit.
    pub limit: Option<u32>,
}

/// Which droplet it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DropletStatus {
    /// Its id.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its own public address.
    pub public_ip: Option<Ipv4Addr>,
}

/// DigitalOcean's record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecordStatus {
    /// The live IP.
    pub live: IpStatus,
    /// The stage IP.
    pub stage: Option<IpStatus>,
    /// When it was read.
    pub read_at: Timestamp,
}

/// A reserved IP.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IpStatus {
    /// The address.
    pub ip: Ipv4Addr,
    /// Who holds it.
    pub droplet_id: Option<u64>,
    /// An action is pending.
    pub locked: bool,
}

/// A running claim.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClaimStatus {
    /// When it began.
    pub since: Timestamp,
    /// Why.
    pub cause: ClaimCause,
}

/// The role of a droplet by the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It holds the live IP.
    Live,
    /// It doesn't.
    Standby,
    /// The record could not be read yet.
    #[default]
    Unknown,
}

impl Role {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Standby => "standby",
            Self::Unknown => "unknown",
        }
    }
}
