//! What an agent knows: the record, VRRP, and when something was seen.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::history::History;

/// Time since the agent started.
pub type Moment = Duration;

/// Keepalived's state on this droplet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Vrrp {
    /// Elected: the other is gone, unfit, or of lower priority.
    Master,
    /// The other is elected.
    Backup,
    /// Out of the election: unfit, or its link is gone.
    Fault,
    /// Keepalived doesn't run, or hasn't said anything yet.
    #[default]
    Unknown,
}

impl Vrrp {
    /// As Keepalived writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Who holds a reserved IP, by DigitalOcean's record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// The droplet, if any.
    pub holder: Option<u64>,
    /// An action is pending.
    pub locked: bool,
}

/// What was read of DigitalOcean's record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The live IP.
    pub live: Holding,
    /// The stage IP, if there is one.
    pub stage: Option<Holding>,
}

/// Something seen, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<T> {
    /// What was seen.
    pub value: T,
    /// How old it is at most.
    pub at: Moment,
}

/// All that a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Now.
    pub now: Moment,
    /// This droplet.
    pub me: u64,
    /// Keepalived's state here.
    pub vrrp: Vrrp,
    /// The local service is ready.
    pub fit: bool,
    /// An operator holds automatic moves.
    pub frozen: bool,
    /// The last record that could be read.
    pub record: Option<Seen<Record>>,
    /// Whether the live IP answered when it was last asked.
    pub live_answers: Option<Seen<bool>>,
    /// What was done before.
    pub history: &'a History,
}
