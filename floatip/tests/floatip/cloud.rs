//! A fake of DigitalOcean's reserved-IP endpoints, of the live IP, and of the local service, with faults on demand.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const LIVE: &str = "198.18.1.1";
pub const STAGE: &str = "198.18.1.2";
pub const TOKEN: &str = "dop_v1_test";
pub const HERE: u64 = 1001;
pub const THERE: u64 = 1002;

/// What happens to one POST of an action, instead of the usual.
#[derive(Clone, Debug)]
pub enum Fault {
    Status(u16, &'static str),
    RetryAfter(u64),
    Silence,
    /// Carried out, but the answer is lost.
    Lost,
    /// Accepted, and ends as errored.
    Errored,
    /// Accepted, and unknown for that many polls.
    UnknownFor(u32),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Service {
    Up,
    /// Closes every connection: as fast a failure as a refused one.
    Closed,
    Silent,
}

#[derive(Debug)]
struct Action {
    ip: String,
    droplet: Option<u64>,
    done_at: Instant,
    unknown_for: u32,
    errored: bool,
}

#[derive(Debug)]
pub struct Inner {
    pub holders: HashMap<String, Option<u64>>,
    pub locked_elsewhere: bool,
    pub services: HashMap<u64, Service>,
    pub ready: bool,
    pub latency: Duration,
    pub faults: VecDeque<Fault>,
    /// Every read fails so while set.
    pub reads: Option<u16>,
    actions: Vec<Action>,
    pub calls: Vec<(Instant, String)>,
    pub live_asked: usize,
}

#[derive(Clone, Debug)]
pub struct Cloud {
    pub inner: Arc<Mutex<Inner>>,
    pub address: SocketAddr,
    pub live: SocketAddr,
}

impl Cloud {
    /// THERE holds the live IP and serves; HERE is fit.
    pub async fn start() -> Self {
        let inner = Arc::new(Mutex::new(Inner {
            holders: [(LIVE.to_owned(), Some(THERE)), (STAGE.to_owned(), None)].into(),
            locked_elsewhere: false,
            services: [(HERE, Service::Up), (THERE, Service::Up)].into(),
            ready: true,
            latency: Duration::from_millis(300),
            faults: VecDeque::new(),
            reads: None,
            actions: Vec::new(),
            calls: Vec::new(),
            live_asked: 0,
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let live_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cloud = Self {
            inner,
            address: listener.local_addr().unwrap(),
            live: live_listener.local_addr().unwrap(),
        };
        let routes = Router::new()
            .route("/v2/reserved_ips/{ip}", get(read))
            .route("/v2/reserved_ips/{ip}/actions", post(act))
            .route("/v2/reserved_ips/{ip}/actions/{id}", get(poll))
            .route("/v2/droplets/{id}", get(droplet))
            .route("/v2/droplets", get(droplets))
            .route("/metadata/v1/id", get(|| async { HERE.to_string() }))
            .route("/readyz", get(ready))
            .with_state(cloud.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        tokio::spawn(serve_live(live_listener, cloud.clone()));
        cloud
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn service(&self, droplet: u64, service: Service) {
        self.lock().services.insert(droplet, service);
    }

    pub fn fault(&self, faults: &[Fault]) {
        self.lock().faults.extend(faults.iter().cloned());
    }

    pub fn holder(&self, ip: &str) -> Option<u64> {
        let mut inner = self.lock();
        inner.finish_actions();
        inner.holders[ip]
    }

    /// The calls that act, oldest first.
    pub fn posts(&self) -> Vec<(Instant, String)> {
        let inner = self.lock();
        inner
            .calls
            .iter()
            .filter(|(_, call)| call.starts_with("POST"))
            .cloned()
            .collect()
    }

    pub fn posted(&self) -> Vec<String> {
        self.posts().into_iter().map(|(_, call)| call).collect()
    }
}

impl Inner {
    fn finish_actions(&mut self) {
        for action in &self.actions {
            if !action.errored && action.done_at <= Instant::now() {
                self.holders.insert(action.ip.clone(), action.droplet);
            }
        }
        // Done once; what happens later must not be undone.
        for action in &mut self.actions {
            if action.done_at <= Instant::now() && !action.errored {
                action.ip = "done".into();
            }
        }
    }

    fn is_locked(&self, ip: &str) -> bool {
        let pending = |action: &Action| action.ip == ip && action.done_at > Instant::now();
        self.actions.iter().any(pending) || (ip == LIVE && self.locked_elsewhere)
    }
}

fn refuse(status: u16, message: &str) -> Response {
    let body = json!({"id": "error", "message": message}).to_string();
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

fn authorised(headers: &HeaderMap) -> bool {
    headers
        .get("authorization")
        .is_some_and(|value| value == &format!("Bearer {TOKEN}"))
}

async fn read(
    State(cloud): State<Cloud>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Path(ip): Path<String>,
) -> Response {
    let mut inner = cloud.lock();
    inner
        .calls
        .push((Instant::now(), format!("{method} {uri}")));
    if !authorised(&headers) {
        return refuse(401, "Unable to authenticate you");
    }
    if let Some(status) = inner.reads {
        return refuse(status, "broken");
    }
    inner.finish_actions();
    let Some(&holder) = inner.holders.get(&ip) else {
        return refuse(404, "not found");
    };
    let droplet = holder.map(|id| json!({"id": id, "name": format!("droplet-{id}")}));
    let locked = inner.is_locked(&ip);
    axum::Json(json!({"reserved_ip": {"ip": ip, "droplet": droplet, "locked": locked}}))
        .into_response()
}

async fn act(
    State(cloud): State<Cloud>,
    headers: HeaderMap,
    Path(ip): Path<String>,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let fault = {
        let mut inner = cloud.lock();
        inner
            .calls
            .push((Instant::now(), format!("POST {ip} {body}")));
        inner.faults.pop_front()
    };
    if !authorised(&headers) {
        return refuse(401, "Unable to authenticate you");
    }
    match fault {
        Some(Fault::Status(status, message)) => return refuse(status, message),
        Some(Fault::RetryAfter(seconds)) => {
            return (
                [("retry-after", seconds.to_string())],
                refuse(429, "Too many requests"),
            )
                .into_response();
        }
        Some(Fault::Silence) => std::future::pending().await,
        _ => {}
    }
    let id = {
        let mut inner = cloud.lock();
        inner.finish_actions();
        let droplet = body["droplet_id"].as_u64();
        if inner.is_locked(&ip) {
            return refuse(422, "The reserved IP has a pending event.");
        }
        if droplet.is_some() && inner.holders.values().any(|holder| *holder == droplet) {
            return refuse(422, "The droplet already has a reserved IP.");
        }
        let done_at = Instant::now() + inner.latency;
        let unknown_for = if let Some(Fault::UnknownFor(polls)) = fault {
            polls
        } else {
            0
        };
        let errored = matches!(fault, Some(Fault::Errored));
        inner.actions.push(Action {
            ip,
            droplet,
            done_at,
            unknown_for,
            errored,
        });
        inner.actions.len() as u64
    };
    if matches!(fault, Some(Fault::Lost)) {
        std::future::pending::<()>().await;
    }
    let action = json!({"action": {"id": id, "status": "in-progress", "type": "assign_ip"}});
    (StatusCode::CREATED, axum::Json(action)).into_response()
}

async fn poll(State(cloud): State<Cloud>, Path((_, id)): Path<(String, usize)>) -> Response {
    let mut inner = cloud.lock();
    inner
        .calls
        .push((Instant::now(), format!("GET action {id}")));
    let Some(action) = inner.actions.get_mut(id - 1) else {
        return refuse(404, "not found");
    };
    if action.unknown_for > 0 {
        action.unknown_for -= 1;
        return refuse(404, "The resource you requested could not be found.");
    }
    let status = match () {
        () if action.done_at > Instant::now() => "in-progress",
        () if action.errored => "errored",
        () => "completed",
    };
    axum::Json(json!({"action": {"id": id, "status": status}})).into_response()
}

async fn droplet(Path(id): Path<u64>) -> Response {
    let networks = json!({"v4": [
        {"ip_address": LIVE, "type": "public"},
        {"ip_address": "10.0.0.1", "type": "private"},
        {"ip_address": "198.18.0.10", "type": "public"},
    ]});
    axum::Json(
        json!({"droplet": {"id": id, "name": format!("droplet-{id}"), "networks": networks}}),
    )
    .into_response()
}

async fn droplets(uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let second = query.contains("page=2") && !query.contains("page=20");
    let next = (!second).then_some("http://ignored/?page=2");
    let id = if second { THERE } else { HERE };
    axum::Json(json!({"droplets": [{"id": id, "name": "x"}], "links": {"pages": {"next": next}}}))
        .into_response()
}

async fn ready(State(cloud): State<Cloud>) -> Response {
    if cloud.lock().ready {
        axum::Json(json!({"status": "ready", "version": "1.2.3"})).into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            r#"{"status":"database unavailable","version":"1.2.3"}"#,
        )
            .into_response()
    }
}

/// The live IP: answers as the service of the droplet that holds it.
async fn serve_live(listener: TcpListener, cloud: Cloud) {
    let mut kept = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let holder = cloud.holder(LIVE);
        let service = {
            let mut inner = cloud.lock();
            inner.live_asked += 1;
            holder.map_or(Service::Closed, |droplet| inner.services[&droplet])
        };
        match service {
            Service::Closed => drop(stream),
            Service::Silent => kept.push(stream),
            Service::Up => {
                tokio::spawn(async move {
                    use tokio::io::{AsyncReadExt, AsyncWriteExt};
                    let mut request = [0; 2048];
                    let _ = stream.read(&mut request).await;
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"latest\":-1}";
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        }
    }
}
