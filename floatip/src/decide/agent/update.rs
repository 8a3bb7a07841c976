//! How each observation changes the agent's state.

use std::time::Duration;

use super::Agent;
use crate::{
    clock::Moment,
    decide::{
        history::ActionKind,
        log_event::{FirstSign, LogEvent},
        view::{Record, Seen},
    },
    mover::api::{Error, Progress},
    observe::vrrp::Vrrp,
};

impl Agent {
    pub(super) fn could_claim(&self) -> bool {
        self.fit && self.vrrp == Vrrp::Master && !self.holds_live()
    }

    pub(super) fn failed(
        &mut self,
        now: Moment,
        error: &Error,
        jitter: f64,
        urgent: bool,
    ) -> Duration {
        let settings = self.settings;
        if matches!(error, Error::Silent(_)) {
            // The call has already waited for its timeout; a longer wait would be lost time.
            self.history.reset_backoff();
        }
        self.history
            .failed(now, error.retry_after(), jitter, urgent, &settings)
    }

    pub(super) fn refused(
        &mut self,
        now: Moment,
        kind: ActionKind,
        error: &Error,
        jitter: f64,
        notes: &mut Vec<LogEvent>,
    ) {
        let retry_in = self.failed(now, error, jitter, true);
        notes.push(LogEvent::ClaimFailed {
            kind,
            error: error.to_string(),
            code: error.kind(),
            api: Some(error.clone()),
            retry_in,
        });
    }

    pub(super) fn vrrp_is(&mut self, now: Moment, vrrp: Vrrp, notes: &mut Vec<LogEvent>) {
        if vrrp == self.vrrp {
            return;
        }
        notes.push(LogEvent::Vrrp {
            state: vrrp,
            before: self.vrrp,
        });
        self.vrrp = vrrp;
        self.vrrp_since = now;
        self.history.event(now);
        if vrrp == Vrrp::Master && self.record.is_some() && !self.holds_live() {
            self.detected(FirstSign::VrrpMaster, notes);
        }
    }

    pub(super) fn detected(&mut self, sign: FirstSign, notes: &mut Vec<LogEvent>) {
        if !self.detected {
            self.detected = true;
            notes.push(LogEvent::Detected { sign });
        }
    }

    pub(super) fn record_is(
        &mut self,
        now: Moment,
        record: Seen<Record>,
        notes: &mut Vec<LogEvent>,
    ) {
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
            notes.push(LogEvent::Record {
                record: record.value,
            });
        }
        if self.holds_live() && !was_here {
            let ours = self.claim.take();
            if let Some(claim) = ours.filter(|claim| !claim.completed) {
                notes.push(LogEvent::Completed {
                    action: None,
                    took: now.saturating_sub(claim.since),
                });
            }
            if before.is_some() {
                self.history.arrived(now, ours.is_some());
            }
        }
        if self.claim.is_none() {
            self.history.reset_backoff();
        }
    }

    pub(super) fn live_is(&mut self, now: Moment, seen: Seen<bool>, notes: &mut Vec<LogEvent>) {
        let before = self.live_answers.map(|seen| seen.value);
        let serves = seen.value;
        self.live_answers = Some(seen);
        if before != Some(serves) {
            notes.push(LogEvent::Live { serves });
        }
        if before == Some(true) && !serves {
            // Perhaps someone is moving it. Then the bonus must follow soon.
            self.history.mark_stale(now);
        }
        if !serves {
            if self.record.is_some() && !self.holds_live() {
                self.detected(FirstSign::LiveSilent, notes);
            }
            return;
        }
        self.detected = false;
        self.history.settled(seen.at);
        if self.holds_live() && self.history.awaits_answer(now) {
            notes.push(LogEvent::FirstAnswer {
                after: self.history.answered(now),
            });
        }
    }

    pub(super) fn progress(
        &mut self,
        now: Moment,
        progress: Progress,
        jitter: f64,
        notes: &mut Vec<LogEvent>,
    ) {
        match progress {
            Progress::InProgress => self.history.polled(now, &self.settings),
            Progress::Completed => {
                let Some(pending) = self.history.ended(now) else {
                    return;
                };
                if let (ActionKind::AssignLive, Some(claim)) = (pending.kind, &mut self.claim) {
                    claim.completed = true;
                    let took = now.saturating_sub(pending.since);
                    notes.push(LogEvent::Completed {
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
                notes.push(LogEvent::ClaimFailed {
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
