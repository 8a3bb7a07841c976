//! The trials.

use std::fmt;
use std::time::Duration;

use crate::acts::{api, bad, dead, frozen, good, kill, nothing, roll_back, undo};
use crate::client::{Client, Met};
use crate::pair::{Failure, Pair};
use crate::table::Outcome;

/// The steps at which something breaks.
const STEPS: [&str; 11] = [
    "install",
    "migrate",
    "candidate",
    "stage",
    "verify",
    "switch",
    "unstage",
    "drain",
    "move",
    "verify-live",
    "confirm",
];
/// Within the step `move`: the cloud is about to give the live IP to the standby.
pub const MOVING: &str = "moving";
/// At most so many requests fail in a release.
const MOST_FAILED: usize = 1;
/// Users have service again within this when a droplet dies: the cloud's own two seconds and the failover's.
const OUTAGE: Duration = Duration::from_millis(4500);
/// The standby holds the stage IP at these, and has to let it go first: another of the cloud's moves, and a call more.
const STAGED: [&str; 3] = ["verify", "switch", "unstage"];
const LET_GO: Duration = Duration::from_millis(2500);

/// One trial.
#[derive(Clone, Debug)]
pub enum Trial {
    /// Nothing is done: what clients meet on this machine anyway.
    Nothing,
    /// A good version, from the command to its confirmation.
    Good,
    /// A rollback while the release is open.
    Rollback,
    /// A rollback of the release before, which was confirmed.
    Undo,
    /// Freezes of releases and of automatic moves, and a contract.
    Frozen,
    /// A version with a vice.
    Bad(&'static str),
    /// The runner is killed at a step, and a command takes over.
    Kill(&'static str, &'static str),
    /// The API fails at a step, for a while.
    Api(&'static str, &'static [&'static str]),
    /// A droplet dies at a step, or under way to the next: `live` or `standby`, as it was when the release began.
    Dead(&'static str, &'static str),
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no release"),
            Self::Good => f.write_str("good release"),
            Self::Rollback => f.write_str("rollback while open"),
            Self::Undo => f.write_str("rollback after confirmation"),
            Self::Frozen => f.write_str("refused while frozen"),
            Self::Bad(vice) => write!(f, "bad version: {vice}"),
            Self::Kill(step, command) => write!(f, "runner killed at {step}, {command}"),
            Self::Api(step, fault) => write!(f, "{} at {step}", fault[0]),
            Self::Dead(which, step) => write!(f, "{which} droplet dies at {step}"),
        }
    }
}

impl Trial {
    /// One with each vice.
    pub fn bad() -> Vec<Self> {
        let vices = [
            "crash",
            "never-ready",
            "page-500",
            "slow",
            "wrong-checksum",
            "api-broken",
            "leak",
            "live-500",
            "live-slow",
        ];
        vices.into_iter().map(Self::Bad).collect()
    }

    /// At each step, resumed and rolled back in turn.
    pub fn kills() -> Vec<Self> {
        let commands = ["resume", "rollback"].into_iter().cycle();
        STEPS
            .into_iter()
            .zip(commands)
            .map(|(step, command)| Self::Kill(step, command))
            .collect()
    }

    /// Each fault at each step that calls the API.
    pub fn api_faults() -> Vec<Self> {
        let faults: [&'static [&'static str]; 4] = [
            &["api-status", "500", "--for", "8s"],
            &["api-rate-limit", "--for", "8s"],
            &["api-silent", "--for", "8s"],
            &["action-errored", "--for", "5s"],
        ];
        let steps = ["stage", "unstage", "move"];
        steps
            .into_iter()
            .flat_map(|step| faults.into_iter().map(move |fault| Self::Api(step, fault)))
            .collect()
    }

    /// Each droplet at each step.
    pub fn deaths() -> Vec<Self> {
        let steps = [
            "install",
            "candidate",
            "verify",
            "switch",
            "unstage",
            "move",
            MOVING,
            "verify-live",
            "confirm",
        ];
        steps
            .into_iter()
            .flat_map(|step| ["live", "standby"].map(|which| Self::Dead(which, step)))
            .collect()
    }

    /// Makes the trial, and leaves the pair at rest.
    ///
    /// # Errors
    /// If it could not be made.
    pub async fn run(&self, pair: &mut Pair) -> Result<Outcome, Failure> {
        pair.at_rest().await?;
        let previous = pair.live_version().await?;
        let next = match self {
            Self::Bad(vice) => pair.bad(vice).await?,
            Self::Undo => pair.version_before().await?,
            _ => pair.next_good().await?,
        };
        let hidden = matches!(self, Self::Bad(vice) if !vice.starts_with("live"));
        let versions = if hidden {
            vec![previous.clone()]
        } else {
            vec![previous.clone(), next.clone()]
        };
        let client = Client::start(&pair.api, pair.rate, &versions).await?;
        let work = match self {
            Self::Nothing => Ok(nothing().await),
            Self::Good => good(pair, &next).await,
            Self::Rollback => roll_back(pair, &next).await,
            Self::Undo => undo(pair).await,
            Self::Frozen => frozen(pair, &next).await,
            Self::Bad(vice) => bad(pair, &next, vice).await,
            Self::Kill(step, command) => kill(pair, &next, step, command).await,
            Self::Api(step, fault) => api(pair, &next, step, fault).await,
            Self::Dead(which, step) => dead(pair, &next, which, step).await,
        };
        let met = client.stop().await?;
        let mut outcome = work?;
        outcome.trial = self.to_string();
        self.judge(&mut outcome, &met, pair.tolerance);
        outcome.met = met;
        if let Err(problem) = pair.at_rest().await {
            outcome
                .broken
                .push(format!("not at rest afterwards: {problem}"));
        }
        Ok(outcome)
    }

    /// What clients may meet.
    fn judge(&self, outcome: &mut Outcome, met: &Met, tolerance: f64) {
        let most = MOST_FAILED + besides(met.requests, tolerance);
        let twice = besides(met.requests, tolerance) / 4;
        let mut broken = |is: bool, text: String| {
            if is {
                outcome.broken.push(text);
            }
        };
        broken(
            met.lost > 0,
            format!("{} acknowledged writes are lost", met.lost),
        );
        broken(
            met.unverified > 0,
            format!("{} answers from a version that may not", met.unverified),
        );
        match self {
            // Both ways through the move, and back.
            Self::Bad("live-500" | "live-slow") => {}
            Self::Dead(_, step) => {
                let staged = if STAGED.contains(step) {
                    LET_GO
                } else {
                    Duration::ZERO
                };
                broken(
                    met.span > OUTAGE + staged,
                    format!("clients failed over {:.1} s", met.span.as_secs_f64()),
                );
            }
            // Two moves: there and back.
            Self::Rollback | Self::Kill(..) => broken(
                met.failed > MOST_FAILED + most,
                format!("{} requests failed", met.failed),
            ),
            _ => broken(met.failed > most, format!("{} requests failed", met.failed)),
        }
        if !matches!(self, Self::Bad(_) | Self::Dead(..)) {
            broken(
                met.failed_twice > twice,
                format!("{} requests would have failed twice", met.failed_twice),
            );
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a count"
)]
fn besides(requests: usize, tolerance: f64) -> usize {
    (requests as f64 * tolerance) as usize
}
