//! Measures how long the API takes to answer, beside what the machine itself takes.
//!
//! `cargo test --release -p localcloud -- --ignored --nocapture api_latency`. The record contains what the
//! repository's environment has; requests follow one another over one connection. Two baselines: the same
//! client at a server that does nothing, and a file as large as the record written durably.

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::routing::get;
use localcloud::atomic_file;
use localcloud::daemon::{self, DaemonConfig, Listeners};
use localcloud::jobs::MoveLatency;
use localcloud::machine::Machine;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Calls of each kind; a token may make 250 a minute.
const CALLS: usize = 2_000;
const CALLS_OF_A_TOKEN: usize = 200;
/// Actions that the record remembers, as after hours of drills and releases.
const ACTIONS: usize = 300;

struct Cloud {
    client: Client,
    url: String,
    admin: String,
}

impl Cloud {
    async fn call(&self, token: &str, method: Method, path: &str, body: &Value) -> Result<Value> {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.bearer_auth(token);
        let request = if body.is_null() {
            request
        } else {
            request.json(body)
        };
        let answer = request.send().await?.error_for_status()?;
        let bytes = answer.bytes().await?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn make(&self, path: &str, body: Value) -> Result<Value> {
        self.call(&self.admin, Method::POST, path, &body).await
    }

    async fn token(&self) -> Result<String> {
        let order = json!({"name": "latency", "scopes": ["admin"]});
        let made = self.make("/_localcloud/tokens", order).await?;
        Ok(made["token"].as_str().context("a token's text")?.to_owned())
    }

    /// Times calls; `request` gives the method, path and body of the n-th.
    async fn time(
        &self,
        request: impl Fn(usize) -> (Method, String, Value),
    ) -> Result<Vec<Duration>> {
        let (mut times, mut token) = (Vec::with_capacity(CALLS), String::new());
        for n in 0..CALLS {
            if n % CALLS_OF_A_TOKEN == 0 {
                token = self.token().await?;
            }
            let (method, path, body) = request(n);
            let begin = Instant::now();
            self.call(&token, method, &path, &body).await?;
            times.push(begin.elapsed());
        }
        Ok(times)
    }
}

#[tokio::test]
#[ignore = "it measures: run it by name, in a release build"]
async fn api_latency() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (nothing, bare) = listen().await?;
    let server = Router::new().route("/", get(async || "{}"));
    tokio::spawn(async move { axum::serve(nothing, server).await });
    let cloud = start(directory.path()).await?;
    let droplet = fill(&cloud).await?;
    wear(&cloud, droplet).await?;
    let state = std::fs::read(directory.path().join("state.json"))?;
    eprintln!(
        "{CALLS} calls each, one after the other; the record has {} bytes",
        state.len()
    );

    let nothing = Cloud {
        client: Client::new(),
        url: bare,
        admin: String::new(),
    };
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let begin = Instant::now();
        nothing.call("", Method::GET, "/", &Value::Null).await?;
        times.push(begin.elapsed());
    }
    report("baseline: a server that does nothing", times);
    report(
        "GET  /v2/account",
        cloud.time(|_| read("/v2/account")).await?,
    );
    let path = format!("/v2/droplets/{droplet}");
    report("GET  /v2/droplets/{id}", cloud.time(|_| read(&path)).await?);
    report(
        "GET  /v2/droplets",
        cloud.time(|_| read("/v2/droplets")).await?,
    );
    report(
        "GET  /v2/databases",
        cloud.time(|_| read("/v2/databases")).await?,
    );

    let times = (0..CALLS).map(|_| {
        let begin = Instant::now();
        atomic_file::replace(&directory.path().join("baseline"), &state)?;
        Ok(begin.elapsed())
    });
    report(
        "baseline: such a file made durable",
        times.collect::<Result<Vec<Duration>>>()?,
    );
    let tag = |n: usize| {
        (
            Method::POST,
            "/v2/tags".to_owned(),
            json!({"name": format!("t{}", n % 50)}),
        )
    };
    report("POST /v2/tags", cloud.time(tag).await?);
    Ok(())
}

fn read(path: &str) -> (Method, String, Value) {
    (Method::GET, path.to_owned(), Value::Null)
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in a list of thousands"
        )]
        let place = (times.len() as f64 * share) as usize;
        times[place.min(times.len() - 1)].as_secs_f64() * 1e3
    };
    eprintln!(
        "{what:<38} p50 {:7.2} ms  p99 {:7.2} ms  most {:7.2} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

async fn listen() -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

async fn start(directory: &Path) -> Result<Cloud> {
    let (api, url) = listen().await?;
    let (spaces, _) = listen().await?;
    let config = DaemonConfig {
        log: localcloud::log::discard(),
        name: "latency".to_owned(),
        slot: 0,
        directory: directory.to_owned(),
        move_latency: MoveLatency {
            fixed: Duration::ZERO,
            random: Duration::ZERO,
        },
        metadata_lag: Duration::ZERO,
        spaces_day: Duration::from_hours(24),
    };
    let listeners = Listeners {
        api: vec![api],
        spaces: vec![spaces],
        metadata: Vec::new(),
    };
    tokio::spawn(daemon::run(config, Machine::record_only(), listeners));
    let begin = Instant::now();
    while !directory.join("api").exists() {
        ensure!(
            begin.elapsed() < Duration::from_secs(10),
            "the daemon does not start"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let admin = std::fs::read_to_string(directory.join("token"))?
        .trim()
        .to_owned();
    let client = Client::new();
    Ok(Cloud { client, url, admin })
}

/// Makes what the repository's environment has; gives the id of a droplet.
async fn fill(cloud: &Cloud) -> Result<u64> {
    let names = json!(["minitwit-a", "minitwit-b", "minitwit-monitor"]);
    let order = json!({"names": names, "region": "fra1", "size": "s-1vcpu-2gb", "image": "debian-12-x64", "tags": ["app"]});
    let made = cloud.make("/v2/droplets", order).await?;
    let database = json!({"name": "minitwit", "engine": "pg", "version": "15", "size": "db-s-1vcpu-2gb", "region": "fra1", "num_nodes": 2});
    cloud.make("/v2/databases", database).await?;
    for _ in 0..2 {
        cloud
            .make("/v2/reserved_ips", json!({"region": "fra1"}))
            .await?;
    }
    for name in ["app", "monitor", "ssh", "vrrp"] {
        let rule =
            json!({"protocol": "tcp", "ports": "22", "sources": {"addresses": ["0.0.0.0/0"]}});
        let wall = json!({"name": name, "tags": ["app"], "inbound_rules": [rule]});
        cloud.make("/v2/firewalls", wall).await?;
    }
    made["droplets"][0]["id"].as_u64().context("a droplet's id")
}

/// Leaves actions in the record.
async fn wear(cloud: &Cloud, droplet: u64) -> Result<()> {
    let path = format!("/v2/droplets/{droplet}/actions");
    let mut token = String::new();
    for n in 0..ACTIONS {
        if n % 20 == 0 {
            token = cloud.token().await?;
        }
        let order = json!({"type": "rename", "name": format!("minitwit-{n}")});
        let mut tries = 0;
        // The droplet is locked until the one before is done.
        while let Err(error) = cloud.call(&token, Method::POST, &path, &order).await {
            tries += 1;
            ensure!(tries < 100, "a rename is refused: {error:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}
