//! What the agent of one droplet knows, and how events change that. Pure: time and chance come with each call, and what is worth a log
//! line goes out as notes.

use std::time::Duration;

use crate::{
    api::{Action, Error, Progress},
    decision::{Cause, Flaw, Moment, Record, Seen, Settings, Step, View, Vrrp, Why, decide, row},
    history::{History, Kind},
    note::{Note, Sign},
    rules::Row,
};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Keepalived's state is now this.
    Vrrp(Vrrp),
    /// Something may have changed; look.
    Hint,
    /// The local service became ready, or no longer is.
    Fit(bool),
    /// Automatic moves are frozen, or no longer.
    Frozen(bool),
    /// The record was read, or could not be.
    Record {
        /// When reading began.
        since: Moment,
        /// What came of it.
        result: Result<Record, Error>,
    },
    /// The API was called.
    Called {
        /// More often than the step counts for.
        more: u32,
        /// Calls that are left of the API's limit for an hour, if it told.
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
    /// An action was asked for.
    Started(Kind, Result<Action, Error>),
    /// An action was polled.
    Polled(Result<Action, Error>),
}

#[derive(Clone, Copy, Debug)]
struct Claim {
    since: Moment,
    cause: Cause,
    completed: bool,
}

/// One droplet's agent.
#[derive(Clone, Debug)]
pub struct Agent {
    me: u64,
    settings: Settings,
    vrrp: Vrrp,
    fit: bool,
    frozen: bool,
    record: Option<Seen<Record>>,
    live_answers: Option<Seen<bool>>,
    history: History,
    claim: Option<Claim>,
    detected: bool,
}

impl Agent {
    /// The agent of droplet `me`, that knows nothing yet.
    #[must_use]
    pub fn new(me: u64, settings: Settings) -> Self {
        Self {
            me,
            settings,
            vrrp: Vrrp::Unknown,
            fit: false,
            frozen: false,
            record: None,
            live_answers: None,
            history: History::default(),
            claim: None,
            detected: false,
        }
    }

    /// What it knows.
    #[must_use]
    pub fn view(&self, now: Moment) -> View<'_> {
        View {
            now,
            me: self.me,
            vrrp: self.vrrp,
            fit: self.fit || self.is_flawed(),
            frozen: self.frozen,
            record: self.record,
            live_answers: self.live_answers,
            history: &self.history,
        }
    }

    fn is_flawed(&self) -> bool {
        self.settings.flaw == Some(Flaw::ClaimsUnfit) && self.claim.is_some()
    }

    /// Since when it claims the live IP, if it does.
    #[must_use]
    pub fn claiming_since(&self) -> Option<(Moment, Cause)> {
        self.claim.map(|claim| (claim.since, claim.cause))
    }

    /// True if the record says that the live IP is here.
    #[must_use]
    pub fn holds_live(&self) -> bool {
        self.record
            .is_some_and(|record| record.value.live.holder == Some(self.me))
    }

    /// What Keepalived's bonus should say, once the record is known: whether the live IP is here.
    #[must_use]
    pub fn bonus(&self) -> Option<bool> {
        let kept = self.settings.flaw != Some(Flaw::NoBonus);
        self.record.is_some().then(|| self.holds_live() && kept)
    }

    /// The row of the table that applies.
    #[must_use]
    pub fn row(&self, now: Moment) -> &'static Row {
        row(&self.view(now), &self.settings)
    }

    /// Decides the next step; whoever asks carries it out.
    pub fn step(&mut self, now: Moment, notes: &mut Vec<Note>) -> Step {
        let step = decide(&self.view(now), &self.settings);
        self.history.pace.spend(now, step.calls());
        match (step, self.claim) {
            (Step::ReleaseStage, None) => self.begin(now, self.cause(), notes),
            (Step::AssignLive(cause), None) => self.begin(now, cause, notes),
            (_, Some(claim)) => {
                let why = match step {
                    _ if self.frozen => Why::Frozen,
                    _ if !self.fit && !self.is_flawed() => Why::NotFit,
                    _ if self.vrrp != Vrrp::Master => Why::NotMaster,
                    Step::Rest {
                        why: Why::LiveServes,
                        ..
                    } => Why::LiveServes,
                    _ => return step,
                };
                notes.push(Note::ClaimAbandoned {
                    why,
                    after: now.saturating_sub(claim.since),
                });
                self.claim = None;
                self.history.calm();
            }
            _ => {}
        }
        step
    }

    fn cause(&self) -> Cause {
        match self.record.and_then(|record| record.value.live.holder) {
            _ if self.settings.force => Cause::Forced,
            None => Cause::NobodyHolds,
            Some(_) => Cause::LiveSilent,
        }
    }

    fn begin(&mut self, now: Moment, cause: Cause, notes: &mut Vec<Note>) {
        self.claim = Some(Claim {
            since: now,
            cause,
            completed: false,
        });
        let holder = self.record.and_then(|record| record.value.live.holder);
        notes.push(Note::Decided { cause, holder });
    }

    /// Takes note of an event; `jitter`, from 0 to 1, spreads waiting times.
    pub fn absorb(&mut self, now: Moment, event: Event, jitter: f64, notes: &mut Vec<Note>) {
        match event {
            Event::Hint => self.history.news(now),
            Event::Vrrp(vrrp) => self.vrrp_is(now, vrrp, notes),
            Event::Fit(fit) => {
                if fit != self.fit {
                    self.fit = fit;
                    self.history.news(now);
                }
            }
            Event::Frozen(frozen) => {
                if frozen != self.frozen {
                    self.frozen = frozen;
                    self.history.news(now);
                }
            }
            Event::Record {
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
            Event::Record {
                result: Err(error), ..
            } => {
                let urgent = self.claim.is_some() || self.could_claim();
                let retry_in = self.failed(now, &error, jitter, urgent);
                notes.push(Note::RecordUnreadable { error, retry_in });
            }
            Event::Called { more, left } => {
                self.history.pace.spend(now, more);
                self.history.remaining = left.or(self.history.remaining);
            }
            Event::Live {
                since,
                until,
                serves,
            } => {
                // An answer was true when it was asked for, at the latest; silence is true until the asking ended.
                let at = if serves { since } else { until };
                self.live_is(now, Seen { value: serves, at }, notes);
            }
            Event::Started(kind, Ok(action)) => {
                self.history.accepted(now, action.id, kind, &self.settings);
                notes.push(Note::Accepted {
                    kind,
                    action: action.id,
                });
                self.progress(now, action.status, jitter, notes);
            }
            Event::Started(kind, Err(error)) => self.refused(now, kind, &error, jitter, notes),
            Event::Polled(Ok(action)) => self.progress(now, action.status, jitter, notes),
            // Too early to be found, which heals, or never to be found: then the record tells.
            Event::Polled(Err(Error::NotFound { .. })) => {
                self.history.polled(now, &self.settings);
                self.history.doubt(now);
            }
            Event::Polled(Err(error)) => {
                self.history.polled(now, &self.settings);
                if error.retry_after().is_some() {
                    self.failed(now, &error, jitter, true);
                }
                notes.push(Note::PollFailed { error });
            }
        }
    }

    fn could_claim(&self) -> bool {
        self.fit && self.vrrp == Vrrp::Master && !self.holds_live()
    }

    fn failed(&mut self, now: Moment, error: &Error, jitter: f64, urgent: bool) -> Duration {
        let settings = self.settings;
        self.history
            .failed(now, error.retry_after(), jitter, urgent, &settings)
    }

    fn refused(
        &mut self,
        now: Moment,
        kind: Kind,
        error: &Error,
        jitter: f64,
        notes: &mut Vec<Note>,
    ) {
        let doubt_at = self.history.doubt_at;
        let retry_in = self.failed(now, error, jitter, true);
        if self.settings.flaw == Some(Flaw::KeepsRecord) {
            self.history.doubt_at = doubt_at;
        }
        notes.push(Note::ClaimFailed {
            kind,
            error: error.to_string(),
            code: error.kind(),
            api: Some(error.clone()),
            retry_in,
        });
    }

    fn vrrp_is(&mut self, now: Moment, vrrp: Vrrp, notes: &mut Vec<Note>) {
        if vrrp == self.vrrp {
            return;
        }
        notes.push(Note::Vrrp {
            state: vrrp,
            before: self.vrrp,
        });
        self.vrrp = vrrp;
        self.history.news(now);
        if vrrp == Vrrp::Master && self.record.is_some() && !self.holds_live() {
            self.detected(Sign::VrrpMaster, notes);
        }
    }

    fn detected(&mut self, sign: Sign, notes: &mut Vec<Note>) {
        if !self.detected {
            self.detected = true;
            notes.push(Note::Detected { sign });
        }
    }

    fn record_is(&mut self, now: Moment, record: Seen<Record>, notes: &mut Vec<Note>) {
        let before = self.record.map(|record| record.value);
        let was_here = self.holds_live();
        self.record = Some(record);
        self.history.lock_seen(now, record.value.live.locked);
        let holder = record.value.live.holder;
        let moved = before.is_some_and(|before| before.live.holder != holder);
        if moved && holder.is_some() && !self.holds_live() {
            self.history.moved_away(now);
        }
        if before != Some(record.value) {
            notes.push(Note::Record {
                record: record.value,
            });
        }
        if self.holds_live() && !was_here {
            let ours = self.claim.take();
            if let Some(claim) = ours.filter(|claim| !claim.completed) {
                notes.push(Note::Completed {
                    action: None,
                    took: now.saturating_sub(claim.since),
                });
            }
            if before.is_some() {
                self.history.arrived(now, ours.is_some());
            }
        }
        if self.claim.is_none() {
            self.history.calm();
        }
    }

    fn live_is(&mut self, now: Moment, seen: Seen<bool>, notes: &mut Vec<Note>) {
        let before = self.live_answers.map(|seen| seen.value);
        let serves = seen.value;
        self.live_answers = Some(seen);
        if before != Some(serves) {
            notes.push(Note::Live { serves });
        }
        if !serves {
            if self.record.is_some() && !self.holds_live() {
                self.detected(Sign::LiveSilent, notes);
            }
            return;
        }
        self.detected = false;
        self.history.settled(seen.at);
        if self.holds_live() && self.history.awaits_answer(now) {
            notes.push(Note::FirstAnswer {
                after: self.history.answered(now),
            });
        }
    }

    fn progress(&mut self, now: Moment, progress: Progress, jitter: f64, notes: &mut Vec<Note>) {
        match progress {
            Progress::InProgress => self.history.polled(now, &self.settings),
            Progress::Completed => {
                let Some(pending) = self.history.ended(now) else {
                    return;
                };
                if let (Kind::AssignLive, Some(claim)) = (pending.kind, &mut self.claim) {
                    claim.completed = true;
                    let took = now.saturating_sub(pending.since);
                    notes.push(Note::Completed {
                        action: Some(pending.action),
                        took,
                    });
                }
            }
            Progress::Errored => {
                let Some(pending) = self.history.ended(now) else {
                    return;
                };
                let retry_in = self.history.failed(now, None, jitter, true, &self.settings);
                let error = format!("action {} ended as errored", pending.action);
                notes.push(Note::ClaimFailed {
                    kind: pending.kind,
                    error,
                    code: "errored",
                    api: None,
                    retry_in,
                });
            }
        }
    }
}
