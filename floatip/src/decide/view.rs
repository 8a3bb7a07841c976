//! Everything that a decision is based on: the record, VRRP, fitness, and when each was observed.

use crate::{clock::Moment, decide::history::History, mover::api::Holding, observe::vrrp::Vrrp};

/// DigitalOcean's record of both reserved IPs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The live IP.
    pub live: Holding,
    /// The stage IP, if there is one.
    pub stage: Option<Holding>,
}

/// A value, and when it was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<T> {
    /// The value.
    pub value: T,
    /// The value is at least this recent.
    pub at: Moment,
}

/// Everything that a decision is based on.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Now.
    pub now: Moment,
    /// This droplet.
    pub me: u64,
    /// Keepalived's state here.
    pub vrrp: Vrrp,
    /// The local service is ready.
    pub fit: bool,
    /// An operator has frozen automatic moves.
    pub frozen: bool,
    /// The newest record that was read.
    pub record: Option<Seen<Record>>,
    /// Whether the live IP answered when it was last asked.
    pub live_answers: Option<Seen<bool>>,
    /// Earlier calls and moves.
    pub history: &'a History,
}
