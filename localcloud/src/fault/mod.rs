//! Faults on demand: what is wrong at the moment, and for how long.

mod breaker;

pub use breaker::Breaker;

use crate::plane::spec::{Cut, Direction};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// One way in which things go wrong. In JSON, `kind` names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fault {
    /// The API answers every call with this status.
    ApiStatus {
        /// From 400 to 599.
        status: u16,
    },
    /// The API answers late.
    ApiLatency {
        /// By so much.
        millis: u64,
    },
    /// The API accepts connections and says nothing.
    ApiSilent,
    /// The API does what it is asked, and the answer is lost.
    ApiAnswerLost,
    /// The API says 429 with `retry-after`.
    ApiRateLimit,
    /// Moves of reserved IPs end as `errored`.
    ActionErrored,
    /// Moves of reserved IPs end as `completed`, and traffic follows only when the fault is over.
    ActionEarly,
    /// No process of a droplet runs; its addresses exist.
    DropletFrozen {
        /// Its id.
        droplet: u64,
    },
    /// A droplet's VPC link passes nothing.
    VpcCut {
        /// Its id.
        droplet: u64,
        /// Seen from the droplet.
        direction: Direction,
    },
    /// A share of a droplet's packets is lost, on both interfaces, both ways.
    PacketLoss {
        /// Its id.
        droplet: u64,
        /// From 1 to 100.
        percent: u8,
    },
    /// A database's server does not run.
    DatabaseDown {
        /// The cluster's id.
        database: Uuid,
    },
    /// A database's server accepts connections and does nothing.
    DatabaseFrozen {
        /// The cluster's id.
        database: Uuid,
    },
}

/// A fault that is in force.
#[derive(Debug, Clone, Serialize)]
pub struct Active {
    /// Tells it from others.
    pub id: u64,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
    /// When it ends by itself.
    pub until: Timestamp,
    /// The share of calls that it hits, from 0 to 1; faults of the API only.
    pub share: f64,
}

/// What happens to a call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFault {
    /// It is answered with this status.
    Status(u16),
    /// It is answered with 429.
    RateLimit,
    /// It waits this long, then is served.
    Late(Duration),
    /// It is never answered.
    Silent,
    /// It is served and never answered.
    AnswerLost,
}

/// All faults in force.
#[derive(Debug)]
pub struct Faults {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next: u64,
    active: Vec<Active>,
    random: StdRng,
}

impl Default for Faults {
    fn default() -> Self {
        let state = State {
            next: 1,
            active: Vec::new(),
            random: StdRng::seed_from_u64(1),
        };
        Self {
            state: Mutex::new(state),
        }
    }
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in force, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Active> {
        self.lock().active.clone()
    }

    /// Notes a fault for `duration`; with a `seed` the calls that it hits are the same each time.
    fn add(&self, fault: Fault, duration: Duration, share: f64, seed: Option<u64>) -> Active {
        let mut state = self.lock();
        if let Some(seed) = seed {
            state.random = StdRng::seed_from_u64(seed);
        }
        let active = Active {
            id: state.next,
            fault,
            until: Timestamp::now() + duration,
            share,
        };
        state.next += 1;
        state.active.push(active.clone());
        active
    }

    fn remove(&self, id: u64) -> Option<Active> {
        let mut state = self.lock();
        let place = state.active.iter().position(|active| active.id == id)?;
        Some(state.active.remove(place))
    }

    /// What happens to the next call of the API.
    #[must_use]
    pub fn of_next_call(&self) -> Option<CallFault> {
        let mut state = self.lock();
        let State { active, random, .. } = &mut *state;
        active.iter().find_map(|active| {
            let hit = match active.fault {
                Fault::ApiStatus { status } => CallFault::Status(status),
                Fault::ApiLatency { millis } => CallFault::Late(Duration::from_millis(millis)),
                Fault::ApiSilent => CallFault::Silent,
                Fault::ApiAnswerLost => CallFault::AnswerLost,
                Fault::ApiRateLimit => CallFault::RateLimit,
                _ => return None,
            };
            (random.random::<f64>() < active.share).then_some(hit)
        })
    }

    /// Whether moves of reserved IPs end as `errored`.
    #[must_use]
    pub fn actions_fail(&self) -> bool {
        self.has(&Fault::ActionErrored)
    }

    /// Whether traffic stays where it is, whatever the record says.
    #[must_use]
    pub fn traffic_stays(&self) -> bool {
        self.has(&Fault::ActionEarly)
    }

    fn has(&self, fault: &Fault) -> bool {
        self.lock()
            .active
            .iter()
            .any(|active| active.fault == *fault)
    }

    /// What is cut in the network.
    #[must_use]
    pub fn cuts(&self) -> Vec<Cut> {
        let state = self.lock();
        let cuts = state.active.iter().filter_map(|active| match active.fault {
            Fault::VpcCut { droplet, direction } => Some(Cut::Vpc { droplet, direction }),
            Fault::PacketLoss { droplet, percent } => Some(Cut::Loss { droplet, percent }),
            _ => None,
        });
        cuts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_share_of_calls_is_hit_the_same_ones_with_the_same_seed() {
        let hits = |seed| {
            let faults = Faults::default();
            faults.add(Fault::ApiSilent, MINUTE, 0.5, Some(seed));
            let calls = (0..200).map(|_| faults.of_next_call().is_some());
            calls.collect::<Vec<bool>>()
        };
        assert_eq!(hits(7), hits(7));
        assert_ne!(hits(7), hits(8));
        let count = hits(7).iter().filter(|hit| **hit).count();
        assert!((60..140).contains(&count), "{count} of 200");
    }

    #[test]
    fn a_removed_fault_hits_nothing() {
        let faults = Faults::default();
        let active = faults.add(Fault::ApiStatus { status: 500 }, MINUTE, 1.0, None);
        assert_eq!(faults.of_next_call(), Some(CallFault::Status(500)));
        assert!(faults.remove(active.id).is_some());
        assert_eq!(faults.of_next_call(), None);
        assert!(faults.remove(active.id).is_none());
    }

    #[test]
    fn faults_read_as_they_are_written() {
        let text = r#"{"kind":"vpc-cut","droplet":7,"direction":"both"}"#;
        let fault: Fault = serde_json::from_str(text).expect("known");
        assert_eq!(
            fault,
            Fault::VpcCut {
                droplet: 7,
                direction: Direction::Both
            }
        );
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"earthquake"}"#).is_err());
    }
}
