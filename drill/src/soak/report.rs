//! The result of a soak, as text and as JSON.

use super::plan::{PlannedFault, RoundPlan};
use crate::error::{Error, INVARIANT_BROKEN, PASSED, WRITES_LOST};
use crate::failover::outage::{Outage, Sample};
use crate::stats::milliseconds;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// All rounds.
#[derive(Debug, Serialize)]
pub struct Soak {
    /// All rounds follow from it.
    pub seed: u64,
    /// Requests a second.
    pub rate: u32,
    /// How long it took, in s.
    pub lasted_s: u64,
    /// Each round.
    pub rounds: Vec<Round>,
}

/// One round: from a healthy pair to a healthy pair.
#[derive(Debug, Default, Serialize)]
pub struct Round {
    /// With the seed it repeats the round.
    pub number: u64,
    /// The injected faults, in order, and where.
    pub faults: Vec<String>,
    /// Faults that the other one prevented, and how.
    pub not_done: Vec<String>,
    /// How often the live IP was assigned.
    pub moves: usize,
    /// All times without service together; `None` if the last did not end.
    pub outage_ms: Option<f64>,
    /// Requests sent.
    pub requests: usize,
    /// Requests that failed.
    pub failed: usize,
    /// Writes acknowledged with 204.
    pub writes_acknowledged: usize,
    /// Those that can't be read back.
    pub writes_lost: usize,
    /// From the end of the last fault until the pair was healthy.
    pub healthy_ms: Option<f64>,
    /// Invariants that did not hold.
    pub broken: Vec<String>,
}

impl Soak {
    pub(super) fn new(seed: u64, rate: u32) -> Self {
        Self {
            seed,
            rate,
            lasted_s: 0,
            rounds: Vec::new(),
        }
    }

    /// The exit code of the worst result. A soak without a round has not passed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.rounds.iter().any(|round| round.writes_lost > 0) {
            WRITES_LOST
        } else if self.rounds.is_empty() || self.rounds.iter().any(|round| !round.broken.is_empty())
        {
            INVARIANT_BROKEN
        } else {
            PASSED
        }
    }
}

impl Round {
    pub(super) fn new(number: u64, plan: &RoundPlan) -> Self {
        Self {
            number,
            faults: plan.faults.iter().map(PlannedFault::name).collect(),
            ..Self::default()
        }
    }

    pub(super) fn failed(number: u64, error: &Error) -> Self {
        Self {
            number,
            broken: vec![error.to_string()],
            ..Self::default()
        }
    }

    pub(super) fn count(&mut self, samples: &[Sample], found: &[Outage]) {
        let length = found.iter().map(Outage::length).sum::<Option<Duration>>();
        self.outage_ms = length.map(milliseconds);
        self.requests = samples.len();
        self.failed = samples.iter().filter(|sample| !sample.good).count();
    }

    pub(super) fn require(&mut self, holds: bool, problem: &str) {
        if !holds {
            self.broken.push(problem.to_owned());
        }
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0} ms"));
        write!(
            f,
            "round {}: {}; outage {}, moves {}, {} of {} requests failed, {} of {} writes lost, healthy after {}",
            self.number,
            self.faults.join(" and "),
            ms(self.outage_ms),
            self.moves,
            self.failed,
            self.requests,
            self.writes_lost,
            self.writes_acknowledged,
            ms(self.healthy_ms),
        )?;
        for problem in &self.not_done {
            write!(f, "\n  not injected: {problem}")?;
        }
        for problem in &self.broken {
            write!(f, "\n  BROKEN: {problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Soak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |of: fn(&Round) -> usize| self.rounds.iter().map(of).sum::<usize>();
        let longest = self.rounds.iter().filter_map(|round| round.healthy_ms);
        let broken = self.rounds.iter().filter(|round| !round.broken.is_empty());
        let broken: Vec<&Round> = broken.collect();
        for round in &broken {
            writeln!(f, "{round}")?;
            writeln!(
                f,
                "  again: drill soak --seed {} --first-round {} --minutes 1",
                self.seed, round.number
            )?;
        }
        writeln!(
            f,
            "{} rounds in {} s, seed {}: {} faults, {} moves, {} of {} requests failed, {} of {} writes lost, pair healthy {:.1} s after the end of the faults at the latest",
            self.rounds.len(),
            self.lasted_s,
            self.seed,
            sum(|round| round.faults.len() - round.not_done.len()),
            sum(|round| round.moves),
            sum(|round| round.failed),
            sum(|round| round.requests),
            sum(|round| round.writes_lost),
            sum(|round| round.writes_acknowledged),
            longest.fold(0.0, f64::max) / 1e3,
        )?;
        let passed = self.exit_code() == PASSED;
        write!(
            f,
            "{} ({} rounds broke an invariant)",
            if passed { "passed" } else { "FAILED" },
            broken.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_round_fails_the_soak_and_the_report_repeats_it() {
        let mut soak = Soak::new(7, 50);
        assert_eq!(soak.exit_code(), INVARIANT_BROKEN);
        soak.rounds.push(Round::default());
        assert_eq!(soak.exit_code(), PASSED);
        let mut round = Round {
            number: 3,
            ..Round::default()
        };
        round.require(true, "holds");
        round.require(false, "does not hold");
        soak.rounds.push(round);
        assert_eq!(soak.exit_code(), INVARIANT_BROKEN);
        let text = soak.to_string();
        assert!(text.contains("--seed 7 --first-round 3"), "{text}");
        assert!(text.ends_with("FAILED (1 rounds broke an invariant)"));
    }
}
