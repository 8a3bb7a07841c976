//! How many requests may fail in each trial.

use std::time::Duration;

use release::step::Step;

use crate::clients::ClientStats;
use crate::result::TrialResult;
use crate::trial::{Moment, Trial};

/// Requests that may fail in a release.
const MAX_FAILED: usize = 1;
/// How long users may have no service when a droplet dies: the failover, and the two seconds in which the cloud moves the live IP.
const MAX_OUTAGE: Duration = Duration::from_millis(4500);
/// More of it while the standby holds the stage IP: the failover takes that off first, which is another move and another call.
const STAGE_IP: Duration = Duration::from_millis(2500);

impl Trial {
    /// Adds a problem to `result` for each limit that was exceeded.
    pub fn judge(&self, result: &mut TrialResult, clients: &ClientStats, tolerance: f64) {
        let besides = share(clients.requests, tolerance);
        let max_failed = match self {
            // Each of two moves may fail a request: there and back.
            Self::Rollback | Self::Kill(..) => Some(2 * MAX_FAILED + besides),
            // The new version itself fails requests.
            Self::Bad(fault) if fault.needs_live_traffic() => None,
            Self::Dead(..) => None,
            _ => Some(MAX_FAILED + besides),
        };
        result.expect(
            clients.lost == 0,
            &format!("{} acknowledged writes are lost", clients.lost),
        );
        result.expect(
            clients.wrong_version == 0,
            &format!(
                "{} responses come from a version that must not respond",
                clients.wrong_version
            ),
        );
        if let Some(max) = max_failed {
            result.expect(
                clients.failed <= max,
                &format!("{} requests failed", clients.failed),
            );
        }
        if let Self::Dead(_, moment) = self {
            result.expect(
                clients.longest_outage <= max_outage(*moment),
                &format!(
                    "requests failed for {:.1} s",
                    clients.longest_outage.as_secs_f64()
                ),
            );
        }
        if !matches!(self, Self::Bad(_) | Self::Dead(..)) {
            result.expect(
                clients.failed_twice <= besides / 4,
                &format!("{} requests would have failed twice", clients.failed_twice),
            );
        }
    }
}

fn max_outage(moment: Moment) -> Duration {
    match moment {
        Moment::Step(Step::Verify | Step::Switch | Step::Unstage) => MAX_OUTAGE + STAGE_IP,
        _ => MAX_OUTAGE,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a count"
)]
fn share(requests: usize, tolerance: f64) -> usize {
    (requests as f64 * tolerance) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{Takeover, Victim};

    fn problems(trial: Trial, clients: &ClientStats) -> Vec<String> {
        let mut result = TrialResult::default();
        trial.judge(&mut result, clients, 0.0);
        result.problems
    }

    #[test]
    fn a_good_release_may_fail_one_request_and_a_way_back_two() {
        let failed = |failed| ClientStats {
            requests: 1000,
            failed,
            ..ClientStats::default()
        };
        assert!(problems(Trial::Good, &failed(1)).is_empty());
        assert_eq!(problems(Trial::Good, &failed(2)).len(), 1);
        let killed = Trial::Kill(Step::Move, Takeover::Rollback);
        assert!(problems(killed, &failed(2)).is_empty());
        assert_eq!(problems(killed, &failed(3)).len(), 1);
    }

    #[test]
    fn no_write_may_be_lost_and_a_death_is_judged_by_its_outage() {
        let dead = Trial::Dead(Victim::Live, Moment::Step(Step::Install));
        let mut clients = ClientStats {
            failed: 100,
            longest_outage: Duration::from_secs(4),
            ..ClientStats::default()
        };
        assert!(problems(dead, &clients).is_empty());
        clients.longest_outage = Duration::from_secs(5);
        assert_eq!(problems(dead, &clients).len(), 1);
        let staged = Trial::Dead(Victim::Live, Moment::Step(Step::Verify));
        assert!(problems(staged, &clients).is_empty());
        clients.lost = 1;
        assert_eq!(problems(staged, &clients).len(), 1);
    }
}
