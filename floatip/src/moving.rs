//! One move of a reserved IP, from a stated record to a droplet or nowhere. Pure: [`Moving`] says which call is next and is told what
//! came of it; [`crate::hand`] makes the calls.
//!
//! It reads the record first and after everything that isn't a plain success, so an answer that is lost or a call that is repeated
//! does no harm, and it never acts on a record that someone else has changed.

use std::{fmt, net::Ipv4Addr, time::Duration};

use crate::{
    api::{Action, Error, Progress},
    decision::{Holding, Moment},
    order::{Expected, NotMoved, Order},
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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_mins(1),
            poll_every: Duration::from_millis(500),
            backoff_first: Duration::from_millis(200),
            backoff_most: Duration::from_secs(2),
        }
    }
}

/// A 422 without a reason in the record, so often in a row, is the API's last word: the request itself is wrong.
const PATIENCE: u32 = 5;

/// How a move ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Who held the IP.
    pub from: Option<u64>,
    /// False if it was where it should be already.
    pub changed: bool,
    /// Time from the first call to the record that proves it.
    pub took: Duration,
    /// Calls that the API did not answer with a success.
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
    /// Ask how far this action is.
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

/// What came of a call.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Of [`Call::List`].
    Listed(Result<Vec<(Ipv4Addr, Holding)>, Error>),
    /// Of the calls that act.
    Started(Result<Action, Error>),
    /// Of [`Call::Poll`].
    Polled(Result<Action, Error>),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Make this call, and tell its answer.
    Call(Call),
    /// Nothing until then.
    Wait(Moment),
    /// It is over.
    End(Result<Moved, NotMoved>),
}

/// One thing worth showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A call failed.
    Failed {
        /// Which.
        call: Call,
        /// Why.
        error: Error,
        /// When it goes on.
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

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed {
                call,
                error,
                retry_in,
            } => {
                write!(f, "{call}: {error}; again in {} ms", retry_in.as_millis())
            }
            Self::Accepted { action } => write!(f, "accepted as action {action}"),
            Self::Errored { action } => write!(f, "action {action} ended as errored; again"),
            Self::Locked => f.write_str("an action on it is pending; waiting for its end"),
        }
    }
}

/// A move that is under way.
#[derive(Clone, Debug)]
pub struct Moving {
    order: Order,
    limits: Limits,
    began: Moment,
    wake: Moment,
    todo: Call,
    acted: bool,
    failures: u32,
    failed_tries: u32,
    refusals: u32,
    last: Option<Error>,
    end: Option<Result<Moved, NotMoved>>,
}

impl Moving {
    /// Begins to carry out `order`.
    #[must_use]
    pub fn new(order: Order, limits: Limits, now: Moment) -> Self {
        Self {
            order,
            limits,
            began: now,
            wake: now,
            todo: Call::List,
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
    pub fn next(&self, now: Moment) -> Next {
        if let Some(end) = &self.end {
            return Next::End(end.clone());
        }
        if now >= self.began + self.limits.deadline {
            let (after, last) = (self.limits.deadline, self.last.clone());
            return Next::End(Err(NotMoved::NotInTime { after, last }));
        }
        if self.wake > now {
            return Next::Wait(self.wake.min(self.began + self.limits.deadline));
        }
        Next::Call(self.todo)
    }

    /// Takes in what came of the call that [`Self::next`] asked for; `jitter`, from 0 to 1, spreads waiting times.
    pub fn told(&mut self, now: Moment, answer: Answer, jitter: f64) -> Option<Note> {
        let call = std::mem::replace(&mut self.todo, Call::List);
        self.wake = now;
        match answer {
            Answer::Listed(Ok(record)) => self.decide(now, &record),
            Answer::Started(Ok(action)) => {
                self.acted = true;
                self.todo = Call::Poll(action.id);
                self.wake = now + self.limits.poll_every;
                Some(Note::Accepted { action: action.id })
            }
            Answer::Polled(Ok(action)) => match action.status {
                Progress::InProgress => {
                    self.todo = call;
                    self.wake = now + self.limits.poll_every;
                    None
                }
                Progress::Completed => None,
                Progress::Errored => {
                    self.failed_tries += 1;
                    Some(Note::Errored { action: action.id })
                }
            },
            // Unknown at first, or for ever: the record tells, and a lock in it says to wait.
            Answer::Polled(Err(Error::NotFound { .. })) => {
                self.wake = now + self.limits.poll_every;
                None
            }
            Answer::Listed(Err(error))
            | Answer::Started(Err(error))
            | Answer::Polled(Err(error)) => self.failed(now, call, error, jitter),
        }
    }

    fn failed(&mut self, now: Moment, call: Call, error: Error, jitter: f64) -> Option<Note> {
        self.failed_tries += 1;
        if error.is_lasting() {
            self.end = Some(Err(error.into()));
            return None;
        }
        if matches!(error, Error::Unprocessable { .. }) {
            self.refusals += 1;
            if self.refusals > PATIENCE {
                self.end = Some(Err(error.into()));
                return None;
            }
        } else if matches!(call, Call::Assign(_) | Call::Unassign) {
            // The answer was lost, perhaps, and not the call.
            self.acted |= matches!(error, Error::Silent(_) | Error::Server { .. });
        }
        let doubled = self
            .limits
            .backoff_first
            .saturating_mul(1 << self.failures.min(16));
        let wait = doubled
            .min(self.limits.backoff_most)
            .mul_f64(0.8 + 0.4 * jitter);
        let retry_in = wait.max(error.retry_after().unwrap_or_default());
        self.failures += 1;
        self.wake = now + retry_in;
        self.last = Some(error.clone());
        Some(Note::Failed {
            call,
            error,
            retry_in,
        })
    }

    fn decide(&mut self, now: Moment, record: &[(Ipv4Addr, Holding)]) -> Option<Note> {
        self.failures = 0;
        let Order { ip, to, .. } = self.order;
        let Some((_, here)) = record.iter().find(|(it, _)| *it == ip) else {
            self.end = Some(Err(NotMoved::UnknownIp(ip)));
            return None;
        };
        let blocked = self.order.occupant(record).is_some_and(|(_, it)| it.locked);
        if here.locked || (blocked && here.holder != to) {
            self.refusals = 0;
            self.wake = now + self.limits.poll_every;
            return Some(Note::Locked);
        }
        if matches!(self.order.from, Expected::Anyone) {
            self.order.from = Expected::Holder(here.holder);
        }
        match self.order.check(record) {
            Ok(true) => self.todo = to.map_or(Call::Unassign, Call::Assign),
            Ok(false) => self.end = Some(Ok(self.moved(now))),
            Err(error) => self.end = Some(Err(error)),
        }
        None
    }

    fn moved(&self, now: Moment) -> Moved {
        let from = match self.order.from {
            Expected::Anyone => None,
            Expected::Holder(holder) => holder,
        };
        Moved {
            from,
            changed: self.acted,
            took: now.saturating_sub(self.began),
            failed_tries: self.failed_tries,
        }
    }
}
