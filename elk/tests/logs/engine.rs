//! An Elasticsearch for one test, with its own directory and port. It ends with the test.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use reqwest::{Client, Method};
use serde_json::Value;
use tempfile::TempDir;

/// Time limit for a start; the machine may be busy.
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// The repository's directory.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate is in the repository")
        .to_owned()
}

/// The path of a part that `elk/engine/install` built.
pub fn installed(part: &str) -> PathBuf {
    let path = root().join(".cache/elastic").join(part);
    assert!(
        path.exists(),
        "{} is missing: run `make test-logs`, or `scripts/install elastic` before",
        path.display()
    );
    path
}

pub struct Engine {
    home: TempDir,
    port: u16,
    process: Child,
    client: Client,
}

impl Engine {
    /// Starts a node and loads the templates.
    pub async fn start() -> Self {
        let home = TempDir::new().expect("a directory");
        let from = installed("elasticsearch");
        let copied = Command::new("cp")
            .arg("-a")
            .arg(from.join("."))
            .arg(home.path())
            .status();
        assert!(copied.expect("cp runs").success());
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a free port")
            .port();
        let process = run(home.path(), port);
        let engine = Self {
            home,
            port,
            process,
            client: Client::new(),
        };
        engine.wait().await;
        let loaded = Command::new(env!("CARGO_BIN_EXE_elk"))
            .args(["load", "--without-lifecycle", "--url", &engine.url()])
            .arg("--configuration")
            .arg(root().join("elk"))
            .output()
            .expect("elk runs");
        assert!(
            loaded.status.success(),
            "elk load: {}",
            String::from_utf8_lossy(&loaded.stderr)
        );
        engine
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Kills the process, and starts it again with the same data.
    pub async fn crash_and_start(&mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it ends");
        fs::remove_file(self.home.path().join("data/node.lock")).ok();
        self.process = run(self.home.path(), self.port);
        self.wait().await;
    }

    /// Sends `body`, and returns the status and the JSON of the response.
    pub async fn request(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut sent = self
            .client
            .request(method, format!("{}/{path}", self.url()))
            .timeout(Duration::from_mins(1));
        if let Some(body) = body {
            sent = sent.json(&body);
        }
        let response = sent.send().await.expect("Elasticsearch responds");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// The exact number of documents in `target`, after a refresh. After a restart it waits until the shards are available again.
    pub async fn count(&self, target: &str) -> u64 {
        let until = Instant::now() + START_TIMEOUT;
        let refresh = format!("{target}/_refresh?ignore_unavailable=true");
        let count = format!("{target}/_count?ignore_unavailable=true");
        loop {
            self.request(Method::POST, &refresh, None).await;
            let (status, response) = self.request(Method::GET, &count, None).await;
            if status != 503 || Instant::now() > until {
                assert!(status == 200 || status == 404, "{target}: {response}");
                return response["count"].as_u64().unwrap_or(0);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn wait(&self) {
        let until = Instant::now() + START_TIMEOUT;
        loop {
            let url = format!("{}/_cluster/health", self.url());
            let sent = self.client.get(url).timeout(Duration::from_secs(5)).send();
            if let Ok(response) = sent.await
                && let Ok(health) = response.json::<Value>().await
                && matches!(health["status"].as_str(), Some("green" | "yellow"))
            {
                return;
            }
            assert!(Instant::now() < until, "Elasticsearch did not start");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn run(home: &Path, port: u16) -> Child {
    let shown = |part: &str| home.join(part).display().to_string();
    Command::new("java")
        .args([
            "-Xms512m",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-Djava.awt.headless=true",
        ])
        .arg(format!("-Des.nativelibs.path={}", shown("native")))
        .arg("-cp")
        .arg(format!("{}:{}/*", shown("classes"), shown("lib")))
        .arg("engine.Engine")
        .arg(home)
        .arg("127.0.0.1")
        .arg(port.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("java runs")
}
