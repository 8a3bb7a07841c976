//! A cloud of two app droplets and a monitor in memory: its API, its live IP, and an `ssh` that reaches it. A broken
//! droplet responds 503; after a while the other one takes over.

use crate::fake::{Trouble, routes, serve};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::sleep;

/// How the pair behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    TakesOver,
    NobodyTakesOver,
    StaysUnfitWhenMended,
    NeverFit,
    /// A full disk does not alert.
    SilentDisk,
}

#[derive(Default)]
struct World {
    live: usize,
    moves: u64,
    broken: Option<usize>,
    unfit: Option<usize>,
    log: String,
    done: Vec<String>,
    alerts: BTreeSet<&'static str>,
}

struct Shared {
    pair: Pair,
    world: Mutex<World>,
}

/// A running one, with its files.
pub struct FakeCloud {
    pub url: String,
    pub directory: TempDir,
    shared: Arc<Shared>,
}

const IDS: [u64; 2] = [101, 102];
const ADDRESSES: [&str; 3] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"];
const MONITOR: usize = 2;
/// From the fault to the decision, and from that to the completed move.
const DETECTION: Duration = Duration::from_millis(300);
const MOVE: Duration = Duration::from_millis(400);

/// Starts one, and writes the outputs and the `ssh` command for it.
pub async fn start(pair: Pair, trouble: Trouble) -> FakeCloud {
    let world = World {
        unfit: (pair == Pair::NeverFit).then_some(1),
        ..World::default()
    };
    let shared = Arc::new(Shared {
        pair,
        world: Mutex::new(world),
    });
    let app = routes(trouble).layer(middleware::from_fn_with_state(
        shared.clone(),
        through_live_ip,
    ));
    let api = Router::new()
        .route("/v2/reserved_ips/{ip}", get(reserved_ip))
        .route("/v2/reserved_ips/{ip}/actions", get(moves))
        .route("/v2/droplets/{id}/actions", post(act))
        .route("/v2/actions/{id}", get(action))
        .route("/_localcloud/faults", post(inject))
        .route("/_localcloud/faults/{id}", delete(end))
        .route("/ssh/{host}", post(ssh))
        .with_state(shared.clone());
    let url = serve(app.merge(api)).await;
    let directory = tempfile::tempdir().unwrap();
    let droplet = |index: usize| json!({"id": IDS[index].to_string(), "public_ip": ADDRESSES[index], "private_ip": ADDRESSES[index]});
    let monitor = json!({"name": "m", "id": 103, "public_ip": ADDRESSES[MONITOR], "private_ip": ADDRESSES[MONITOR]});
    let database = json!({"host": "127.0.0.20", "user": "m", "uri": "u", "admin_uri": "secret", "ca_certificate": "c"});
    let environment = json!({
        "live_ip": {"value": "127.0.0.10"},
        "stage_ip": {"value": "127.0.0.9"},
        "droplets": {"value": {"a": droplet(0), "b": droplet(1)}},
        "monitor": {"value": monitor},
        "vpc_ip_range": {"value": "127.0.0.0/24"},
        "database": {"value": database},
    });
    std::fs::write(
        directory.path().join("environment.json"),
        environment.to_string(),
    )
    .unwrap();
    let port = url.rsplit(':').next().unwrap();
    let script = directory.path().join("ssh");
    std::fs::write(&script, SSH.replace("PORT", port)).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    FakeCloud {
        url,
        directory,
        shared,
    }
}

/// Sends the command to the fake, with the only TCP client that is installed everywhere.
const SSH: &str = r#"#!/bin/bash
LC_ALL=C
command=${!#}
host=${@: -2:1}
exec 3<>/dev/tcp/127.0.0.1/PORT
printf 'POST /ssh/%s HTTP/1.0\r\ncontent-length: %d\r\n\r\n%s' "${host#root@}" "${#command}" "$command" >&3
read -r _ status _ <&3
while read -r line <&3 && [ "$line" != $'\r' ]; do :; done
cat <&3
[ "$status" = 200 ] || { echo "Connection refused" >&2; exit 255; }
"#;

impl FakeCloud {
    /// What was changed on the droplets, in order.
    pub fn done(&self) -> Vec<String> {
        self.shared.world.lock().unwrap().done.clone()
    }
}

async fn through_live_ip(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let down = {
        let world = shared.world.lock().unwrap();
        world.broken == Some(world.live)
    };
    if down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

async fn reserved_ip(State(shared): State<Arc<Shared>>, Path(ip): Path<String>) -> Json<Value> {
    assert_eq!(ip, "127.0.0.10");
    let live = shared.world.lock().unwrap().live;
    Json(json!({"reserved_ip": {"ip": ip, "locked": false, "droplet": {"id": IDS[live]}}}))
}

async fn moves(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let moves = shared.world.lock().unwrap().moves;
    let done =
        (0..moves).map(|id| json!({"id": id + 1, "status": "completed", "type": "assign_ip"}));
    Json(json!({"actions": done.collect::<Vec<_>>()}))
}

async fn act(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let index = IDS.iter().position(|other| *other == id).unwrap();
    match body["type"].as_str().unwrap() {
        "power_off" => break_droplet(&shared, index, "power_off"),
        "power_on" => mend_droplet(&shared, index, "power_on"),
        other => panic!("{other}"),
    }
    (
        StatusCode::CREATED,
        Json(json!({"action": {"id": 7, "status": "in-progress"}})),
    )
}

async fn action() -> Json<Value> {
    Json(json!({"action": {"id": 7, "status": "completed"}}))
}

async fn ssh(
    State(shared): State<Arc<Shared>>,
    Path(host): Path<String>,
    command: String,
) -> Response {
    let index = ADDRESSES
        .iter()
        .position(|address| *address == host)
        .unwrap();
    if command.ends_with("systemctl stop minitwit") {
        let now = Timestamp::now().as_nanosecond().to_string();
        if index != shared.world.lock().unwrap().live {
            let mut world = shared.world.lock().unwrap();
            world.done.push(format!("stop {}", IDS[index]));
            world.alerts.insert("StandbyUnfit");
            return now.into_response();
        }
        break_droplet(&shared, index, "stop");
        return now.into_response();
    }
    if command.ends_with("systemctl kill --signal=KILL minitwit") {
        let now = Timestamp::now().as_nanosecond().to_string();
        let mut world = shared.world.lock().unwrap();
        world.done.push(format!("kill {}", IDS[index]));
        return now.into_response();
    }
    if command == "systemctl start minitwit" {
        shared.world.lock().unwrap().alerts.clear();
        mend_droplet(&shared, index, "start");
        return StatusCode::OK.into_response();
    }
    if index == MONITOR {
        return on_monitor(&shared, &command).into_response();
    }
    let world = shared.world.lock().unwrap();
    if command.starts_with("journalctl -u floatip ") {
        return world.log.clone().into_response();
    }
    assert_eq!(
        command,
        format!("curl -fsS --max-time 2 http://{host}:9102/status")
    );
    let fit = world.broken != Some(index) && world.unfit != Some(index);
    let role = if world.live == index {
        "live"
    } else {
        "standby"
    };
    Json(json!({"role": role, "fit": fit, "vrrp": "BACKUP", "version": "1", "agreement": true}))
        .into_response()
}

/// The alerts and the moves, as Alertmanager and Prometheus return them.
fn on_monitor(shared: &Shared, command: &str) -> String {
    assert!(
        command.contains(":9093/api/v2/alerts") || command.contains("probe_success"),
        "{command}"
    );
    let world = shared.world.lock().unwrap();
    let none = json!({"data": {"result": []}});
    if command.contains("probe_success") {
        return none.to_string();
    }
    let names = ["Watchdog"].iter().chain(&world.alerts);
    let alerts: Vec<Value> = names
        .map(|name| json!({"labels": {"alertname": name}}))
        .collect();
    format!("{}\n{none}", json!(alerts))
}

/// A full disk alerts until the fault ends.
async fn inject(
    State(shared): State<Arc<Shared>>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let kind = body["kind"].as_str().unwrap();
    if kind != "disk-full" {
        return (StatusCode::NOT_FOUND, Json(json!({})));
    }
    let mut world = shared.world.lock().unwrap();
    world.done.push(format!("{kind} {}", body["droplet"]));
    if shared.pair != Pair::SilentDisk {
        world.alerts.insert("DiskNearlyFull");
    }
    (StatusCode::CREATED, Json(json!({"fault": {"id": 1}})))
}

async fn end(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> StatusCode {
    let mut world = shared.world.lock().unwrap();
    world.done.push(format!("end {id}"));
    world.alerts.remove("DiskNearlyFull");
    StatusCode::NO_CONTENT
}

fn break_droplet(shared: &Arc<Shared>, index: usize, how: &str) {
    {
        let mut world = shared.world.lock().unwrap();
        world.done.push(format!("{how} {}", IDS[index]));
        world.broken = Some(index);
    }
    if shared.pair != Pair::NobodyTakesOver {
        tokio::spawn(take_over(shared.clone(), 1 - index));
    }
}

async fn take_over(shared: Arc<Shared>, index: usize) {
    sleep(DETECTION).await;
    for action in ["detected", "decided", "accepted"] {
        log(&shared, action);
    }
    sleep(MOVE).await;
    {
        let mut world = shared.world.lock().unwrap();
        world.live = index;
        world.moves += 1;
    }
    for action in ["completed", "first_answer"] {
        log(&shared, action);
    }
}

fn log(shared: &Shared, action: &str) {
    let line = json!({"@timestamp": Timestamp::now().to_string(), "event.action": action});
    writeln!(shared.world.lock().unwrap().log, "{line}").unwrap();
}

fn mend_droplet(shared: &Shared, index: usize, how: &str) {
    let mut world = shared.world.lock().unwrap();
    world.done.push(format!("{how} {}", IDS[index]));
    world.broken = None;
    if shared.pair == Pair::StaysUnfitWhenMended {
        world.unfit = Some(index);
    }
}
