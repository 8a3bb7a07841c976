//! One move of a reserved IP as a state machine without I/O: [`MoveState`] names the next call, and receives its result.
//! [`crate::mover::execute`] makes the calls.
//!
//! It reads the record first, and again after everything that isn't a plain success. So a lost answer or a repeated call does no harm,
//! and it never acts on a record that someone else has changed.

use std::{fmt, net::Ipv4Addr, time::Duration};

use crate::{
    clock::Moment,
    mover::{
        api::{Action, Error, Holding, Progress},
        order::{Accepted, MoveError, Order, Place},
    },
};

/// Times of a move.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For all of it.
    pub deadline: Duration,
    /// Between polls of the action, and between reads while another's action is pending.
    pub poll_every: Duration,
    /// First wait after a failed call; it doubles each time.
    pub backoff_first: Duration,
    /// Longest wait after a failed call, unless the API asks for more.
    pub backoff_most: Duration,
    /// Longest wait that the API can ask for: the record may change meanwhile.
    pub retry_after_most: Duration,
    /// This many 422 in a row without a reason in the record are final: the request itself is wrong. Without it the deadline alone
    /// ends the move.
    pub refusals_most: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_mins(1),
            poll_every: Duration::from_millis(500),
            backoff_first: Duration::from_millis(200),
            backoff_most: Duration::from_secs(2),
            retry_after_most: Duration::MAX,
            refusals_most: Some(5),
        }
    }
}

/// A move that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where the IP was.
    pub from: Place,
    /// False if it was where it should be already.
    pub changed: bool,
    /// Time from the first call to the record that proves it.
    pub took: Duration,
    /// Calls that failed, and actions that ended as errored.
    pub failed_tries: u32,
}

/// A call of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Read the record of all reserved IPs.
    List,
    /// Assign the IP to this droplet.
    Assign(u64),
    /// Take the IP from its droplet.
    Unassign,
    /// Read the state of this action.
    Poll(u64),
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => f.write_str("reading the record"),
            Self::Assign(droplet) => write!(f, "assigning to droplet {droplet}"),
            Self::Unassign => f.write_str("releasing"),
            Self::Poll(action) => write!(f, "polling action {action}"),
        }
    }
}

/// The result of a call.
#[derive(Clone, Debug)]
pub enum CallResult {
    /// Of [`Call::List`].
    Listed(Result<Vec<(Ipv4Addr, Holding)>, Error>),
    /// Of [`Call::Assign`] and [`Call::Unassign`].
    Started(Result<Action, Error>),
    /// Of [`Call::Poll`].
    Polled(Result<Action, Error>),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextCall {
    /// Make this call, and hand its result to [`MoveState::receive`].
    Call(Call),
    /// Nothing until then.
    Wait(Moment),
    /// The move has ended.
    End(Result<Moved, MoveError>),
}

/// Progress of a move that is worth showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveEvent {
    /// A call failed.
    Failed {
        /// The call.
        call: Call,
        /// Its error.
        error: Error,
        /// When the move continues.
        retry_in: Duration,
    },
    /// The API accepted the move.
    Accepted {
        /// The action.
        action: u64,
    },
    /// An action ended as `errored`.
    Errored {
        /// The action.
        action: u64,
    },
    /// Someone else's action is pending.
    Locked,
}

impl fmt::Display for MoveEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed {
                call,
                error,
                retry_in,
            } => {
                write!(f, "{call}: {error}; retry in {} ms", retry_in.as_millis())
            }
            Self::Accepted { action } => write!(f, "accepted as action {action}"),
            Self::Errored { action } => write!(f, "action {action} ended as errored; retrying"),
            Self::Locked => f.write_str("an action on it is pending; waiting for its end"),
        }
    }
}

#[derive(Clone, Debug)]
enum Goal {
    Move(Order),
    Locate(Ipv4Addr),
}

/// A move that is under way.
#[derive(Clone, Debug)]
pub struct MoveState {
    goal: Goal,
    limits: Limits,
    began: Moment,
    wake: Moment,
    todo: Call,
    found: Option<Place>,
    acted: bool,
    failures: u32,
    failed_tries: u32,
    refusals: u32,
    last: Option<Error>,
    end: Option<Result<Moved, MoveError>>,
}

impl MoveState {
    /// Begins to carry out `order`.
    #[must_use]
    pub fn new(order: Order, limits: Limits, now: Moment) -> Self {
        Self::begin(Goal::Move(order), limits, now)
    }

    /// Begins to find out where an IP is: a move that changes nothing, whose [`Moved::from`] is the result.
    #[must_use]
    pub fn locate(ip: Ipv4Addr, limits: Limits, now: Moment) -> Self {
        Self::begin(Goal::Locate(ip), limits, now)
    }

    fn begin(goal: Goal, limits: Limits, now: Moment) -> Self {
        Self {
            goal,
            limits,
            began: now,
            wake: now,
            todo: Call::List,
            found: None,
            acted: false,
            failures: 0,
            failed_tries: 0,
            refusals: 0,
            last: None,
            end: None,
        }
    }

    /// What to do now.
    #[must_use]
    pub fn next(&self, now: Moment) -> NextCall {
        if let Some(end) = &self.end {
            return NextCall::End(end.clone());
        }
        if now >= self.began + self.limits.deadline {
            let (after, last) = (self.limits.deadline, self.last.clone());
            return NextCall::End(Err(MoveError::NotInTime { after, last }));
        }
        if self.wake > now {
            return NextCall::Wait(self.wake.min(self.began + self.limits.deadline));
        }
        NextCall::Call(self.todo)
    }

    /// Receives the result of the call that [`Self::next`] named; `jitter`, from 0 to 1, spreads waiting times.
    pub fn receive(&mut self, now: Moment, result: CallResult, jitter: f64) -> Option<MoveEvent> {
        let call = std::mem::replace(&mut self.todo, Call::List);
        self.wake = now;
        match result {
            CallResult::Listed(Ok(record)) => self.compare(now, &record),
            CallResult::Started(Ok(action)) => {
                self.acted = true;
                self.failures = 0;
                self.todo = Call::Poll(action.id);
                self.wake = now + self.limits.poll_every;
                Some(MoveEvent::Accepted { action: action.id })
            }
            CallResult::Polled(Ok(action)) => match action.status {
                Progress::InProgress => {
                    self.todo = call;
                    self.wake = now + self.limits.poll_every;
                    None
                }
                Progress::Completed => None,
                Progress::Errored => {
                    self.failed_tries += 1;
                    Some(MoveEvent::Errored { action: action.id })
                }
            },
            // The action is not known yet, or never will be. The record decides; while it shows a lock, the move waits.
            CallResult::Polled(Err(Error::NotFound { .. })) => {
                self.wake = now + self.limits.poll_every;
                None
            }
            CallResult::Listed(Err(error))
            | CallResult::Started(Err(error))
            | CallResult::Polled(Err(error)) => self.failed(now, call, error, jitter),
        }
    }

    fn failed(&mut self, now: Moment, call: Call, error: Error, jitter: f64) -> Option<MoveEvent> {
        self.failed_tries += 1;
        if error.is_lasting() {
            self.end = Some(Err(error.into()));
            return None;
        }
        if matches!(error, Error::Unprocessable { .. }) {
            self.refusals += 1;
            if self
                .limits
                .refusals_most
                .is_some_and(|most| self.refusals > most)
            {
                self.end = Some(Err(error.into()));
                return None;
            }
        } else if matches!(call, Call::Assign(_) | Call::Unassign) {
            // The call may have been carried out although its response was lost.
            self.acted |= matches!(error, Error::Silent(_) | Error::Server { .. });
        }
        let doubled = self
            .limits
            .backoff_first
            .saturating_mul(1 << self.failures.min(16));
        let wait = doubled
            .min(self.limits.backoff_most)
            .mul_f64(0.8 + 0.4 * jitter);
        let asked = error.retry_after().unwrap_or_default();
        let retry_in = wait.max(asked.min(self.limits.retry_after_most));
        self.failures += 1;
        self.wake = now + retry_in;
        self.last = Some(error.clone());
        Some(MoveEvent::Failed {
            call,
            error,
            retry_in,
        })
    }

    /// Compares the record with what is wanted.
    fn compare(&mut self, now: Moment, record: &[(Ipv4Addr, Holding)]) -> Option<MoveEvent> {
        let ip = match &self.goal {
            Goal::Move(order) => order.ip,
            Goal::Locate(ip) => *ip,
        };
        let Some((_, here)) = record.iter().find(|(it, _)| *it == ip) else {
            self.end = Some(Err(MoveError::UnknownIp(ip)));
            return None;
        };
        let place = Place::from(here.holder);
        self.found.get_or_insert(place);
        let Goal::Move(order) = &mut self.goal else {
            self.end = Some(Ok(self.moved(now)));
            return None;
        };
        let blocked = order.occupant(record).is_some_and(|(_, it)| it.locked);
        if here.locked || (blocked && place != order.to) {
            self.refusals = 0;
            self.wake = now + self.limits.poll_every;
            return Some(MoveEvent::Locked);
        }
        if order.from == Accepted::WhereFound {
            order.from = Accepted::only(place);
        }
        match order.check(record) {
            Ok(true) => self.todo = order.to.droplet().map_or(Call::Unassign, Call::Assign),
            Ok(false) => self.end = Some(Ok(self.moved(now))),
            Err(error) => self.end = Some(Err(error)),
        }
        None
    }

    fn moved(&self, now: Moment) -> Moved {
        Moved {
            from: self.found.unwrap_or(Place::Nowhere),
            changed: self.acted,
            took: now.saturating_sub(self.began),
            failed_tries: self.failed_tries,
        }
    }
}
