//! The result of failovers, as text and as JSON.

use super::phases::Phases;
use super::witness::Witnessed;
use crate::error::{Error, INVARIANT_BROKEN, PASSED, TOO_LONG, WRITES_LOST};
use crate::stats::rank;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// All runs of one fault.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// The fault.
    pub fault: String,
    /// Requests a second.
    pub rate: u32,
    /// Each run.
    pub runs: Vec<Run>,
    /// Every run passed.
    pub passed: bool,
}

/// One run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    /// Which droplet was live before.
    pub live_before: String,
    /// Which droplet is live after, by the record.
    pub live_after: Option<String>,
    /// From the first failed request to the first of the sustained good responses, all outages together; `None` if it
    /// did not end.
    pub outage_ms: Option<f64>,
    /// The part of that after the end of a fault that ended by itself or was undone.
    pub outage_after_ms: Option<f64>,
    /// The same as `outage_ms` for requests on connections of their own.
    pub outage_fresh_ms: Option<f64>,
    /// The same for requests on connections that stay open.
    pub outage_kept_ms: Option<f64>,
    /// How many times without service there were.
    pub outages: usize,
    /// The cloud's share: from the accepted call to its completion.
    pub move_ms: Option<f64>,
    /// `outage_ms` without the move and without what the fault itself lasted, if all are known.
    pub own_ms: Option<f64>,
    /// How often the live IP was assigned.
    pub moves: usize,
    /// Requests sent.
    pub requests: usize,
    /// Requests that failed.
    pub failed: usize,
    /// Failed requests by kind.
    pub failures: BTreeMap<String, usize>,
    /// The largest delay of the load: beyond a few ms, this machine was too busy to measure well.
    pub largest_lag_ms: f64,
    /// Writes acknowledged with 204.
    pub writes_acknowledged: usize,
    /// Those that can't be read back.
    pub writes_lost: usize,
    /// The signed-in user, if there was one.
    pub witness: Option<Witnessed>,
    /// Offsets from the fault.
    pub phases_ms: Phases,
    /// From the end of the fault until the droplet was a fit standby.
    pub standby_back_ms: Option<f64>,
    /// Invariants that did not hold.
    pub broken: Vec<String>,
    /// `own_ms` was longer than allowed.
    pub too_long: bool,
}

impl Report {
    pub(crate) fn new(fault: String, rate: u32, runs: Vec<Run>) -> Self {
        let passed = runs.iter().all(Run::passed);
        Self {
            fault,
            rate,
            runs,
            passed,
        }
    }

    /// The exit code of the worst result.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let any = |what: fn(&Run) -> bool| self.runs.iter().any(what);
        if any(|run| run.writes_lost > 0) {
            WRITES_LOST
        } else if any(|run| !run.broken.is_empty()) {
            INVARIANT_BROKEN
        } else if any(|run| run.too_long) {
            TOO_LONG
        } else {
            PASSED
        }
    }

    pub(crate) fn column(&self, of: fn(&Run) -> Option<f64>) -> Vec<f64> {
        let mut values: Vec<f64> = self.runs.iter().filter_map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    }
}

impl Run {
    /// A run that could not be carried out.
    #[must_use]
    pub fn failed(error: &Error) -> Self {
        Self {
            broken: vec![error.to_string()],
            ..Self::default()
        }
    }

    /// Whether another run can follow.
    #[must_use]
    pub fn left_a_healthy_pair(&self) -> bool {
        self.standby_back_ms.is_some() && self.live_after.is_some()
    }

    /// Whether all requirements were met.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.broken.is_empty() && self.writes_lost == 0 && !self.too_long
    }
}

/// Right-aligned whole ms, or a dash.
struct Ms(Option<f64>);

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => f.pad(&format!("{value:.0}")),
            None => f.pad("-"),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.live_after.as_deref().unwrap_or("nobody");
        writeln!(f, "{} -> {after}", self.live_before)?;
        let p = &self.phases_ms;
        writeln!(
            f,
            "  ms after the fault: detected {}, decided {}, accepted {}, completed {}, first answer {}",
            Ms(p.detected),
            Ms(p.decided),
            Ms(p.accepted),
            Ms(p.completed),
            Ms(p.first_answer)
        )?;
        let failures: Vec<String> = self
            .failures
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        write!(f, "  {} of {} requests failed", self.failed, self.requests)?;
        if !failures.is_empty() {
            write!(f, ": {}", failures.join(", "))?;
        }
        writeln!(f, "; pair healthy after {} ms", Ms(self.standby_back_ms))?;
        if let Some(user) = &self.witness {
            writeln!(
                f,
                "  a signed-in user: {} of {} visits signed out, {} of {} messages undelivered, {} streams",
                user.signed_out, user.visits, user.undelivered, user.posted, user.streams
            )?;
        }
        for broken in &self.broken {
            writeln!(f, "  BROKEN: {broken}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, run) in (1..).zip(&self.runs) {
            write!(f, "run {number}: {run}")?;
        }
        writeln!(
            f,
            "\n{} at {} requests/s, times in ms",
            self.fault, self.rate
        )?;
        writeln!(
            f,
            "{:>4} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>6} {:>8}  result",
            "run", "outage", "fresh", "kept", "move", "own", "failed", "writes", "lost", "standby"
        )?;
        for (number, run) in (1..).zip(&self.runs) {
            let result = match (run.passed(), run.too_long && run.broken.is_empty()) {
                (true, _) => "ok",
                (_, true) => "too long",
                _ => "BROKEN",
            };
            writeln!(
                f,
                "{number:>4} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>6} {:>8}  {result}",
                Ms(run.outage_ms),
                Ms(run.outage_fresh_ms),
                Ms(run.outage_kept_ms),
                Ms(run.move_ms),
                Ms(run.own_ms),
                run.failed,
                run.writes_acknowledged,
                run.writes_lost,
                Ms(run.standby_back_ms),
            )?;
        }
        let own = self.column(|run| run.own_ms);
        if let Some(most) = own.last() {
            writeln!(
                f,
                "own outage: median {:.0}, p99 {:.0}, most {most:.0} ms",
                rank(&own, 50).unwrap_or_default(),
                rank(&own, 99).unwrap_or_default(),
            )?;
        }
        write!(f, "{}", if self.passed { "passed" } else { "FAILED" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(runs: Vec<Run>) -> Report {
        Report::new("app-stop".to_owned(), 50, runs)
    }

    #[test]
    fn the_worst_of_all_runs_is_the_exit_code() {
        let good = Run::default;
        let long = || Run {
            too_long: true,
            ..Run::default()
        };
        let broken = || Run {
            broken: vec!["x".to_owned()],
            ..Run::default()
        };
        let lost = || Run {
            writes_lost: 1,
            ..Run::default()
        };
        assert_eq!(report(vec![good(), good()]).exit_code(), PASSED);
        assert_eq!(report(vec![good(), long()]).exit_code(), TOO_LONG);
        assert_eq!(report(vec![broken(), long()]).exit_code(), INVARIANT_BROKEN);
        assert_eq!(
            report(vec![broken(), lost(), good()]).exit_code(),
            WRITES_LOST
        );
        assert!(!report(vec![lost()]).passed);
    }

    #[test]
    fn the_table_shows_what_is_unknown_as_a_dash() {
        let run = Run {
            live_before: "a".to_owned(),
            own_ms: Some(812.4),
            ..Run::default()
        };
        let text = report(vec![run]).to_string();
        assert!(text.contains("run 1: a -> nobody"), "{text}");
        assert!(
            text.contains("detected -,") && text.contains("812"),
            "{text}"
        );
    }
}
