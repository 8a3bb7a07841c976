//! What to do next, as a pure function of what is known. Nothing here does I/O, reads a clock or draws a random number.
//!
//! What is known becomes the facts that the table in [`crate::rules`] looks at; its row becomes a step, with its times.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    facts::{Answer, Facts, Lock, Pending, Where},
    history::Kind,
    rules::{Does, Row, find},
};
pub use crate::{
    known::{Holding, Moment, Record, Seen, View, Vrrp},
    settings::{Flaw, Settings},
};

/// Why nothing is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The record could not be read yet.
    Unread,
    /// The live IP is here.
    HolderHere,
    /// An operator holds automatic moves.
    Frozen,
    /// This droplet is unfit.
    NotFit,
    /// This droplet is not VRRP master.
    NotMaster,
    /// The live IP serves, elsewhere.
    LiveServes,
    /// The live IP was moved to another droplet just now, and has not answered there yet.
    Settling,
    /// Someone else's action is pending.
    Locked,
    /// An action of ours is pending.
    ActionPending,
    /// A call failed, the next one has to wait.
    Backoff,
    /// The live IP came here too often lately.
    Damped,
}

impl Why {
    /// In a word, as in log lines and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::HolderHere => "holder_here",
            Self::Frozen => "frozen",
            Self::NotFit => "not_fit",
            Self::NotMaster => "not_master",
            Self::LiveServes => "live_serves",
            Self::Settling => "settling",
            Self::Locked => "locked",
            Self::ActionPending => "action_pending",
            Self::Backoff => "backoff",
            Self::Damped => "damped",
        }
    }
}

/// Why the live IP is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// By the record nobody holds it, and it doesn't answer.
    NobodyHolds,
    /// It doesn't answer.
    LiveSilent,
    /// An operator said so.
    Forced,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing until then, unless something happens.
    Rest {
        /// Why not.
        why: Why,
        /// Until when.
        until: Moment,
    },
    /// Read the record, ask the live IP, or both at once.
    Look {
        /// Read the record.
        record: bool,
        /// Ask the live IP.
        live: bool,
    },
    /// Take the stage IP from this droplet, which can hold one reserved IP only.
    ReleaseStage,
    /// Assign the live IP to this droplet.
    AssignLive(Cause),
    /// Ask how far our action is.
    Poll {
        /// Its id.
        action: u64,
        /// What it does.
        kind: Kind,
    },
}

impl Step {
    /// In words, for people.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Rest { why, .. } => format!("rest ({})", why.name()),
            Self::Look { record, live } => match (record, live) {
                (true, true) => "read the record and ask the live IP".into(),
                (true, false) => "read the record".into(),
                _ => "ask the live IP".into(),
            },
            Self::ReleaseStage => "release the stage IP from this droplet".into(),
            Self::AssignLive(_) => "claim: assign the live IP to this droplet".into(),
            Self::Poll { action, .. } => format!("ask how far action {action} is"),
        }
    }

    /// Calls of the API that it makes at most.
    #[must_use]
    pub fn calls(self) -> u32 {
        match self {
            Self::Rest { .. } | Self::Look { record: false, .. } => 0,
            Self::Look { record: true, .. } => 2,
            Self::ReleaseStage | Self::AssignLive(_) | Self::Poll { .. } => 1,
        }
    }
}

/// Decides the next step.
#[must_use]
pub fn decide(view: &View<'_>, settings: &Settings) -> Step {
    follow(find(&facts(view, settings)), view, settings)
}

/// The row of the table that applies.
#[must_use]
pub fn row(view: &View<'_>, settings: &Settings) -> &'static Row {
    find(&facts(view, settings))
}

/// What the table looks at.
#[must_use]
pub fn facts(view: &View<'_>, settings: &Settings) -> Facts {
    let (now, history) = (view.now, view.history);
    let record = view.record.map(|seen| seen.value).unwrap_or_default();
    let live = match (view.record, record.live.holder) {
        (None, _) => Where::Unread,
        (_, None) => Where::Nowhere,
        (_, Some(holder)) if holder == view.me => Where::Here,
        _ => Where::There,
    };
    let answer = view
        .live_answers
        .filter(|seen| seen.at >= history.news_at && now < seen.at + settings.live_every_contested);
    let lock = match record.live.locked {
        false => Lock::Open,
        true if history.locked_for(now) < settings.locked_patience => Lock::Locked,
        true => Lock::Overdue,
    };
    Facts {
        live,
        frozen: view.frozen,
        fit: view.fit,
        master: view.vrrp == Vrrp::Master,
        fresh: view.record.is_some_and(|seen| {
            seen.at >= history.doubt_at && now < seen.at + settings.record_max_age
        }),
        pending: match history.pending(now, settings) {
            None => Pending::No,
            Some(pending) if pending.poll_at <= now => Pending::Due,
            Some(_) => Pending::Asked,
        },
        calls: history.call_at(now) <= now,
        damped: history.damped_until(now, settings).is_some(),
        answer: match answer.map(|seen| seen.value) {
            _ if settings.flaw == Some(Flaw::ClaimsUnasked) => Answer::Silent,
            None => Answer::Unasked,
            Some(true) => Answer::Serves,
            Some(false) => Answer::Silent,
        },
        settling: history.settles_at(settings).is_some_and(|at| now < at),
        lock,
        stage_here: record.stage.is_some_and(|it| it.holder == Some(view.me)),
        forced: settings.force,
    }
}

fn follow(row: &Row, view: &View<'_>, settings: &Settings) -> Step {
    let (now, history) = (view.now, view.history);
    match row.does {
        Does::Rest(why) => rest(why, view, settings),
        Does::ReadRecord => Step::Look {
            record: true,
            live: false,
        },
        Does::AskLive => Step::Look {
            record: !facts(view, settings).fresh,
            live: true,
        },
        Does::Poll => match history.pending(now, settings) {
            Some(pending) => Step::Poll {
                action: pending.action,
                kind: pending.kind,
            },
            None => rest(Why::ActionPending, view, settings),
        },
        Does::ReleaseStage => Step::ReleaseStage,
        Does::AssignLive => Step::AssignLive(
            match view.record.and_then(|record| record.value.live.holder) {
                _ if settings.force => Cause::Forced,
                None => Cause::NobodyHolds,
                Some(_) => Cause::LiveSilent,
            },
        ),
    }
}

fn rest(why: Why, view: &View<'_>, settings: &Settings) -> Step {
    let (now, history) = (view.now, view.history);
    let call_at = history.call_at(now);
    match why {
        Why::ActionPending => {
            let pending = history.pending(now, settings);
            let until = pending.map_or(call_at, |it| it.poll_at.max(call_at));
            Step::Rest { why, until }
        }
        Why::Backoff => {
            // So that the wait is not followed by the time that asking takes.
            let half = settings.live_every_contested / 2;
            let ask_at = view
                .live_answers
                .map_or(now, |seen| seen.at.max(history.news_at) + half);
            if ask_at <= now {
                return Step::Look {
                    record: false,
                    live: true,
                };
            }
            let until = ask_at.min(call_at);
            Step::Rest { why, until }
        }
        Why::Locked => {
            let until = view.record.map_or(now, |it| it.at + settings.locked_every);
            if until <= now {
                return Step::Look {
                    record: true,
                    live: false,
                };
            }
            Step::Rest { why, until }
        }
        Why::Damped => look_when_due(view, settings, why, history.damped_until(now, settings)),
        Why::LiveServes | Why::Settling => {
            let again = view
                .live_answers
                .map(|it| it.at + settings.live_every_contested);
            look_when_due(view, settings, why, again)
        }
        _ => look_when_due(view, settings, why, None),
    }
}

/// Rests, but keeps looking: the record and the live IP are asked at their cadence, and at once after news.
fn look_when_due(view: &View<'_>, settings: &Settings, why: Why, until: Option<Moment>) -> Step {
    let history = view.history;
    let slow = history
        .remaining
        .is_some_and(|left| left < settings.reserve);
    let record_every = settings.record_every * if slow { 6 } else { 1 };
    let record_at = view.record.map_or(Duration::ZERO, |seen| {
        if seen.at < history.doubt_at {
            Duration::ZERO
        } else {
            seen.at + record_every
        }
    });
    let record_at = record_at.max(history.call_at(view.now));
    let live_every = if why == Why::HolderHere && history.awaits_answer(view.now) {
        settings.live_every_arrived
    } else {
        settings.live_every
    };
    let live_at = view
        .live_answers
        .map_or(Duration::ZERO, |seen| seen.at + live_every);
    let (record, live) = (record_at <= view.now, live_at <= view.now);
    if record || live {
        return Step::Look { record, live };
    }
    let due = record_at.min(live_at);
    Step::Rest {
        why,
        until: until.map_or(due, |until| until.min(due)),
    }
}
