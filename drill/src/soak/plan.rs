//! Which faults a round injects, and when.

use crate::failover::fault::Fault;
use crate::random::Random;
use std::time::Duration;

/// One of this many rounds has two faults at once.
const ONE_IN_WITH_TWO: u64 = 3;

/// The faults of a round, all of them from random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoundPlan {
    pub(super) faults: Vec<PlannedFault>,
    /// How long all of them stay in place, at least.
    pub(super) hold: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedFault {
    pub(super) fault: Fault,
    /// The fault's steps for the live droplet are taken on the standby, and the other way round.
    pub(super) swapped: bool,
    /// After the fault before it, or after the warm-up.
    pub(super) after: Duration,
}

impl RoundPlan {
    /// The plan depends on the seed and the round's number alone.
    pub(super) fn of(seed: u64, round: u64, faults: &[Fault]) -> Self {
        let mut random = Random::new(seed.wrapping_add(round.wrapping_mul(0x9E37_79B9)));
        let both = random.below(ONE_IN_WITH_TWO) == 0;
        let mut planned = Vec::new();
        for number in 0..if both { 2 } else { 1 } {
            let place = usize::try_from(random.below(faults.len() as u64)).unwrap_or_default();
            planned.push(PlannedFault {
                fault: faults[place],
                swapped: number == 1 && random.below(2) == 0,
                after: Duration::from_millis(random.below(4000)),
            });
        }
        Self {
            faults: planned,
            hold: Duration::from_millis(2000 + random.below(10_000)),
        }
    }
}

impl PlannedFault {
    /// Its name, with the place where that is not the usual one.
    pub(super) fn name(&self) -> String {
        let swapped = if self.swapped { " (swapped)" } else { "" };
        format!("{}{swapped}", self.fault.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;
    use std::collections::BTreeSet;

    #[test]
    fn seed_and_number_repeat_a_round() {
        let faults = Fault::value_variants();
        let plans = |seed| -> Vec<RoundPlan> {
            (0..200)
                .map(|round| RoundPlan::of(seed, round, faults))
                .collect()
        };
        assert_eq!(plans(7), plans(7));
        assert_ne!(plans(7), plans(8));
        let drawn: BTreeSet<Fault> = plans(7)
            .iter()
            .flat_map(|plan| &plan.faults)
            .map(|planned| planned.fault)
            .collect();
        assert!(drawn.len() > faults.len() * 9 / 10, "{}", drawn.len());
        assert!(plans(7).iter().any(|plan| plan.faults.len() == 2));
    }
}
