//! The state of one droplet's agent, and how observations change it. Pure: the time and the jitter are arguments of each call, and log
//! events are results.

mod update;

use crate::{
    clock::Moment,
    decide::{
        apply::{self, row},
        decision::{ClaimCause, Decision, RestReason},
        history::{ActionKind, History},
        log_event::LogEvent,
        rules::Row,
        settings::Settings,
        view::{Record, Seen, View},
    },
    mover::api::{Action, Error},
    observe::vrrp::Vrrp,
};

/// Something that the agent observed.
#[derive(Clone, Debug)]
pub enum Observation {
    /// Keepalived's state.
    Vrrp(Vrrp),
    /// Something may have changed: read the record and ask the live IP.
    Hint,
    /// Whether the local service is ready.
    Fit(bool),
    /// Whether automatic moves are frozen.
    Frozen(bool),
    /// The record was read, or could not be.
    Record {
        /// When reading began.
        since: Moment,
        /// The record, or why it could not be read.
        result: Result<Record, Error>,
    },
    /// The API was called.
    Called {
        /// Calls beyond those that the decision counts for.
        more: u32,
        /// Calls that are left of the API's limit for an hour, if it reported them.
        left: Option<u32>,
    },
    /// The live IP was asked.
    Live {
        /// When asking began.
        since: Moment,
        /// When it ended.
        until: Moment,
        /// Whether it serves.
        serves: bool,
    },
    /// The API was asked to start an action.
    Started(ActionKind, Result<Action, Error>),
    /// An action was polled.
    Polled(Result<Action, Error>),
}

#[derive(Clone, Copy, Debug)]
struct Claim {
    since: Moment,
    cause: ClaimCause,
    completed: bool,
}

/// One droplet's agent.
#[derive(Clone, Debug)]
pub struct Agent {
    me: u64,
    settings: Settings,
    vrrp: Vrrp,
    vrrp_since: Moment,
    fit: bool,
    fit_since: Moment,
    frozen: bool,
    record: Option<Seen<Record>>,
    live_answers: Option<Seen<bool>>,
    history: History,
    claim: Option<Claim>,
    detected: bool,
}

impl Agent {
    /// The agent of droplet `me`, before its first observation.
    #[must_use]
    pub fn new(me: u64, settings: Settings) -> Self {
        Self {
            me,
            settings,
            vrrp: Vrrp::Unknown,
            vrrp_since: Moment::ZERO,
            fit: false,
            fit_since: Moment::ZERO,
            frozen: false,
            record: None,
            live_answers: None,
            history: History::default(),
            claim: None,
            detected: false,
        }
    }

    /// Everything that its next decision is based on.
    #[must_use]
    pub fn view(&self, now: Moment) -> View<'_> {
        View {
            now,
            me: self.me,
            vrrp: self.vrrp,
            fit: self.fit,
            frozen: self.frozen,
            record: self.record,
            live_answers: self.live_answers,
            history: &self.history,
        }
    }

    /// Since when and why it claims the live IP, if it does.
    #[must_use]
    pub fn claiming_since(&self) -> Option<(Moment, ClaimCause)> {
        self.claim.map(|claim| (claim.since, claim.cause))
    }

    /// Since when VRRP and fitness are what they are.
    #[must_use]
    pub fn since(&self) -> (Moment, Moment) {
        (self.vrrp_since, self.fit_since)
    }

    /// True if the live IP is on this droplet by the record.
    #[must_use]
    pub fn holds_live(&self) -> bool {
        self.record
            .is_some_and(|record| record.value.live.holder == Some(self.me))
    }

    /// Whether Keepalived gets the bonus: the live IP is on this droplet. `None` until the record was read.
    #[must_use]
    pub fn bonus(&self) -> Option<bool> {
        self.record.is_some().then(|| self.holds_live())
    }

    /// The row of the table that applies.
    #[must_use]
    pub fn row(&self, now: Moment) -> &'static Row {
        row(&self.view(now), &self.settings)
    }

    /// Decides what to do next; the caller carries it out.
    pub fn decide(&mut self, now: Moment, notes: &mut Vec<LogEvent>) -> Decision {
        let step = apply::decide(&self.view(now), &self.settings);
        self.history.limiter.spend(now, step.calls());
        match (step, self.claim) {
            (Decision::ReleaseStage, None) => self.begin(now, self.cause(), notes),
            (Decision::AssignLive(cause), None) => self.begin(now, cause, notes),
            (_, Some(claim)) => {
                let why = match step {
                    _ if self.frozen => RestReason::Frozen,
                    _ if !self.fit => RestReason::NotFit,
                    _ if self.vrrp != Vrrp::Master => RestReason::NotMaster,
                    Decision::Rest {
                        why: RestReason::LiveServes,
                        ..
                    } => RestReason::LiveServes,
                    _ => return step,
                };
                notes.push(LogEvent::ClaimAbandoned {
                    why,
                    after: now.saturating_sub(claim.since),
                });
                self.claim = None;
                self.history.reset_backoff();
            }
            _ => {}
        }
        step
    }

    fn cause(&self) -> ClaimCause {
        match self.record.and_then(|record| record.value.live.holder) {
            _ if self.settings.force => ClaimCause::Forced,
            None => ClaimCause::NobodyHolds,
            Some(_) => ClaimCause::LiveSilent,
        }
    }

    fn begin(&mut self, now: Moment, cause: ClaimCause, notes: &mut Vec<LogEvent>) {
        self.claim = Some(Claim {
            since: now,
            cause,
            completed: false,
        });
        let holder = self.record.and_then(|record| record.value.live.holder);
        notes.push(LogEvent::Decided { cause, holder });
    }

    /// Updates the state; `jitter`, from 0 to 1, spreads waiting times.
    pub fn observe(
        &mut self,
        now: Moment,
        event: Observation,
        jitter: f64,
        notes: &mut Vec<LogEvent>,
    ) {
        match event {
            Observation::Hint => self.history.event(now),
            Observation::Vrrp(vrrp) => self.vrrp_is(now, vrrp, notes),
            Observation::Fit(fit) => {
                if fit != self.fit {
                    self.fit = fit;
                    self.fit_since = now;
                    self.history.event(now);
                }
            }
            Observation::Frozen(frozen) => {
                if frozen != self.frozen {
                    self.frozen = frozen;
                    self.history.event(now);
                }
            }
            Observation::Record {
                since,
                result: Ok(record),
            } => {
                self.record_is(
                    now,
                    Seen {
                        value: record,
                        at: since,
                    },
                    notes,
                );
            }
            Observation::Record {
                result: Err(error), ..
            } => {
                let urgent = self.claim.is_some() || self.could_claim();
                let retry_in = self.failed(now, &error, jitter, urgent);
                notes.push(LogEvent::RecordUnreadable { error, retry_in });
            }
            Observation::Called { more, left } => {
                self.history.limiter.spend(now, more);
                self.history.remaining = left.or(self.history.remaining);
            }
            Observation::Live {
                since,
                until,
                serves,
            } => {
                // An answer proves that the live IP served when the request began; silence proves it until the request ended.
                let at = if serves { since } else { until };
                self.live_is(now, Seen { value: serves, at }, notes);
            }
            Observation::Started(kind, Ok(action)) => {
                self.history.accepted(now, action.id, kind, &self.settings);
                notes.push(LogEvent::Accepted {
                    kind,
                    action: action.id,
                });
                self.progress(now, action.status, jitter, notes);
            }
            Observation::Started(kind, Err(error)) => {
                self.refused(now, kind, &error, jitter, notes);
            }
            Observation::Polled(Ok(action)) => self.progress(now, action.status, jitter, notes),
            // The action is not known yet, or never will be. In both cases the record decides.
            Observation::Polled(Err(Error::NotFound { .. })) => {
                self.history.polled(now, &self.settings);
                self.history.mark_stale(now);
            }
            Observation::Polled(Err(error)) => {
                self.history.polled(now, &self.settings);
                if error.retry_after().is_some() {
                    self.failed(now, &error, jitter, true);
                }
                notes.push(LogEvent::PollFailed { error });
            }
        }
    }
}
