//! The steps of the faults: commands on droplets, and faults of localcloud.

use super::fault::{Input, Step, Which};

use Which::{Live, Standby};

pub(crate) const fn on_live(command: &'static str, undo: &'static str) -> Step {
    Step::Run {
        on: Live,
        command,
        undo,
        input: Input::Nothing,
    }
}

pub(crate) const fn on_standby(command: &'static str, undo: &'static str) -> Step {
    Step::Run {
        on: Standby,
        command,
        undo,
        input: Input::Nothing,
    }
}

pub(crate) const STOP: Step = on_live("systemctl stop minitwit", "systemctl start minitwit");
pub(crate) const FREEZE: Step = on_live(
    "systemctl kill --signal=STOP minitwit",
    "systemctl kill --signal=CONT minitwit",
);
pub(crate) const KILL: Step = on_live(
    "systemctl kill --signal=KILL minitwit",
    "systemctl start minitwit",
);
pub(crate) const PAUSE: Step = on_live(
    "systemctl kill --signal=STOP minitwit && sleep 0.4 && systemctl kill --signal=CONT minitwit",
    "systemctl kill --signal=CONT minitwit",
);
pub(crate) const RESTART_CLEAN: &str = "rm -f /run/systemd/system/minitwit.service.d/drill.conf && systemctl daemon-reload && \
     systemctl restart minitwit";
/// The real program with an address that it can't listen on: it exits at each start.
pub(crate) const CRASH: Step = on_live(
    "mkdir -p /run/systemd/system/minitwit.service.d && printf '[Service]\\nEnvironmentFile=\\n\
     ExecStart=\\nExecStart=/opt/minitwit/current/minitwit serve --listen 192.0.2.1:80 --database-url postgresql://x@192.0.2.1/x\\n' \
     >/run/systemd/system/minitwit.service.d/drill.conf && systemctl daemon-reload && \
     systemctl kill --signal=KILL minitwit",
    RESTART_CLEAN,
);
/// The kernel kills the process where it limits a service's memory (control groups version 2). Elsewhere the process gets
/// no memory at its next start, and the running one is killed in the kernel's place.
pub(crate) const EXHAUST: Step = on_live(
    "if grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; \
     then systemctl set-property --runtime minitwit MemorySwapMax=0 MemoryMax=1M; \
     else mkdir -p /run/systemd/system/minitwit.service.d && printf '[Service]\\nLimitDATA=256K\\n' \
     >/run/systemd/system/minitwit.service.d/drill.conf && systemctl daemon-reload && \
     systemctl kill --signal=KILL minitwit; fi",
    "systemctl set-property --runtime minitwit MemorySwapMax=infinity MemoryMax=infinity; \
     rm -f /run/systemd/system/minitwit.service.d/drill.conf; systemctl daemon-reload; systemctl restart minitwit",
);
/// Packets of the app's two listeners with a response (128 bytes or more) share 480 bit/s: one takes 5 s. Connections open
/// at once. The first response would pass at full speed; the request at the end uses that up.
pub(crate) const SLOW_RESPONSES: Step = on_live(
    "for link in lo eth0; do tc qdisc add dev $link root handle 1: htb default 1 r2q 1000 && \
     tc class add dev $link parent 1: classid 1:1 htb rate 10gbit quantum 60000 && \
     tc class add dev $link parent 1: classid 1:2 htb rate 480bit burst 1 cburst 1 quantum 1500 && \
     for port in 80 9101; do tc filter add dev $link parent 1: protocol ip prio 1 u32 match ip sport $port 0xffff \
     match u16 0 0xff80 at 2 classid 1:1 && tc filter add dev $link parent 1: protocol ip prio 2 u32 \
     match ip sport $port 0xffff classid 1:2 || exit; done; done; curl -s -m 0.1 -o /dev/null http://{self}:9101/readyz; true",
    "tc qdisc del dev eth0 root 2>/dev/null; tc qdisc del dev lo root 2>/dev/null; true",
);
pub(crate) const STOP_KEEPALIVED: Step =
    on_live("systemctl stop keepalived", "systemctl start keepalived");
pub(crate) const STOP_FLOATIP: Step = on_live("systemctl stop floatip", "systemctl start floatip");
pub(crate) const HIDE_PEER: &str = "ip route replace blackhole {peer}";
pub(crate) const SHOW_PEER: &str = "ip route delete blackhole {peer} 2>/dev/null || true";
pub(crate) const HIDE_DATABASE: &str = "ip route replace blackhole {database}";
pub(crate) const SHOW_DATABASE: &str = "ip route delete blackhole {database} 2>/dev/null || true";
pub(crate) const HIDE_PEER_FROM_LIVE: Step = on_live(HIDE_PEER, SHOW_PEER);
pub(crate) const HIDE_PEER_FROM_STANDBY: Step = on_standby(HIDE_PEER, SHOW_PEER);
pub(crate) const HIDE_DATABASE_FROM_LIVE: Step = on_live(HIDE_DATABASE, SHOW_DATABASE);
pub(crate) const HIDE_DATABASE_FROM_STANDBY: Step = on_standby(HIDE_DATABASE, SHOW_DATABASE);
pub(crate) const STOP_WATCHER: &str =
    "systemctl stop drill-watch 2>/dev/null; systemctl start floatip";

/// Kills the standby's agent as soon as its log has a line with the given action.
macro_rules! kill_agent_when {
    ($action:literal) => {
        on_standby(
            concat!(
                "systemd-run --quiet --collect --unit=drill-watch sh -c \
                 'journalctl -u floatip -f -n 0 -o cat | grep -m 1 -F \"\\\"event.action\\\":\\\"",
                $action,
                "\\\"\" && systemctl kill --signal=KILL floatip' && sleep 0.3"
            ),
            STOP_WATCHER,
        )
    };
}
pub(crate) const AGENT_WAS_KILLED: Step = Step::Expect {
    on: Standby,
    command: "! systemctl is-active --quiet drill-watch",
    otherwise: "floatip was not killed: its log had no such line",
};
pub(crate) const KILL_DETECTED: Step = kill_agent_when!("detected");
pub(crate) const KILL_DECIDED: Step = kill_agent_when!("decided");
pub(crate) const KILL_ACCEPTED: Step = kill_agent_when!("accepted");
pub(crate) const KILL_COMPLETED: Step = kill_agent_when!("completed");

pub(crate) const FROZEN: &str = r#"{"kind":"droplet-frozen"}"#;
pub(crate) const SLOW_CPU: &str = r#"{"kind":"droplet-slow-cpu","percent":2}"#;
pub(crate) const CUT: &str = r#"{"kind":"vpc-cut","direction":"both"}"#;
pub(crate) const CUT_IN: &str = r#"{"kind":"vpc-cut","direction":"in"}"#;
pub(crate) const CUT_OUT: &str = r#"{"kind":"vpc-cut","direction":"out"}"#;
pub(crate) const FULL: &str = r#"{"kind":"disk-full"}"#;
pub(crate) const CLOCK: &str = r#"{"kind":"clock-step","by":3600}"#;
pub(crate) const DOWN: &str = r#"{"kind":"database-down"}"#;
pub(crate) const NO_CONNECTIONS: &str = r#"{"kind":"database-connections"}"#;
pub(crate) const FAIL_OVER: &str = r#"{"kind":"database-failover"}"#;
pub(crate) const SILENT: &str = r#"{"kind":"api-silent"}"#;
pub(crate) const STATUS: &str = r#"{"kind":"api-status","status":500}"#;
pub(crate) const RATE_LIMIT: &str = r#"{"kind":"api-rate-limit"}"#;
pub(crate) const ANSWER_LOST: &str = r#"{"kind":"api-answer-lost"}"#;
pub(crate) const ERRORED: &str = r#"{"kind":"action-errored"}"#;
pub(crate) const EARLY: &str = r#"{"kind":"action-early"}"#;
