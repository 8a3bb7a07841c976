//! A cloud for one test: a daemon without a machine below, in a directory of its own.

use crate::api::documented;
use localcloud::daemon::{self, DaemonConfig, Ending, Listeners};
use localcloud::jobs::MoveLatency;
use localcloud::machine::Machine;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A move latency that no test outlives.
pub const NEVER: Duration = Duration::from_hours(1);
/// A key that is well-formed and whose private half no one has.
pub const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a@b";
/// MD5 fingerprint of [`KEY`].
pub const FINGERPRINT: &str = "0f:a2:0a:d7:38:3e:65:45:08:6b:63:84:1c:ff:dc:ba";

/// A running cloud and a token of it.
pub struct Cloud {
    pub directory: TempDir,
    pub url: String,
    pub token: String,
    daemon: JoinHandle<anyhow::Result<Ending>>,
}

impl Cloud {
    /// A new cloud whose moves take no time.
    pub async fn start() -> Self {
        Self::start_with(Duration::ZERO).await
    }

    /// A new cloud whose moves take `latency`.
    pub async fn start_with(latency: Duration) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), latency).await
    }

    async fn start_in(directory: TempDir, latency: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let config = DaemonConfig {
            log: localcloud::log::discard(),
            name: "test".to_owned(),
            slot: 0,
            directory: directory.path().to_owned(),
            move_latency: MoveLatency {
                fixed: latency,
                random: Duration::ZERO,
            },
            metadata_lag: Duration::ZERO,
            spaces_day: Duration::from_hours(24),
        };
        let listeners = Listeners {
            api: vec![listener],
            metadata: Vec::new(),
            spaces: Vec::new(),
        };
        let daemon = tokio::spawn(daemon::run(config, Machine::record_only(), listeners));
        let file = directory.path().join("api");
        until(async || std::fs::read_to_string(&file).is_ok_and(|text| text.trim() == url)).await;
        let token = std::fs::read_to_string(directory.path().join("token")).unwrap();
        Self {
            token: token.trim().to_owned(),
            directory,
            url,
            daemon,
        }
    }

    /// Ends the daemon wherever it is, and starts another on the same directory.
    pub async fn crash_and_restart(self, latency: Duration) -> Self {
        self.daemon.abort();
        let _ = self.daemon.await;
        // A killed process writes nothing more; here a write that has begun goes on in its thread.
        let writing = self.directory.path().join("state.new");
        until(async || {
            tokio::time::sleep(Duration::from_millis(50)).await;
            !writing.exists()
        })
        .await;
        Self::start_in(self.directory, latency).await
    }

    /// Whether the daemon has ended by itself, and why.
    pub async fn ended(self) -> Ending {
        tokio::time::timeout(PATIENCE, self.daemon)
            .await
            .unwrap()
            .unwrap()
            .unwrap()
    }

    /// The cloud's directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Sends a request.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let request = Client::new()
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.unwrap()
    }

    /// Sends a request and expects a status and a documented body; gives it.
    pub async fn expect(
        &self,
        status: u16,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Value {
        let response = self.send(method.clone(), path, body.as_ref()).await;
        let got = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert_eq!(got, status, "{method} {path} {body:?}: {text}");
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        documented::check(method.as_str(), path, got, &body);
        body
    }

    pub async fn get(&self, path: &str) -> Value {
        self.expect(200, Method::GET, path, None).await
    }

    pub async fn post(&self, status: u16, path: &str, body: Value) -> Value {
        self.expect(status, Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, status: u16, path: &str, body: Value) -> Value {
        self.expect(status, Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, status: u16, path: &str) -> Value {
        self.expect(status, Method::DELETE, path, None).await
    }

    /// Expects `404` with the API's own body.
    pub async fn gone(&self, path: &str) {
        let body = self.expect(404, Method::GET, path, None).await;
        assert_eq!(body["id"], "not_found");
        assert_eq!(
            body["message"],
            "The resource you requested could not be found."
        );
    }

    /// Waits until an action has ended; gives its status.
    pub async fn outcome(&self, action: &Value) -> String {
        let path = format!("/v2/actions/{}", action["id"]);
        let mut status = String::new();
        until(async || {
            let action = self.get(&path).await;
            action["action"]["status"]
                .as_str()
                .unwrap()
                .clone_into(&mut status);
            status != "in-progress"
        })
        .await;
        status
    }

    /// Orders a droplet and waits until it is active; gives its id.
    pub async fn droplet(&self, name: &str, tags: &[&str]) -> u64 {
        let body = json!({"name": name, "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "tags": tags});
        let answer = self.post(202, "/v2/droplets", body).await;
        assert_eq!(
            self.outcome(&answer["links"]["actions"][0]).await,
            "completed"
        );
        answer["droplet"]["id"].as_u64().unwrap()
    }

    /// Reserves an IP in fra1.
    pub async fn reserved_ip(&self) -> String {
        let answer = self
            .post(202, "/v2/reserved_ips", json!({"region": "fra1"}))
            .await;
        answer["reserved_ip"]["ip"].as_str().unwrap().to_owned()
    }

    /// Orders a database cluster and waits until it is online; gives its id.
    pub async fn database(&self, name: &str) -> String {
        let body = json!({"name": name, "engine": "pg", "version": "15", "size": "db-s-1vcpu-1gb", "region": "fra1", "num_nodes": 1});
        let answer = self.post(201, "/v2/databases", body).await;
        let id = answer["database"]["id"].as_str().unwrap().to_owned();
        let path = format!("/v2/databases/{id}");
        until(async || self.get(&path).await["database"]["status"] == "online").await;
        id
    }
}

/// More than any machine's own slowness.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks again and again until the answer is yes; gives up after a minute.
pub async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .expect("it does not happen");
}
