//! The faults, one row of data each: how to bring it about, how to undo it, and what must come of it.

use clap::ValueEnum;
use std::time::Duration;

/// What is broken. Without another word it is broken on the live droplet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// The app is stopped, as by `systemctl stop minitwit`
    AppStop,
    /// The app's process is frozen (SIGSTOP)
    AppFrozen,
    /// The app's process is killed once; systemd starts it again
    AppKilled,
    /// The droplet loses its power
    PowerOff,
    /// The droplet's processes are frozen; its kernel still answers (localcloud only)
    DropletFrozen,
    /// The droplet's VPC link passes nothing, so that it loses its database too (localcloud only)
    VpcCut,
    /// The standby's VPC link passes nothing (localcloud only)
    VpcCutStandby,
    /// Neither droplet reaches the other in the VPC; all else works
    PeerCut,
    /// Keepalived is stopped
    KeepalivedStopped,
    /// floatip is stopped
    FloatipStopped,
    /// The database is down for 10 s, for both droplets (localcloud only)
    DatabaseDown,
    /// The app is stopped while the cloud's API answers nothing for 20 s (localcloud only)
    ApiSilent,
    /// The app is stopped while the cloud's API answers 500 for 20 s (localcloud only)
    ApiStatus,
    /// The app is stopped while moves of reserved IPs end as errored for 5 s (localcloud only)
    ActionErrored,
    /// The app is stopped, and for 10 s moves end as completed before traffic follows (localcloud only)
    ActionEarly,
}

/// One thing that is done to bring a fault about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A fault of localcloud's, for the row's time, or until it is undone.
    Localcloud(Order),
    /// Commands on the live droplet. `{peer}` stands for the other droplet's private address.
    OnLive {
        /// Breaks.
        command: &'static str,
        /// Undoes it; may be said of what is not broken.
        undo: &'static str,
    },
    /// The same on the standby.
    OnStandby {
        /// Breaks.
        command: &'static str,
        /// Undoes it; may be said of what is not broken.
        undo: &'static str,
    },
    /// The live droplet is switched off by the API, and on again.
    PowerOff,
}

/// What localcloud is asked to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The live droplet's processes.
    FreezeLive,
    /// The live droplet's VPC link.
    CutLive,
    /// The standby's VPC link.
    CutStandby,
    /// The environment's database.
    Database,
    /// The API as a whole, or moves; the text is the fault's JSON without its time.
    Api(&'static str),
}

/// Which part of an outage is not the pair's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excused {
    /// The cloud's time for the move.
    Move,
    /// What the fault itself lasts.
    Fault,
    /// Both, one after the other.
    Both,
}

/// A fault and what is expected of the pair.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// How it is brought about, in order.
    pub steps: &'static [Step],
    /// Whether the live IP must move, once; else it must not move at all.
    pub moves: bool,
    /// How long it lasts if it ends by itself; for a fault that moves nothing, how long it is left in place.
    pub lasts: Duration,
    /// What does not count against the pair.
    pub excused: Excused,
    /// The longest outage allowed without what is excused.
    pub bound: Duration,
}

const STOP: Step = Step::OnLive {
    command: "systemctl stop minitwit",
    undo: "systemctl start minitwit",
};
const FREEZE: Step = Step::OnLive {
    command: "systemctl kill --signal=STOP minitwit",
    undo: "systemctl kill --signal=CONT minitwit",
};
const KILL: Step = Step::OnLive {
    command: "systemctl kill --signal=KILL minitwit",
    undo: "systemctl start minitwit",
};
const STOP_KEEPALIVED: Step = Step::OnLive {
    command: "systemctl stop keepalived",
    undo: "systemctl start keepalived",
};
const STOP_FLOATIP: Step = Step::OnLive {
    command: "systemctl stop floatip",
    undo: "systemctl start floatip",
};
const HIDE: &str = "ip route replace blackhole {peer}";
const SHOW: &str = "ip route delete blackhole {peer} 2>/dev/null || true";
const HIDE_PEERS: [Step; 2] = [
    Step::OnLive {
        command: HIDE,
        undo: SHOW,
    },
    Step::OnStandby {
        command: HIDE,
        undo: SHOW,
    },
];
const SILENT: Step = Step::Localcloud(Order::Api(r#"{"kind":"api-silent"}"#));
const STATUS: Step = Step::Localcloud(Order::Api(r#"{"kind":"api-status","status":500}"#));
const ERRORED: Step = Step::Localcloud(Order::Api(r#"{"kind":"action-errored"}"#));
const EARLY: Step = Step::Localcloud(Order::Api(r#"{"kind":"action-early"}"#));

impl Fault {
    /// Its name, as it is typed.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// What is known of it.
    #[must_use]
    pub const fn row(self) -> Row {
        match self {
            Self::AppStop => takeover(&[STOP], 2000),
            Self::AppFrozen => takeover(&[FREEZE], 3500),
            Self::AppKilled => kept(&[KILL], 3, 300),
            Self::PowerOff => takeover(&[Step::PowerOff], 2500),
            Self::DropletFrozen => takeover(&[Step::Localcloud(Order::FreezeLive)], 2500),
            Self::VpcCut => takeover(&[Step::Localcloud(Order::CutLive)], 3500),
            Self::VpcCutStandby => kept(&[Step::Localcloud(Order::CutStandby)], 10, 0),
            Self::PeerCut => kept(&HIDE_PEERS, 10, 0),
            Self::KeepalivedStopped => kept(&[STOP_KEEPALIVED], 10, 0),
            Self::FloatipStopped => kept(&[STOP_FLOATIP], 10, 0),
            Self::DatabaseDown => Row {
                excused: Excused::Fault,
                ..kept(&[Step::Localcloud(Order::Database)], 10, 2000)
            },
            Self::ApiSilent => trouble(&[SILENT, STOP], 20, Excused::Both, 1000),
            Self::ApiStatus => trouble(&[STATUS, STOP], 20, Excused::Both, 1000),
            Self::ActionErrored => trouble(&[ERRORED, STOP], 5, Excused::Both, 3000),
            Self::ActionEarly => trouble(&[EARLY, STOP], 10, Excused::Fault, 1000),
        }
    }
}

const fn takeover(steps: &'static [Step], bound_ms: u64) -> Row {
    Row {
        steps,
        moves: true,
        lasts: Duration::ZERO,
        excused: Excused::Move,
        bound: Duration::from_millis(bound_ms),
    }
}

const fn kept(steps: &'static [Step], seconds: u64, bound_ms: u64) -> Row {
    Row {
        moves: false,
        lasts: Duration::from_secs(seconds),
        ..takeover(steps, bound_ms)
    }
}

const fn trouble(steps: &'static [Step], seconds: u64, excused: Excused, bound_ms: u64) -> Row {
    Row {
        lasts: Duration::from_secs(seconds),
        excused,
        ..takeover(steps, bound_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_steps_and_those_that_move_nothing_have_a_time() {
        for fault in Fault::value_variants() {
            let row = fault.row();
            assert!(!row.steps.is_empty(), "{fault:?}");
            assert!(row.moves || row.lasts > Duration::ZERO, "{fault:?}");
            for step in row.steps {
                if let Step::Localcloud(Order::Api(json)) = step {
                    let order: serde_json::Value = serde_json::from_str(json).unwrap();
                    assert!(order["kind"].is_string(), "{json}");
                }
            }
        }
    }
}
