//! Faults on demand: which are active, and until when.

mod kind;

pub use kind::Fault;

use crate::machine::spec::Cut;
use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::Serialize;
use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// An active fault.
#[derive(Debug, Clone, Serialize)]
pub struct ActiveFault {
    /// Unique while the daemon runs.
    pub id: u64,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
    /// When it ends by itself.
    pub until: Timestamp,
    /// The share of calls that it hits, from 0 to 1; faults of the API only.
    pub share: f64,
    /// Seed of the random choice of calls or packets: the same seed selects the same ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(skip)]
    random: SmallRng,
}

/// What happens to a call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFault {
    /// It is answered with this status.
    Status(u16),
    /// It is answered with 429.
    RateLimit,
    /// It is delayed this long, then handled.
    Late(Duration),
    /// It gets no response and is not handled.
    Silent,
    /// It is handled, and its response is lost.
    AnswerLost,
}

/// All active faults.
#[derive(Debug)]
pub struct Faults {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next: u64,
    active: Vec<ActiveFault>,
    /// Reserved IPs whose traffic goes nowhere since they moved.
    stranded: HashSet<Ipv4Addr>,
    /// Droplets that boot after a fault has killed them.
    returning: HashSet<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        let state = State {
            next: 1,
            active: Vec::new(),
            stranded: HashSet::new(),
            returning: HashSet::new(),
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

    /// The active faults, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<ActiveFault> {
        self.lock().active.clone()
    }

    /// Adds a fault for `duration`; without a `seed`, a random one is used.
    pub fn add(
        &self,
        fault: Fault,
        duration: Duration,
        share: f64,
        seed: Option<u64>,
    ) -> ActiveFault {
        let mut state = self.lock();
        // Short enough to type, and exact as a JSON number.
        let seed = seed.unwrap_or_else(|| rand::random::<u32>().into());
        let by_chance = share < 1.0 || matches!(fault, Fault::PacketLoss { .. });
        let active = ActiveFault {
            id: state.next,
            fault,
            until: Timestamp::now() + duration,
            share,
            seed: by_chance.then_some(seed),
            random: SmallRng::seed_from_u64(seed),
        };
        state.next += 1;
        state.active.push(active.clone());
        active
    }

    /// Removes a fault from those in force; `None` if it is over already.
    pub fn remove(&self, id: u64) -> Option<ActiveFault> {
        let mut state = self.lock();
        let place = state.active.iter().position(|active| active.id == id)?;
        let removed = state.active.remove(place);
        if let Fault::DropletKilled { droplet } = removed.fault {
            state.returning.insert(droplet);
        }
        let pivot = |active: &ActiveFault| matches!(active.fault, Fault::ReservedIpPivot { .. });
        if !state.active.iter().any(pivot) {
            state.stranded.clear();
        }
        Some(removed)
    }

    /// What happens to the next call of the API.
    #[must_use]
    pub fn of_next_call(&self) -> Option<CallFault> {
        let mut state = self.lock();
        state.active.iter_mut().find_map(|active| {
            let hit = match active.fault {
                Fault::ApiStatus { status } => CallFault::Status(status),
                Fault::ApiLatency { millis } => CallFault::Late(Duration::from_millis(millis)),
                Fault::ApiSilent => CallFault::Silent,
                Fault::ApiAnswerLost => CallFault::AnswerLost,
                Fault::ApiRateLimit => CallFault::RateLimit,
                _ => return None,
            };
            (active.random.random::<f64>() < active.share).then_some(hit)
        })
    }

    /// Whether moves of reserved IPs end as `errored`.
    #[must_use]
    pub fn actions_fail(&self) -> bool {
        self.has(&Fault::ActionErrored)
    }

    /// Whether traffic stays where it is, independent of the record.
    #[must_use]
    pub fn traffic_stays(&self) -> bool {
        self.has(&Fault::ActionEarly)
    }

    /// For how long an action is not found after it was asked for.
    #[must_use]
    pub fn actions_unknown_for(&self) -> Duration {
        let state = self.lock();
        let hidden = state.active.iter().filter_map(|active| match active.fault {
            Fault::ActionUnknown { millis } => Some(Duration::from_millis(millis)),
            _ => None,
        });
        hidden.max().unwrap_or_default()
    }

    /// Records that `ip` moves to a droplet that lost another reserved IP at the given time.
    pub fn record_move(&self, ip: Ipv4Addr, released: Option<(Ipv4Addr, Timestamp)>) {
        let mut state = self.lock();
        let soon = state.active.iter().filter_map(|active| match active.fault {
            Fault::ReservedIpPivot { millis } => Some(Duration::from_millis(millis)),
            _ => None,
        });
        let soon = soon.max().unwrap_or_default();
        let pivots = released.is_some_and(|(other, at)| {
            other != ip && Timestamp::now().duration_since(at).unsigned_abs() < soon
        });
        if pivots {
            state.stranded.insert(ip);
        } else {
            state.stranded.remove(&ip);
        }
    }

    /// Whether the traffic of a reserved IP goes nowhere.
    #[must_use]
    pub fn is_stranded(&self, ip: Ipv4Addr) -> bool {
        self.lock().stranded.contains(&ip)
    }

    /// Whether a droplet is down because of a fault, and not by its own doing.
    #[must_use]
    pub fn keeps_down(&self, droplet: u64) -> bool {
        self.has(&Fault::DropletKilled { droplet }) || self.lock().returning.contains(&droplet)
    }

    /// Whether a fault has taken a whole database down, so that no failover may repair it.
    #[must_use]
    pub fn breaks_database(&self, database: Uuid) -> bool {
        self.has(&Fault::DatabaseDown { database }) || self.has(&Fault::DatabaseFrozen { database })
    }

    /// Whether a fault keeps a node of a database down.
    #[must_use]
    pub fn keeps_node_away(&self, database: Uuid) -> bool {
        self.has(&Fault::DatabaseNodeDown { database })
    }

    /// Records that a droplet that a fault had killed has booted.
    pub fn record_return(&self, droplet: u64) {
        self.lock().returning.remove(&droplet);
    }

    /// Whether this very fault is in force.
    #[must_use]
    pub fn has(&self, fault: &Fault) -> bool {
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
            Fault::PacketLoss { droplet, percent } => Some(Cut::Loss {
                droplet,
                percent,
                seed: active.seed.unwrap_or_default(),
            }),
            _ => None,
        });
        cuts.collect()
    }
}
