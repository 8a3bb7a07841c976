//! What an agent can decide to do next, and why.

use serde::{Deserialize, Serialize};

use crate::{clock::Moment, decide::history::ActionKind};

/// Why an agent does nothing now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestReason {
    /// The record was never read.
    Unread,
    /// The live IP is on this droplet.
    HolderHere,
    /// An operator has frozen automatic moves.
    Frozen,
    /// This droplet is unfit.
    NotFit,
    /// This droplet is not VRRP master.
    NotMaster,
    /// The live IP serves on the other droplet.
    LiveServes,
    /// The live IP was moved to the other droplet just now, and has not answered there yet.
    Settling,
    /// Someone else's action is pending.
    Locked,
    /// An action of ours is pending.
    ActionPending,
    /// A call failed; the next one has to wait.
    Backoff,
    /// The live IP was moved to this droplet too often lately.
    Damped,
}

impl RestReason {
    /// Its name in log lines and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::HolderHere => "holder_here",
            Self::Frozen => "frozen",
            Self::NotFit => "not_fit",
            Self::NotMaster => "not_master",
            Self::LiveServes => "live_serves",
            Self::Settling => "settling",
            Self::Locked => "locked",
            Self::ActionPending => "action_pending",
            Self::Backoff => "backoff",
            Self::Damped => "damped",
        }
    }
}

/// Why the live IP is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimCause {
    /// No droplet holds it by the record, and it does not answer.
    NobodyHolds,
    /// It does not answer.
    LiveSilent,
    /// An operator forces it.
    Forced,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing until then, unless there is a new observation.
    Rest {
        /// Why.
        why: RestReason,
        /// Until when.
        until: Moment,
    },
    /// Read the record, ask the live IP, or both at once.
    Look {
        /// Read the record.
        record: bool,
        /// Ask the live IP.
        live: bool,
    },
    /// Release the stage IP from this droplet: a droplet holds one reserved IP at most.
    ReleaseStage,
    /// Assign the live IP to this droplet.
    AssignLive(ClaimCause),
    /// Read the state of our action.
    Poll {
        /// Its id.
        action: u64,
        /// What it does.
        kind: ActionKind,
    },
}

impl Decision {
    /// A sentence for people.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Rest { why, .. } => format!("rest ({})", why.name()),
            Self::Look { record, live } => match (record, live) {
                (true, true) => "read the record and ask the live IP".into(),
                (true, false) => "read the record".into(),
                _ => "ask the live IP".into(),
            },
            Self::ReleaseStage => "release the stage IP from this droplet".into(),
            Self::AssignLive(_) => "claim: assign the live IP to this droplet".into(),
            Self::Poll { action, .. } => format!("read the state of action {action}"),
        }
    }

    /// The most calls of the API that it makes.
    #[must_use]
    pub fn calls(self) -> u32 {
        match self {
            Self::Rest { .. } | Self::Look { record: false, .. } => 0,
            Self::Look { record: true, .. } => 2,
            Self::ReleaseStage | Self::AssignLive(_) | Self::Poll { .. } => 1,
        }
    }
}
