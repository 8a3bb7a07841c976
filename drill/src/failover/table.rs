//! The table of the faults: how each is brought about and undone, and what must come of it.

use super::fault::{Ending, Excused, Fault, Moves, Object, Row, Step, Which};
use std::time::Duration;

use Object::{Api, Database, Droplet};
use Which::{Live, Standby};

const fn on_live(command: &'static str, undo: &'static str) -> Step {
    Step::Run {
        on: Live,
        command,
        undo,
    }
}

const fn on_standby(command: &'static str, undo: &'static str) -> Step {
    Step::Run {
        on: Standby,
        command,
        undo,
    }
}

const STOP: Step = on_live("systemctl stop minitwit", "systemctl start minitwit");
const FREEZE: Step = on_live(
    "systemctl kill --signal=STOP minitwit",
    "systemctl kill --signal=CONT minitwit",
);
const KILL: Step = on_live(
    "systemctl kill --signal=KILL minitwit",
    "systemctl start minitwit",
);
const HESITATE: Step = on_live(
    "systemctl kill --signal=STOP minitwit && sleep 0.4 && systemctl kill --signal=CONT minitwit",
    "systemctl kill --signal=CONT minitwit",
);
const WHOLE_AGAIN: &str = "rm -f /run/systemd/system/minitwit.service.d/drill.conf && systemctl daemon-reload && \
     systemctl restart minitwit";
/// The real program with an address that it can't listen on: it exits by itself at each start.
const CRASH: Step = on_live(
    "mkdir -p /run/systemd/system/minitwit.service.d && printf '[Service]\\nEnvironmentFile=\\n\
     ExecStart=\\nExecStart=/opt/minitwit/current/minitwit serve --listen 192.0.2.1:80 --database-url postgresql://x@192.0.2.1/x\\n' \
     >/run/systemd/system/minitwit.service.d/drill.conf && systemctl daemon-reload && \
     systemctl kill --signal=KILL minitwit",
    WHOLE_AGAIN,
);
/// The kernel's own kill where it limits a service's memory (control groups version 2); elsewhere the process can't have
/// any at its next start, and what runs is killed as the kernel would.
const EXHAUST: Step = on_live(
    "if grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; \
     then systemctl set-property --runtime minitwit MemorySwapMax=0 MemoryMax=1M; \
     else mkdir -p /run/systemd/system/minitwit.service.d && printf '[Service]\\nLimitDATA=256K\\n' \
     >/run/systemd/system/minitwit.service.d/drill.conf && systemctl daemon-reload && \
     systemctl kill --signal=KILL minitwit; fi",
    "systemctl set-property --runtime minitwit MemorySwapMax=infinity MemoryMax=infinity; \
     rm -f /run/systemd/system/minitwit.service.d/drill.conf; systemctl daemon-reload; systemctl restart minitwit",
);
/// Packets of the app's two listeners that hold an answer (128 bytes or more) share 480 bit/s: one takes 5 s. Connections
/// are made at once. The first answer would pass unhindered; the probes at the end take that place.
const CRAWL: Step = on_live(
    "for link in lo eth0; do tc qdisc add dev $link root handle 1: htb default 1 r2q 1000 && \
     tc class add dev $link parent 1: classid 1:1 htb rate 10gbit quantum 60000 && \
     tc class add dev $link parent 1: classid 1:2 htb rate 480bit burst 1 cburst 1 quantum 1500 && \
     for port in 80 9101; do tc filter add dev $link parent 1: protocol ip prio 1 u32 match ip sport $port 0xffff \
     match u16 0 0xff80 at 2 classid 1:1 && tc filter add dev $link parent 1: protocol ip prio 2 u32 \
     match ip sport $port 0xffff classid 1:2 || exit; done; done; curl -s -m 0.1 -o /dev/null http://{self}:9101/readyz; true",
    "tc qdisc del dev eth0 root 2>/dev/null; tc qdisc del dev lo root 2>/dev/null; true",
);
const STOP_KEEPALIVED: Step = on_live("systemctl stop keepalived", "systemctl start keepalived");
const STOP_FLOATIP: Step = on_live("systemctl stop floatip", "systemctl start floatip");
const HIDE_PEER: &str = "ip route replace blackhole {peer}";
const SHOW_PEER: &str = "ip route delete blackhole {peer} 2>/dev/null || true";
const HIDE_DATABASE: &str = "ip route replace blackhole {database}";
const SHOW_DATABASE: &str = "ip route delete blackhole {database} 2>/dev/null || true";
const HIDE_PEER_FROM_LIVE: Step = on_live(HIDE_PEER, SHOW_PEER);
const HIDE_PEER_FROM_STANDBY: Step = on_standby(HIDE_PEER, SHOW_PEER);
const HIDE_DATABASE_FROM_LIVE: Step = on_live(HIDE_DATABASE, SHOW_DATABASE);
const HIDE_DATABASE_FROM_STANDBY: Step = on_standby(HIDE_DATABASE, SHOW_DATABASE);
const UNWATCH: &str = "systemctl stop drill-watch 2>/dev/null; systemctl start floatip";

/// Kills the standby's agent as soon as its log has a line of the given action.
macro_rules! kill_agent_when {
    ($action:literal) => {
        on_standby(
            concat!(
                "systemd-run --quiet --collect --unit=drill-watch sh -c \
                 'journalctl -u floatip -f -n 0 -o cat | grep -m 1 -F \"\\\"event.action\\\":\\\"",
                $action,
                "\\\"\" && systemctl kill --signal=KILL floatip' && sleep 0.3"
            ),
            UNWATCH,
        )
    };
}
const AGENT_WAS_KILLED: Step = Step::Expect {
    on: Standby,
    command: "! systemctl is-active --quiet drill-watch",
    else_broken: "floatip was not killed: its log had no such line",
};
const KILL_DETECTED: Step = kill_agent_when!("detected");
const KILL_DECIDED: Step = kill_agent_when!("decided");
const KILL_ACCEPTED: Step = kill_agent_when!("accepted");
const KILL_COMPLETED: Step = kill_agent_when!("completed");

const FROZEN: &str = r#"{"kind":"droplet-frozen"}"#;
const SLOW_CPU: &str = r#"{"kind":"droplet-slow-cpu","percent":2}"#;
const CUT: &str = r#"{"kind":"vpc-cut","direction":"both"}"#;
const CUT_IN: &str = r#"{"kind":"vpc-cut","direction":"in"}"#;
const CUT_OUT: &str = r#"{"kind":"vpc-cut","direction":"out"}"#;
const FULL: &str = r#"{"kind":"disk-full"}"#;
const CLOCK: &str = r#"{"kind":"clock-step","by":3600}"#;
const DOWN: &str = r#"{"kind":"database-down"}"#;
const NO_CONNECTIONS: &str = r#"{"kind":"database-connections"}"#;
const FAIL_OVER: &str = r#"{"kind":"database-failover"}"#;
const SILENT: &str = r#"{"kind":"api-silent"}"#;
const STATUS: &str = r#"{"kind":"api-status","status":500}"#;
const RATE_LIMIT: &str = r#"{"kind":"api-rate-limit"}"#;
const ANSWER_LOST: &str = r#"{"kind":"api-answer-lost"}"#;
const ERRORED: &str = r#"{"kind":"action-errored"}"#;
const EARLY: &str = r#"{"kind":"action-early"}"#;

macro_rules! localcloud {
    ($object:expr, $json:expr) => {
        &[Step::Localcloud($object, $json)]
    };
}

/// The app is stopped while something of localcloud's is wrong.
macro_rules! stopped_while {
    ($json:expr) => {
        &[Step::Localcloud(Api, $json), STOP]
    };
}

impl Fault {
    /// What is known of it.
    #[must_use]
    pub const fn row(self) -> Row {
        match self {
            Self::AppStop => takeover(&[STOP], 2000),
            Self::AppCrashing => takeover(&[CRASH], 2000),
            Self::AppOutOfMemory => takeover(&[EXHAUST], 2000),
            Self::AppFrozen => takeover(&[FREEZE], 3500),
            Self::AppSlow => takeover(&[CRAWL], 3500),
            Self::AppKilled => kept(&[KILL], 3, 300),
            // 0.4 s of its own.
            Self::OneSlowAnswer => kept(&[HESITATE], 3, 700),
            Self::PowerOff => takeover(&[Step::PowerOff(Live)], 2500),
            Self::DropletReboot => takeover(&[Step::Reboot(Live)], 2500),
            Self::DropletFrozen => takeover(localcloud!(Droplet(Live), FROZEN), 2500),
            Self::DropletSlow => takeover(localcloud!(Droplet(Live), SLOW_CPU), 6000),
            Self::StandbyOff => kept(&[Step::PowerOff(Standby)], 10, 0),
            Self::BothOffLiveFirst => both_off(Ending::LastFirst, Moves::Never),
            Self::BothOffStandbyFirst => both_off(Ending::FirstFirst, Moves::Once),
            Self::KeepalivedStopped => kept(&[STOP_KEEPALIVED], 10, 0),
            Self::FloatipStopped => kept(&[STOP_FLOATIP], 10, 0),
            Self::FloatipKilledDetected => takeover(&[KILL_DETECTED, STOP, AGENT_WAS_KILLED], 4000),
            Self::FloatipKilledDecided => takeover(&[KILL_DECIDED, STOP, AGENT_WAS_KILLED], 4000),
            Self::FloatipKilledAccepted => takeover(&[KILL_ACCEPTED, STOP, AGENT_WAS_KILLED], 4000),
            Self::FloatipKilledCompleted => {
                takeover(&[KILL_COMPLETED, STOP, AGENT_WAS_KILLED], 4000)
            }
            Self::VpcCut => takeover(localcloud!(Droplet(Live), CUT), 3500),
            Self::VpcCutIn => takeover(localcloud!(Droplet(Live), CUT_IN), 3500),
            Self::VpcCutOut => takeover(localcloud!(Droplet(Live), CUT_OUT), 3500),
            Self::VpcCutStandby => kept(localcloud!(Droplet(Standby), CUT), 10, 0),
            Self::PeerCut => kept(&[HIDE_PEER_FROM_LIVE, HIDE_PEER_FROM_STANDBY], 10, 0),
            Self::PeerCutOneWay => kept(&[HIDE_PEER_FROM_LIVE], 10, 0),
            Self::DatabaseCut => takeover(&[HIDE_DATABASE_FROM_LIVE], 3500),
            Self::DatabaseCutBoth => {
                const ON_BOTH: &[Step] = &[HIDE_DATABASE_FROM_STANDBY, HIDE_DATABASE_FROM_LIVE];
                excusing_itself(kept(ON_BOTH, 10, 2000))
            }
            Self::DatabaseDown => excusing_itself(kept(localcloud!(Database, DOWN), 10, 2000)),
            // Those that the apps have are taken from them too.
            Self::DatabaseConnections => {
                excusing_itself(kept(localcloud!(Database, NO_CONNECTIONS), 10, 2000))
            }
            Self::DatabaseFailover => kept(localcloud!(Database, FAIL_OVER), 10, 10_000),
            Self::DiskFull => kept(localcloud!(Droplet(Live), FULL), 10, 0),
            Self::ClockStep => kept(localcloud!(Droplet(Live), CLOCK), 10, 0),
            Self::ApiSilent => trouble(stopped_while!(SILENT), 20, Excused::Both),
            Self::ApiStatus => trouble(stopped_while!(STATUS), 20, Excused::Both),
            Self::ApiRateLimit => trouble(stopped_while!(RATE_LIMIT), 20, Excused::Both),
            Self::ApiAnswerLost => trouble(stopped_while!(ANSWER_LOST), 20, Excused::Both),
            Self::ActionErrored => trouble(stopped_while!(ERRORED), 20, Excused::Both),
            Self::ActionEarly => trouble(stopped_while!(EARLY), 10, Excused::Fault),
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
        ending: Ending::OutOfTheWay,
        lasts: Duration::ZERO,
        excused: Excused::Move,
        bound: Duration::from_millis(bound_ms),
    }
}

const fn kept(steps: &'static [Step], seconds: u64, bound_ms: u64) -> Row {
    Row {
        moves: Moves::Never,
        ending: Ending::SatOut,
        lasts: Duration::from_secs(seconds),
        ..takeover(steps, bound_ms)
    }
}

const fn excusing_itself(row: Row) -> Row {
    Row {
        excused: Excused::Fault,
        ..row
    }
}

const fn trouble(steps: &'static [Step], seconds: u64, excused: Excused) -> Row {
    Row {
        lasts: Duration::from_secs(seconds),
        excused,
        ..takeover(steps, 1000)
    }
}

/// The standby first, so that it does not claim. A droplet takes some seconds to boot once it is on.
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
    fn each_fault_has_steps_and_those_that_are_sat_out_have_a_time() {
        for fault in Fault::value_variants() {
            let row = fault.row();
            assert!(!row.steps.is_empty(), "{fault:?}");
            assert_eq!(
                row.ending == Ending::OutOfTheWay
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
    fn bounds_are_those_that_were_promised() {
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
