//! The table of the faults: the steps and requirements of each.

use super::fault::{Ending, Excused, Fault, Moves, Object, Row, Step, Which};
use super::step_table::{
    AGENT_WAS_KILLED, ANSWER_LOST, CLOCK, CRASH, CUT, CUT_IN, CUT_OUT, DOWN, EARLY, ERRORED,
    EXHAUST, FAIL_OVER, FREEZE, FROZEN, FULL, HIDE_DATABASE_FROM_LIVE, HIDE_DATABASE_FROM_STANDBY,
    HIDE_PEER_FROM_LIVE, HIDE_PEER_FROM_STANDBY, KILL, KILL_ACCEPTED, KILL_COMPLETED, KILL_DECIDED,
    KILL_DETECTED, NO_CONNECTIONS, PAUSE, RATE_LIMIT, SILENT, SLOW_CPU, SLOW_RESPONSES, STATUS,
    STOP, STOP_FLOATIP, STOP_KEEPALIVED,
};
use std::time::Duration;

use Object::{Api, Database, Droplet};
use Which::{Live, Standby};

macro_rules! localcloud {
    ($object:expr, $json:expr) => {
        &[Step::Localcloud($object, $json)]
    };
}

/// The app is stopped while a fault of localcloud is active.
macro_rules! stopped_while {
    ($json:expr) => {
        &[Step::Localcloud(Api, $json), STOP]
    };
}

impl Fault {
    /// How it is injected and the requirements of each.
    #[must_use]
    pub const fn row(self) -> Row {
        match self {
            Self::AppStop => takeover(&[STOP], 2000),
            Self::AppCrashing => takeover(&[CRASH], 2000),
            Self::AppOutOfMemory => takeover(&[EXHAUST], 2000),
            Self::AppFrozen => takeover(&[FREEZE], 3500),
            Self::AppSlow => takeover(&[SLOW_RESPONSES], 3500),
            Self::AppKilled => stays(&[KILL], 3, 300),
            // The pause itself is 0.4 s.
            Self::OneSlowAnswer => stays(&[PAUSE], 3, 700),
            Self::PowerOff => takeover(&[Step::PowerOff(Live)], 2500),
            Self::DropletReboot => takeover(&[Step::Reboot(Live)], 2500),
            Self::DropletFrozen => takeover(localcloud!(Droplet(Live), FROZEN), 2500),
            Self::DropletSlow => takeover(localcloud!(Droplet(Live), SLOW_CPU), 6000),
            Self::StandbyOff => stays(&[Step::PowerOff(Standby)], 10, 0),
            Self::BothOffLiveFirst => both_off(Ending::LastStepFirst, Moves::Never),
            Self::BothOffStandbyFirst => both_off(Ending::FirstStepFirst, Moves::Once),
            Self::KeepalivedStopped => stays(&[STOP_KEEPALIVED], 10, 0),
            Self::FloatipStopped => stays(&[STOP_FLOATIP], 10, 0),
            Self::FloatipKilledDetected => takeover(&[KILL_DETECTED, STOP, AGENT_WAS_KILLED], 4000),
            Self::FloatipKilledDecided => takeover(&[KILL_DECIDED, STOP, AGENT_WAS_KILLED], 4000),
            Self::FloatipKilledAccepted => takeover(&[KILL_ACCEPTED, STOP, AGENT_WAS_KILLED], 4000),
            Self::FloatipKilledCompleted => {
                takeover(&[KILL_COMPLETED, STOP, AGENT_WAS_KILLED], 4000)
            }
            Self::VpcCut => takeover(localcloud!(Droplet(Live), CUT), 3500),
            Self::VpcCutIn => takeover(localcloud!(Droplet(Live), CUT_IN), 3500),
            Self::VpcCutOut => takeover(localcloud!(Droplet(Live), CUT_OUT), 3500),
            Self::VpcCutStandby => stays(localcloud!(Droplet(Standby), CUT), 10, 0),
            Self::PeerCut => stays(&[HIDE_PEER_FROM_LIVE, HIDE_PEER_FROM_STANDBY], 10, 0),
            Self::PeerCutOneWay => stays(&[HIDE_PEER_FROM_LIVE], 10, 0),
            Self::DatabaseCut => takeover(&[HIDE_DATABASE_FROM_LIVE], 3500),
            Self::DatabaseCutBoth => {
                const ON_BOTH: &[Step] = &[HIDE_DATABASE_FROM_STANDBY, HIDE_DATABASE_FROM_LIVE];
                excusing_the_fault(stays(ON_BOTH, 10, 2000))
            }
            Self::DatabaseDown => excusing_the_fault(stays(localcloud!(Database, DOWN), 10, 2000)),
            // It ends the apps' connections too.
            Self::DatabaseConnections => {
                excusing_the_fault(stays(localcloud!(Database, NO_CONNECTIONS), 10, 2000))
            }
            Self::DatabaseFailover => stays(localcloud!(Database, FAIL_OVER), 10, 10_000),
            Self::DiskFull => stays(localcloud!(Droplet(Live), FULL), 10, 0),
            Self::ClockStep => stays(localcloud!(Droplet(Live), CLOCK), 10, 0),
            Self::ApiSilent => api_fault(stopped_while!(SILENT), 20, Excused::Both),
            Self::ApiStatus => api_fault(stopped_while!(STATUS), 20, Excused::Both),
            Self::ApiRateLimit => api_fault(stopped_while!(RATE_LIMIT), 20, Excused::Both),
            Self::ApiAnswerLost => api_fault(stopped_while!(ANSWER_LOST), 20, Excused::Both),
            Self::ActionErrored => api_fault(stopped_while!(ERRORED), 20, Excused::Both),
            Self::ActionEarly => api_fault(stopped_while!(EARLY), 10, Excused::Fault),
            Self::MoveByHand => Row {
                excused: Excused::Nothing,
                ..takeover(&[Step::MoveByHand], 1000)
            },
            Self::ReleaseMove => takeover(&[Step::MoveByHand, STOP], 500),
        }
    }
}

const fn takeover(steps: &'static [Step], bound_ms: u64) -> Row {
    Row {
        steps,
        moves: Moves::Once,
        ending: Ending::WhenRecovered,
        lasts: Duration::ZERO,
        excused: Excused::Move,
        bound: Duration::from_millis(bound_ms),
    }
}

const fn stays(steps: &'static [Step], seconds: u64, bound_ms: u64) -> Row {
    Row {
        moves: Moves::Never,
        ending: Ending::AfterItsTime,
        lasts: Duration::from_secs(seconds),
        ..takeover(steps, bound_ms)
    }
}

const fn excusing_the_fault(row: Row) -> Row {
    Row {
        excused: Excused::Fault,
        ..row
    }
}

const fn api_fault(steps: &'static [Step], seconds: u64, excused: Excused) -> Row {
    Row {
        lasts: Duration::from_secs(seconds),
        excused,
        ..takeover(steps, 1000)
    }
}

/// The standby first, so that it does not claim. A droplet takes some seconds to boot.
const fn both_off(ending: Ending, moves: Moves) -> Row {
    Row {
        moves,
        ending,
        lasts: Duration::from_secs(5),
        excused: Excused::Both,
        ..takeover(&[Step::PowerOff(Standby), Step::PowerOff(Live)], 15_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    #[test]
    fn each_fault_has_steps_and_a_time_if_it_ends_after_one() {
        for fault in Fault::value_variants() {
            let row = fault.row();
            assert!(!row.steps.is_empty(), "{fault:?}");
            assert_eq!(
                row.ending == Ending::WhenRecovered
                    && matches!(row.excused, Excused::Move | Excused::Nothing),
                row.lasts == Duration::ZERO,
                "{fault:?}"
            );
            for step in row.steps {
                if let Step::Localcloud(_, json) = step {
                    let order: serde_json::Value = serde_json::from_str(json).unwrap();
                    assert!(order["kind"].is_string(), "{json}");
                }
            }
        }
    }

    #[test]
    fn bounds_are_the_promised_ones() {
        for (fault, seconds) in [
            (Fault::AppStop, 2.0),
            (Fault::AppCrashing, 2.0),
            (Fault::AppFrozen, 3.5),
            (Fault::AppSlow, 3.5),
            (Fault::PowerOff, 2.5),
            (Fault::DropletFrozen, 2.5),
            (Fault::AppKilled, 0.3),
            (Fault::KeepalivedStopped, 0.0),
            (Fault::ClockStep, 0.0),
            (Fault::ApiSilent, 1.0),
            (Fault::ActionErrored, 1.0),
        ] {
            assert_eq!(
                fault.row().bound,
                Duration::from_secs_f64(seconds),
                "{fault:?}"
            );
        }
    }
}
