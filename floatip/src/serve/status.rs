//! What `GET /status` tells about a droplet, and the operator's table shows.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    decide::decision::{ClaimCause, RestReason},
    observe::vrrp::Vrrp,
    serve::freeze::{Freeze, FreezeMark},
};

/// One droplet, seen by its own agent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Status {
    /// The droplet.
    pub droplet: DropletStatus,
    /// Version of MiniTwit that runs there.
    pub version: Option<String>,
    /// MiniTwit is ready there.
    pub fit: bool,
    /// What it says of itself, or why it is unfit.
    pub fit_reason: String,
    /// Keepalived's state there.
    pub vrrp: Vrrp,
    /// DigitalOcean's record, as last read there.
    pub record: Option<RecordStatus>,
    /// What the record makes of this droplet.
    pub role: Role,
    /// Record and VRRP say the same: master holds the live IP, and nobody else.
    pub agreement: bool,
    /// Seconds for which they have disagreed until now; 0 while they agree.
    pub disagreement_seconds: f64,
    /// Seconds for which they have disagreed since the agent started.
    pub disagreement_seconds_total: f64,
    /// Whether the live IP answered when this droplet last asked it.
    pub live_answers: Option<bool>,
    /// When that was.
    pub live_asked_at: Option<Timestamp>,
    /// The claim that is under way.
    pub claim: Option<ClaimStatus>,
    /// Why nothing is being done.
    pub why: Option<RestReason>,
    /// What it would do now, and why.
    #[serde(default)]
    pub decision: DecisionStatus,
    /// What is known of the API's limits.
    #[serde(default)]
    pub api: ApiStatus,
    /// The freeze of automatic moves that holds there.
    #[serde(default)]
    pub freeze: Option<Freeze>,
    /// What was said last about freezing, as the droplets tell each other.
    #[serde(default)]
    pub freeze_mark: FreezeMark,
    /// How often claims brought the live IP here since the agent started.
    pub moves_total: u64,
    /// When they did lately, oldest first.
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
    /// What the decision rests on.
    pub inputs: Vec<Input>,
}

/// One thing that a decision rests on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Input {
    /// Which.
    pub name: String,
    /// What it is.
    pub value: String,
    /// When it was seen, or since when it is so.
    pub at: Option<Timestamp>,
}

/// What is known of the API's limits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ApiStatus {
    /// Calls made since the agent started.
    pub calls_total: u64,
    /// Calls left of the limit for an hour, as last told.
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

/// A claim that is under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClaimStatus {
    /// When it began.
    pub since: Timestamp,
    /// Why.
    pub cause: ClaimCause,
}

/// What a droplet is, by the record.
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
    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Standby => "standby",
            Self::Unknown => "unknown",
        }
    }
}
