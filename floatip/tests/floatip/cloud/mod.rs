//! A fake of DigitalOcean's reserved-IP endpoints, of the live IP, and of the local service, with faults on demand.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Router,
    routing::{get, post},
};
use tokio::net::TcpListener;

mod live;
mod routes;

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
            .route("/v2/reserved_ips", get(routes::list))
            .route("/v2/reserved_ips/{ip}", get(routes::read))
            .route("/v2/reserved_ips/{ip}/actions", post(routes::act))
            .route("/v2/reserved_ips/{ip}/actions/{id}", get(routes::poll))
            .route("/v2/droplets/{id}", get(routes::droplet))
            .route("/v2/droplets", get(routes::droplets))
            .route("/metadata/v1/id", get(|| async { HERE.to_string() }))
            .route("/readyz", get(routes::ready))
            .with_state(cloud.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        tokio::spawn(live::serve(live_listener, cloud.clone()));
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
