//! The steps of a release, in order.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::Error;

/// One step. The journal has the one that was begun last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Everything that a release needs is there; nothing is changed.
    Check,
    /// The binary is put beside what runs, on both droplets.
    Install,
    /// The schema is expanded.
    Migrate,
    /// The new version starts on the standby, beside the one that stands by.
    Candidate,
    /// The stage IP comes to the standby.
    Stage,
    /// The candidate is used through the stage IP.
    Verify,
    /// The standby stands by with the new version.
    Switch,
    /// The stage IP leaves the standby.
    Unstage,
    /// The live droplet lets its connections go.
    Drain,
    /// The live IP comes to the standby.
    Move,
    /// The new version is used through the live IP.
    VerifyLive,
    /// Errors and latency are compared with those before.
    Bake,
    /// The droplet that was live gets the new version.
    Confirm,
    /// Both droplets are brought to the version that is live.
    Settle,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Check,
        Self::Install,
        Self::Migrate,
        Self::Candidate,
        Self::Stage,
        Self::Verify,
        Self::Switch,
        Self::Unstage,
        Self::Drain,
        Self::Move,
        Self::VerifyLive,
        Self::Bake,
        Self::Confirm,
        Self::Settle,
    ];

    /// As it is shown and stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Install => "install",
            Self::Migrate => "migrate",
            Self::Candidate => "candidate",
            Self::Stage => "stage",
            Self::Verify => "verify",
            Self::Switch => "switch",
            Self::Unstage => "unstage",
            Self::Drain => "drain",
            Self::Move => "move",
            Self::VerifyLive => "verify-live",
            Self::Bake => "bake",
            Self::Confirm => "confirm",
            Self::Settle => "settle",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Step {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|step| step.name() == text);
        found.ok_or_else(|| {
            Error::Failed(format!("the journal has a step {text:?}, which this program doesn't know: use the one of that release"))
        })
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What to do with a release that is open, from how far it was and who holds the live IP by the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The live IP has not moved: go on from the installation, all of which may be done twice.
    Again,
    /// The live IP is on the new version, and had yet to be judged.
    Judge,
    /// The new version was found good: what is left is the droplet that was live.
    Confirm,
    /// The live IP is not where this release left it: bring both droplets to what is live.
    Settle,
}

/// How an interrupted release goes on.
#[must_use]
pub fn forward(step: Step, new_is_live: bool) -> Way {
    match (step, new_is_live) {
        (Step::Confirm, true) => Way::Confirm,
        // A failover to the standby before its switch is not a move to the new version; the caller looks at what runs there.
        (
            Step::Switch | Step::Unstage | Step::Drain | Step::Move | Step::VerifyLive | Step::Bake,
            true,
        ) => Way::Judge,
        (Step::VerifyLive | Step::Bake | Step::Confirm | Step::Settle, false) | (_, true) => {
            Way::Settle
        }
        (_, false) => Way::Again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_read_as_it_is_written() {
        for step in Step::ALL {
            assert_eq!(step.name().parse::<Step>().unwrap(), step);
        }
        assert!("dance".parse::<Step>().is_err());
    }

    #[test]
    fn a_release_goes_on_from_where_the_live_ip_is() {
        assert_eq!(forward(Step::Verify, false), Way::Again);
        assert_eq!(forward(Step::Move, false), Way::Again);
        assert_eq!(forward(Step::Move, true), Way::Judge);
        assert_eq!(forward(Step::Bake, true), Way::Judge);
        assert_eq!(forward(Step::Confirm, true), Way::Confirm);
        // A failover before the standby had the new version, or back to the droplet that was live.
        assert_eq!(forward(Step::Verify, true), Way::Settle);
        assert_eq!(forward(Step::Bake, false), Way::Settle);
        assert_eq!(forward(Step::Confirm, false), Way::Settle);
        for new_is_live in [true, false] {
            assert_eq!(forward(Step::Settle, new_is_live), Way::Settle);
        }
    }
}
