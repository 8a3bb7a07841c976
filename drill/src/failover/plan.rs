//! How drills of a pair are carried out.

use super::load::Traffic;
use std::time::Duration;

/// How drills of a pair are carried out.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How often each fault is injected.
    pub runs: u32,
    /// The load.
    pub traffic: Traffic,
    /// The longest outage that is allowed, without the cloud's share, if not the fault's own bound.
    pub max_outage: Option<Duration>,
    /// Added to the bound: for a machine that is too busy to measure well.
    pub slack: Duration,
    /// How long the cloud takes for a move; if it is not known, the agent's log decides.
    pub move_latency: Option<Duration>,
    /// The longest duration of a fault that ends after its time.
    pub lasts_at_most: Duration,
    /// How long the pair is observed once it is healthy again.
    pub settle: Duration,
    /// Whether a signed-in user with an open timeline is observed too.
    pub witness: bool,
    /// How long clients may be without service before a run counts as not recovered.
    pub recover_within: Duration,
    /// How long the pair may take to be healthy again once the fault is undone.
    pub standby_within: Duration,
}
