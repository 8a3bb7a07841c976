//! Everything that a decision is based on: the record, VRRP, fitness, and when each was observed.

use crate::{clock::Moment, decide::history::History, mover::api::Holding, observe::vrrp::Vrrp};

/// What was read of DigitalOcean's record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The live IP.
    pub live: Holding,
    /// The stage IP, if there is one.
    pub stage: Option<Holding>,
}

/// Something seen, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<T> {
    /// What was seen.
    pub value: T,
    /// How old it is at most.
    pub at: Moment,
}

/// All that a decision rests on.
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
    /// An operator holds automatic moves.
    pub frozen: bool,
    /// The last record that could be read.
    pub record: Option<Seen<Record>>,
    /// Whether the live IP answered when it was last asked.
    pub live_answers: Option<Seen<bool>>,
    /// What was done before.
    pub history: &'a History,
}
