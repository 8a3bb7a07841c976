//! What the agent remembers between decisions: the pending action, failed calls, past moves. Pure, like the decision that reads it.

use std::{collections::VecDeque, time::Duration};

use serde::Serialize;

use crate::{
    clock::Moment,
    decide::{call_limiter::CallLimiter, settings::Settings},
};

/// How long to ask often for the first answer after the live IP was moved to this droplet.
const ARRIVAL: Duration = Duration::from_mins(1);
/// Number of recent moves that are remembered: more than `Settings::moves`, which damping counts.
const MOVES_KEPT: usize = 32;

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Releases the stage IP from this droplet.
    ReleaseStage,
    /// Assigns the live IP to this droplet.
    AssignLive,
}

/// An accepted action of ours that is not known to have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingAction {
    /// Its id.
    pub action: u64,
    /// What it does.
    pub kind: ActionKind,
    /// When it was accepted.
    pub since: Moment,
    /// When to poll it next.
    pub poll_at: Moment,
}

/// The memory of one agent.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// When the last event was. Answers from before it do not count.
    pub event_at: Moment,
    /// Records from before this are stale: an event, a refusal, or the end of an action may have changed it.
    pub stale_before: Moment,
    /// No call before this.
    pub retry_at: Moment,
    /// What is left of the API's calls for an hour, as last reported.
    pub remaining: Option<u32>,
    /// Keeps this droplet's calls within the API's limits.
    pub limiter: CallLimiter,
    moved_at: Option<Moment>,
    api_asked: bool,
    pending: Option<PendingAction>,
    failures: u32,
    moves: VecDeque<Moment>,
    moves_total: u64,
    arrived_at: Option<Moment>,
    locked_since: Option<Moment>,
}

impl History {
    /// An event: everything has to be observed again. It ends a backoff too, unless the API asked for the wait.
    pub fn event(&mut self, now: Moment) {
        self.event_at = now;
        self.stale_before = now;
        if !self.api_asked {
            self.retry_at = self.retry_at.min(now);
        }
    }

    /// The record that was read may be stale.
    pub fn mark_stale(&mut self, now: Moment) {
        self.stale_before = now;
    }

    /// When the API may be called next.
    #[must_use]
    pub fn call_at(&self, now: Moment) -> Moment {
        self.retry_at.max(self.limiter.ready_at(now))
    }

    /// Someone moved the live IP to the other droplet.
    pub fn moved_away(&mut self, now: Moment) {
        self.moved_at = Some(now);
    }

    /// The live IP answered, so its last move is complete.
    pub fn settled(&mut self, asked: Moment) {
        if self.moved_at.is_some_and(|moved| asked >= moved) {
            self.moved_at = None;
        }
    }

    /// Until when the live IP may be silent where it was moved.
    #[must_use]
    pub fn settles_at(&self, settings: &Settings) -> Option<Moment> {
        self.moved_at.map(|at| at + settings.settle)
    }

    /// An action was accepted.
    pub fn accepted(&mut self, now: Moment, action: u64, kind: ActionKind, settings: &Settings) {
        let poll_at = now + settings.poll_every;
        self.pending = Some(PendingAction {
            action,
            kind,
            since: now,
            poll_at,
        });
    }

    /// The action was polled, and is not done.
    pub fn polled(&mut self, now: Moment, settings: &Settings) {
        if let Some(pending) = &mut self.pending {
            pending.poll_at = now + settings.poll_every;
        }
    }

    /// The action ended, well or not; the record has the result.
    pub fn ended(&mut self, now: Moment) -> Option<PendingAction> {
        self.mark_stale(now);
        self.pending.take()
    }

    /// The pending action, unless it has been pending for too long.
    #[must_use]
    pub fn pending(&self, now: Moment, settings: &Settings) -> Option<PendingAction> {
        self.pending
            .filter(|pending| now < pending.since + settings.action_patience)
    }

    /// A call failed: the next one waits, twice as long each time, and as long as the API asks. `jitter` is from 0 to 1; `urgent`
    /// while there is a claim to make.
    pub fn failed(
        &mut self,
        now: Moment,
        retry_after: Option<Duration>,
        jitter: f64,
        urgent: bool,
        settings: &Settings,
    ) -> Duration {
        let most = if urgent {
            settings.backoff_most
        } else {
            settings.record_every
        };
        let doubled = settings
            .backoff_first
            .saturating_mul(1 << self.failures.min(16));
        let wait = doubled
            .min(most)
            .mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0));
        let wait = wait.max(retry_after.unwrap_or_default());
        self.failures = self.failures.saturating_add(1);
        self.stale_before = now;
        self.retry_at = now + wait;
        self.api_asked = retry_after.is_some();
        wait
    }

    /// Resets the backoff: calls work again, or nothing is to be done any more.
    pub fn reset_backoff(&mut self) {
        self.failures = 0;
    }

    /// The live IP was moved to this droplet, by our claim (`ours`) or by someone else.
    pub fn arrived(&mut self, now: Moment, ours: bool) {
        self.reset_backoff();
        self.pending = None;
        self.moved_at = None;
        self.arrived_at = Some(now);
        if ours {
            self.moves.push_back(now);
            self.moves_total += 1;
        }
        if self.moves.len() > MOVES_KEPT {
            self.moves.pop_front();
        }
    }

    /// The live IP answered on this droplet. Returns how long after its move.
    pub fn answered(&mut self, now: Moment) -> Duration {
        self.arrived_at
            .take()
            .map_or(Duration::ZERO, |arrived| now.saturating_sub(arrived))
    }

    /// True from the move of the live IP to this droplet until its first answer, for at most a minute.
    #[must_use]
    pub fn awaits_answer(&self, now: Moment) -> bool {
        self.arrived_at
            .is_some_and(|arrived| now < arrived + ARRIVAL)
    }

    /// Number of claims that moved the live IP to this droplet.
    #[must_use]
    pub fn moves_total(&self) -> u64 {
        self.moves_total
    }

    /// When recent claims moved the live IP to this droplet, oldest first.
    pub fn moves(&self) -> impl Iterator<Item = Moment> + '_ {
        self.moves.iter().copied()
    }

    /// Until when a further claim has to wait, if it has to.
    #[must_use]
    pub fn damped_until(&self, now: Moment, settings: &Settings) -> Option<Moment> {
        let nth_last = self.moves.len().checked_sub(settings.moves)?;
        let until = *self.moves.get(nth_last)? + settings.moves_window;
        (until > now).then_some(until)
    }

    /// Stores the lock of a record that was read.
    pub fn lock_seen(&mut self, now: Moment, locked: bool) {
        self.locked_since = if locked {
            self.locked_since.or(Some(now))
        } else {
            None
        };
    }

    /// How long the live IP has been locked, as far as observed.
    #[must_use]
    pub fn locked_for(&self, now: Moment) -> Duration {
        self.locked_since
            .map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }
}
