//! What the decision table reads: the view, reduced to what makes a difference.

/// Where the live IP is, by the record as last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveLocation {
    /// The record was never read.
    Unread,
    /// On this droplet.
    Here,
    /// On the other droplet.
    There,
    /// On no droplet.
    Nowhere,
}

/// An accepted action of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnAction {
    /// None is pending.
    No,
    /// It is time to poll it.
    Due,
    /// It was polled just now.
    Asked,
}

/// What the live IP answered, if it was asked recently and after the last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was not asked.
    Unasked,
    /// It serves.
    Serves,
    /// It does not.
    Silent,
}

/// Whether an action that is not ours is pending on the live IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// None is pending.
    Open,
    /// One is pending.
    Locked,
    /// One has been pending for too long to be believed.
    Overdue,
}

/// All facts.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the table, independent of the others"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where the live IP is.
    pub live: LiveLocation,
    /// An operator has frozen automatic moves.
    pub frozen: bool,
    /// The local service is ready.
    pub fit: bool,
    /// Keepalived's state here is MASTER.
    pub master: bool,
    /// The record was read recently, and after the last event or failure.
    pub fresh: bool,
    /// An action of ours.
    pub pending: OwnAction,
    /// The API may be called now: no backoff, no `retry-after` and no rate limit forbids it.
    pub calls: bool,
    /// The live IP was moved to this droplet too often lately.
    pub damped: bool,
    /// What the live IP answered.
    pub answer: Answer,
    /// The live IP was moved to the other droplet just now, and has not answered there yet.
    pub settling: bool,
    /// The lock on the live IP in the record.
    pub lock: Lock,
    /// The stage IP is on this droplet.
    pub stage_here: bool,
    /// An operator claims by force.
    pub forced: bool,
}
