//! What an agent logs: the steps of a failover, with names in `event.action` that `drill` and the dashboards rely on.

use std::time::Duration;

use slog::{Logger, info, warn};

use crate::{
    decide::{
        decision::{ClaimCause, RestReason},
        history::ActionKind,
        view::Record,
    },
    mover::api::{Error, Holding},
    observe::vrrp::Vrrp,
};

/// The first sign that the live IP needs a new droplet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstSign {
    /// VRRP elected this droplet while the live IP is elsewhere.
    VrrpMaster,
    /// The live IP did not answer.
    LiveSilent,
}

/// One log event.
#[derive(Clone, Debug)]
pub enum LogEvent {
    /// Keepalived's state changed.
    Vrrp { state: Vrrp, before: Vrrp },
    /// The record changed.
    Record { record: Record },
    /// The record can't be read.
    RecordUnreadable {
        /// Why.
        error: Error,
        retry_in: Duration,
    },
    /// The live IP began or ceased to answer.
    Live { serves: bool },
    /// The first sign that the live IP needs a new droplet.
    Detected { sign: FirstSign },
    /// A claim begins.
    Decided {
        /// Why.
        cause: ClaimCause,
        /// Who held the live IP.
        holder: Option<u64>,
    },
    /// The API accepted an action.
    Accepted { kind: ActionKind, action: u64 },
    /// The live IP is on this droplet: the action completed, or the record shows it.
    Completed {
        /// The action, if it was seen to end.
        action: Option<u64>,
        /// Time since it was accepted, or since the claim began.
        took: Duration,
    },
    /// The live IP answered for the first time since it was moved to this droplet.
    FirstAnswer {
        /// Time since the move.
        after: Duration,
    },
    /// A step of a claim failed; it is retried.
    ClaimFailed {
        /// The step.
        kind: ActionKind,
        /// Why.
        error: String,
        /// The code of the error.
        code: &'static str,
        /// What the API answered, if it refused.
        api: Option<Error>,
        /// When the claim continues.
        retry_in: Duration,
    },
    /// An action could not be polled.
    PollFailed {
        /// Why.
        error: Error,
    },
    /// The claim is given up, because its reason is gone.
    ClaimAbandoned {
        /// What changed.
        why: RestReason,
        /// Time since the claim began.
        after: Duration,
    },
}

impl LogEvent {
    /// Writes the log line.
    pub fn log(&self, log: &Logger) {
        match self {
            Self::Vrrp { state, before } => {
                info!(log, "VRRP state is {}", state.name(); "event.action" => "vrrp", "state" => state.name(), "before" => before.name());
            }
            Self::Record { record } => log_record(log, record),
            Self::RecordUnreadable { error, retry_in } => {
                warn!(log, "can't read the record: {}", error; "event.action" => "record_unreadable", "error.code" => error.kind(), "retry_in_ms" => ms(*retry_in));
            }
            Self::Live { serves: true } => {
                info!(log, "the live IP answers"; "event.action" => "live", "serves" => true);
            }
            Self::Live { serves: false } => {
                warn!(log, "the live IP does not answer"; "event.action" => "live", "serves" => false);
            }
            Self::Detected { sign } => {
                let sign = match sign {
                    FirstSign::VrrpMaster => "vrrp_master",
                    FirstSign::LiveSilent => "live_silent",
                };
                warn!(log, "the live IP may need a new droplet"; "event.action" => "detected", "sign" => sign);
            }
            Self::Decided { cause, holder } => {
                let cause = match cause {
                    ClaimCause::NobodyHolds => "nobody_holds",
                    ClaimCause::LiveSilent => "live_silent",
                    ClaimCause::Forced => "forced",
                };
                warn!(log, "claiming the live IP"; "event.action" => "decided", "cause" => cause, "holder" => *holder);
            }
            Self::Accepted { kind, action } => {
                info!(log, "the API accepted the action"; "event.action" => accepted(*kind), "action.id" => *action);
            }
            Self::Completed { action, took } => {
                info!(log, "the live IP is here"; "event.action" => "completed", "action.id" => *action, "took_ms" => ms(*took));
            }
            Self::FirstAnswer { after } => {
                info!(log, "the live IP answers through this droplet"; "event.action" => "first_answer", "after_ms" => ms(*after));
            }
            Self::ClaimFailed {
                kind,
                error,
                code,
                retry_in,
                ..
            } => {
                warn!(log, "a step of the claim failed: {}", error; "event.action" => "claim_failed", "step" => step(*kind), "error.code" => *code, "retry_in_ms" => ms(*retry_in));
            }
            Self::PollFailed { error } => {
                warn!(log, "can't poll the action: {}", error; "event.action" => "poll_failed", "error.code" => error.kind());
            }
            Self::ClaimAbandoned { why, after } => {
                warn!(log, "the claim is given up"; "event.action" => "claim_abandoned", "why" => why.name(), "after_ms" => ms(*after));
            }
        }
    }
}

fn log_record(log: &Logger, record: &Record) {
    let stage = record.stage.unwrap_or_default();
    info!(log, "the record: the live IP is {}", whose(record.live); "event.action" => "record", "live.droplet_id" => record.live.holder, "live.locked" => record.live.locked, "stage.droplet_id" => stage.holder, "stage.locked" => stage.locked);
}

fn whose(holding: Holding) -> String {
    holding
        .holder
        .map_or_else(|| "nowhere".to_owned(), |id| format!("on droplet {id}"))
}

fn step(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::ReleaseStage => "release_stage",
        ActionKind::AssignLive => "assign_live",
    }
}

/// `accepted` is used for the live IP alone, so that the first one in the log is the move.
fn accepted(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::ReleaseStage => "stage_release_accepted",
        ActionKind::AssignLive => "accepted",
    }
}

/// Milliseconds, for a log line.
#[must_use]
pub fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
