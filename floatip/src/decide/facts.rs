//! What the decision looks at: everything known, reduced to what makes a difference.

/// Where the live IP is, by the record as last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveLocation {
    /// Nobody has read it yet.
    Unread,
    /// On this droplet.
    Here,
    /// On another one.
    There,
    /// On none.
    Nowhere,
}

/// An accepted action of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnAction {
    /// There is none.
    No,
    /// It is time to ask for it.
    Due,
    /// It was asked for just now.
    Asked,
}

/// What the live IP answered from outside, lately enough and since the last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was not asked.
    Unasked,
    /// It serves.
    Serves,
    /// It doesn't.
    Silent,
}

/// Whether an action that is not ours is pending on the live IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// None is.
    Open,
    /// One is.
    Locked,
    /// One has been for too long to be believed.
    Overdue,
}

/// All that the table looks at.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the table, independent of the others"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The record.
    pub live: LiveLocation,
    /// An operator holds automatic moves.
    pub frozen: bool,
    /// The local service is ready.
    pub fit: bool,
    /// Keepalived's state here is MASTER.
    pub master: bool,
    /// The record was read lately enough, and since the last event or failure.
    pub fresh: bool,
    /// An action of ours.
    pub pending: OwnAction,
    /// The API may be called now: no failed call, `retry-after` or rate limit stands against it.
    pub calls: bool,
    /// The live IP came here too often lately.
    pub damped: bool,
    /// What the live IP answered.
    pub answer: Answer,
    /// The live IP was moved to another droplet just now, and has not answered there yet.
    pub settling: bool,
    /// The lock in the record.
    pub lock: Lock,
    /// The stage IP is on this droplet.
    pub stage_here: bool,
    /// An operator claims by force.
    pub forced: bool,
}
