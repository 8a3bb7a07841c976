//! The steps of a release, in order, and how an interrupted release continues.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::Error;

/// A step of a release. The journal records the one that began last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Check everything that a release needs; nothing changes.
    Check,
    /// Copy the binary to both droplets, beside the version that runs.
    Install,
    /// Expand the database's schema.
    Migrate,
    /// Start the new version on the standby, beside the previous one.
    Candidate,
    /// Move the stage IP to the standby.
    Stage,
    /// Test the new version through the stage IP.
    Verify,
    /// Make the new version the standby's service.
    Switch,
    /// Take the stage IP off the standby.
    Unstage,
    /// Let the live droplet close its connections.
    Drain,
    /// Move the live IP to the standby.
    Move,
    /// Test the new version through the live IP.
    VerifyLive,
    /// Compare errors and latency with those of the previous version.
    Bake,
    /// Install the new version on the droplet that was live.
    Confirm,
    /// Bring both droplets to the version that is live.
    Reconcile,
}

impl Step {
    /// All steps, in order.
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
        Self::Reconcile,
    ];

    /// The name in the journal, in reports and on the screen.
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
            Self::Reconcile => "reconcile",
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
        // The name that earlier versions of this program wrote.
        let name = if text == "settle" { "reconcile" } else { text };
        let found = Self::ALL.into_iter().find(|step| step.name() == name);
        found.ok_or_else(|| {
            Error::Failed(format!(
                "the journal contains the unknown step {text:?}: use the program that began the release"
            ))
        })
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How an open release continues, given its last step and the droplet that holds the live IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// The live IP has not moved: repeat all steps from the installation on; they are idempotent.
    Prepare,
    /// The new version is live and was not judged yet.
    Judge,
    /// The new version was found good: only the droplet that was live is missing.
    Confirm,
    /// The live IP is not where this release left it: bring both droplets to the version that is live.
    Reconcile,
}

impl fmt::Display for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare => "repeat it from the installation on",
            Self::Judge => "watch the new version, which is live",
            Self::Confirm => "install the new version on the other droplet",
            Self::Reconcile => "bring both droplets to the version that is live",
        })
    }
}

/// How an interrupted release continues.
#[must_use]
pub fn continuation(step: Step, new_is_live: bool) -> Continuation {
    match (step, new_is_live) {
        (Step::Confirm, true) => Continuation::Confirm,
        // A failover can also make the standby live before it has the new version: the caller checks which version it runs.
        (
            Step::Switch | Step::Unstage | Step::Drain | Step::Move | Step::VerifyLive | Step::Bake,
            true,
        ) => Continuation::Judge,
        (Step::VerifyLive | Step::Bake | Step::Confirm | Step::Reconcile, false) | (_, true) => {
            Continuation::Reconcile
        }
        (_, false) => Continuation::Prepare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_as_the_same_step() {
        for step in Step::ALL {
            assert_eq!(step.name().parse::<Step>().unwrap(), step);
        }
        assert_eq!("settle".parse::<Step>().unwrap(), Step::Reconcile);
        assert!("dance".parse::<Step>().is_err());
    }

    #[test]
    fn a_release_continues_from_where_the_live_ip_is() {
        assert_eq!(continuation(Step::Verify, false), Continuation::Prepare);
        assert_eq!(continuation(Step::Move, false), Continuation::Prepare);
        assert_eq!(continuation(Step::Move, true), Continuation::Judge);
        assert_eq!(continuation(Step::Bake, true), Continuation::Judge);
        assert_eq!(continuation(Step::Confirm, true), Continuation::Confirm);
        // A failover before the standby had the new version, or back to the droplet that was live.
        assert_eq!(continuation(Step::Verify, true), Continuation::Reconcile);
        assert_eq!(continuation(Step::Bake, false), Continuation::Reconcile);
        assert_eq!(continuation(Step::Confirm, false), Continuation::Reconcile);
        for new_is_live in [true, false] {
            assert_eq!(
                continuation(Step::Reconcile, new_is_live),
                Continuation::Reconcile
            );
        }
    }
}
