//! What to do next, as a pure function of what is known. Nothing here does I/O, reads a clock or draws a random number.
//!
//! | record: live IP is … | fit | VRRP | live IP answers | step |
//! | --- | --- | --- | --- | --- |
//! | here | any | any | any | rest: look every few seconds, often until the first answer |
//! | elsewhere, nowhere | no | any | any | rest |
//! | elsewhere, nowhere | yes | not MASTER | any | rest |
//! | elsewhere, nowhere | yes | MASTER | not asked since | look |
//! | elsewhere, nowhere | yes | MASTER | yes | rest, look again in a second; by hand with force: as no |
//! | locked | yes | MASTER | no | rest, look again shortly; after a while go on |
//! | elsewhere, nowhere | yes | MASTER | no | release the stage IP if it is here, then assign the live IP here |

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::history::{History, Kind};

/// Time since the agent started.
pub type Moment = Duration;

/// Keepalived's state on this droplet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Vrrp {
    /// Elected: the other is gone, unfit, or of lower priority.
    Master,
    /// The other is elected.
    Backup,
    /// Out of the election: unfit, or its link is gone.
    Fault,
    /// Keepalived doesn't run, or hasn't said anything yet.
    #[default]
    Unknown,
}

impl Vrrp {
    /// As Keepalived writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Who holds a reserved IP, by DigitalOcean's record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// The droplet, if any.
    pub holder: Option<u64>,
    /// An action is pending.
    pub locked: bool,
}

/// What was read of DigitalOcean's record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The live IP.
    pub live: Holding,
    /// The stage IP, if there is one.
    pub stage: Option<Holding>,
}

/// Something seen, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<T> {
    /// What was seen.
    pub value: T,
    /// How old it is at most.
    pub at: Moment,
}

/// All that a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Now.
    pub now: Moment,
    /// This droplet.
    pub me: u64,
    /// Keepalived's state here.
    pub vrrp: Vrrp,
    /// The local service is ready.
    pub fit: bool,
    /// An operator holds automatic moves.
    pub frozen: bool,
    /// The last record that could be read.
    pub record: Option<Seen<Record>>,
    /// Whether the live IP answered when it was last asked.
    pub live_answers: Option<Seen<bool>>,
    /// What was done before.
    pub history: &'a History,
}

/// Times and limits.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// An operator wants the live IP here although it serves elsewhere.
    pub force: bool,
    /// Between reads of the record at rest. Five seconds are 1,440 calls an hour of a limit of 5,000.
    pub record_every: Duration,
    /// Between looks from outside at rest.
    pub live_every: Duration,
    /// Between looks from outside while this droplet could claim and the live IP serves elsewhere.
    pub live_every_contested: Duration,
    /// Between looks from outside until the live IP answered after it came here.
    pub live_every_arrived: Duration,
    /// No claim rests on a record older than this; well above the time that reading it and asking the live IP may take.
    pub record_max_age: Duration,
    /// Between looks while the live IP is locked.
    pub locked_every: Duration,
    /// After this long under lock, try nevertheless.
    pub locked_patience: Duration,
    /// Between polls of an action.
    pub poll_every: Duration,
    /// An action that is pending for longer is forgotten, and the record asked.
    pub action_patience: Duration,
    /// Moves to this droplet that may follow each other ...
    pub moves: usize,
    /// ... within this time; a further one waits.
    pub moves_window: Duration,
    /// First wait after a failed call; it doubles each time.
    pub backoff_first: Duration,
    /// Longest wait after a failed call, unless the API asks for more.
    pub backoff_most: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            force: false,
            record_every: ms(5_000),
            live_every: ms(3_000),
            live_every_contested: ms(1_000),
            live_every_arrived: ms(200),
            record_max_age: ms(4_000),
            locked_every: ms(500),
            locked_patience: ms(15_000),
            poll_every: ms(500),
            action_patience: ms(60_000),
            moves: 4,
            moves_window: ms(60_000),
            backoff_first: ms(100),
            backoff_most: ms(1_000),
        }
    }
}

/// Why nothing is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
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
    /// Someone else's action is pending.
    Locked,
    /// An action of ours is pending.
    ActionPending,
    /// A call failed, the next one has to wait.
    Backoff,
    /// The live IP came here too often lately.
    Damped,
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

/// Decides the next step.
#[must_use]
pub fn decide(view: &View<'_>, settings: &Settings) -> Step {
    let now = view.now;
    let Some(record) = view.record else {
        return look_when_due(view, settings, Why::Backoff, None);
    };
    let live = record.value.live;
    if live.holder == Some(view.me) {
        return look_when_due(view, settings, Why::HolderHere, None);
    }
    if view.frozen {
        return look_when_due(view, settings, Why::Frozen, None);
    }
    if !view.fit {
        return look_when_due(view, settings, Why::NotFit, None);
    }
    if view.vrrp != Vrrp::Master {
        return look_when_due(view, settings, Why::NotMaster, None);
    }
    if let Some(pending) = view.history.pending(now, settings) {
        if record.at < view.history.news_at && view.history.retry_at <= now {
            return Step::Look {
                record: true,
                live: false,
            };
        }
        if pending.poll_at <= now {
            return Step::Poll {
                action: pending.action,
                kind: pending.kind,
            };
        }
        return Step::Rest {
            why: Why::ActionPending,
            until: pending.poll_at,
        };
    }
    if view.history.retry_at > now {
        return Step::Rest {
            why: Why::Backoff,
            until: view.history.retry_at,
        };
    }
    if let Some(until) = view.history.damped_until(now, settings) {
        return look_when_due(view, settings, Why::Damped, Some(until));
    }
    claim(view, settings, &record)
}

/// This droplet is fit and MASTER, the live IP is not here, and nothing of ours is under way.
fn claim(view: &View<'_>, settings: &Settings, record: &Seen<Record>) -> Step {
    let (now, live, history) = (view.now, record.value.live, view.history);
    let fresh = |at: Moment, most: Duration| at >= history.news_at && now < at + most;
    let look_record = !fresh(record.at, settings.record_max_age);
    let answer = view
        .live_answers
        .filter(|seen| fresh(seen.at, settings.live_every_contested));
    match answer {
        _ if settings.force => {}
        None => {
            return Step::Look {
                record: look_record,
                live: true,
            };
        }
        Some(seen) if seen.value && !look_record => {
            let until = seen.at + settings.live_every_contested;
            return look_when_due(view, settings, Why::LiveServes, Some(until));
        }
        Some(_) => {}
    }
    if look_record {
        return Step::Look {
            record: true,
            live: false,
        };
    }
    if live.locked && history.locked_for(now) < settings.locked_patience {
        let until = record.at + settings.locked_every;
        if until <= now {
            return Step::Look {
                record: true,
                live: false,
            };
        }
        return Step::Rest {
            why: Why::Locked,
            until,
        };
    }
    if record
        .value
        .stage
        .is_some_and(|stage| stage.holder == Some(view.me))
    {
        return Step::ReleaseStage;
    }
    Step::AssignLive(match live.holder {
        _ if settings.force => Cause::Forced,
        None => Cause::NobodyHolds,
        Some(_) => Cause::LiveSilent,
    })
}

/// Rests, but keeps looking: the record and the live IP are asked at their cadence, and at once after news.
fn look_when_due(view: &View<'_>, settings: &Settings, why: Why, until: Option<Moment>) -> Step {
    let history = view.history;
    let record_at = view.record.map_or(Duration::ZERO, |seen| {
        if seen.at < history.news_at {
            Duration::ZERO
        } else {
            seen.at + settings.record_every
        }
    });
    let record_at = record_at.max(history.retry_at);
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
