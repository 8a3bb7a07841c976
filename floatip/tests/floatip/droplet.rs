//! One droplet: the built `floatip watch`, with files in the place of Keepalived and of the kernel.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::cloud::{Cloud, LIVE, STAGE, TOKEN};

const PATIENCE: Duration = Duration::from_mins(1);
const MASTER: &str = "  |-- 192.0.0.8\n     /32 host LOCAL\n";

pub struct Droplet {
    pub dir: TempDir,
    pub listen: SocketAddr,
    child: Option<Child>,
    lines: Arc<Mutex<Vec<Value>>>,
}

/// The command with everything set but what the test is about.
pub fn floatip(cloud: &Cloud, dir: &Path, listen: SocketAddr) -> Command {
    fs::write(dir.join("token"), TOKEN).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_floatip"));
    command
        .env_clear()
        .env("FLOATIP_API_URL", cloud.url())
        .env("FLOATIP_TOKEN_FILE", dir.join("token"))
        .env("FLOATIP_LIVE_IP", LIVE)
        .env("FLOATIP_STAGE_IP", STAGE)
        .env("FLOATIP_LIVE_URL", format!("http://{}/latest", cloud.live))
        .env("FLOATIP_METADATA_URL", cloud.url())
        .env("FLOATIP_READY_URL", format!("{}/readyz", cloud.url()))
        .env("FLOATIP_LISTEN", listen.to_string())
        .env("FLOATIP_FIFO", dir.join("vrrp.fifo"))
        .env("FLOATIP_BONUS", dir.join("bonus"))
        .env("FLOATIP_FREEZE_FILE", dir.join("freeze.json"))
        .env("FLOATIP_FIB_TRIE", dir.join("fib_trie"));
    command
}

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

/// Runs a command to its end, off the runtime that serves the cloud.
pub async fn run(mut command: Command) -> (i32, String, String) {
    let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Waits until `seen` tells something, with patience.
pub async fn until<T>(what: &str, mut seen: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(it) = seen() {
            return it;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Droplet {
    /// Starts the service, and waits until it knows record and fitness.
    pub async fn start(cloud: &Cloud) -> Self {
        let mut it = Self::new();
        it.run(cloud);
        it.logged("record").await;
        it
    }

    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            listen: free_address(),
            child: None,
            lines: Arc::default(),
        }
    }

    pub fn run(&mut self, cloud: &Cloud) {
        self.run_beside(cloud, "");
    }

    /// Runs it with the status listeners of other droplets.
    pub fn run_beside(&mut self, cloud: &Cloud, peers: &str) {
        let mut command = floatip(cloud, self.dir.path(), self.listen);
        command.env("FLOATIP_PEERS", peers);
        let mut child = command.arg("watch").stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines = Arc::clone(&self.lines);
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                lines
                    .lock()
                    .unwrap()
                    .push(serde_json::from_str(&line).unwrap());
            }
        });
        self.child = Some(child);
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// What Keepalived does when it becomes master, or ceases to be: the address first, then the line.
    pub fn vrrp(&self, state: &str) {
        let text = if state == "MASTER" { MASTER } else { "" };
        fs::write(self.dir.path().join("fib_trie"), text).unwrap();
        self.line(&format!("INSTANCE \"VI_1\" {state} 100"));
    }

    pub fn line(&self, line: &str) {
        let fifo = self.dir.path().join("vrrp.fifo");
        let mut fifo = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(fifo)
            .unwrap();
        writeln!(fifo, "{line}").unwrap();
    }

    pub fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    pub fn actions(&self) -> Vec<String> {
        self.lines()
            .iter()
            .map(|line| line["event.action"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn count(&self, action: &str) -> usize {
        self.actions().iter().filter(|it| *it == action).count()
    }

    /// Waits for the first line of that action.
    pub async fn logged(&self, action: &str) -> Value {
        until(&format!("a {action} line in {:?}", self.actions()), || {
            self.lines()
                .into_iter()
                .find(|line| line["event.action"] == action)
        })
        .await
    }

    pub fn bonus(&self) -> String {
        fs::read_to_string(self.dir.path().join("bonus")).unwrap_or_default()
    }

    pub async fn get(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.listen);
        let start = Instant::now();
        loop {
            match reqwest::get(&url).await {
                Ok(answer) => return answer.text().await.unwrap(),
                // It has not begun to listen.
                Err(error) => assert!(start.elapsed() < PATIENCE, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn status(&self) -> Value {
        serde_json::from_str(&self.get("/status").await).unwrap()
    }

    /// Waits for a status.
    pub async fn shows(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let status = self.status().await;
            if is(&status) {
                return status;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for {what}: {status}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the live IP was asked that many more times: whoever was going to act has.
    pub async fn live_asked(&self, cloud: &Cloud, times: usize) {
        let before = cloud.lock().live_asked;
        until("the live IP to be asked", || {
            (cloud.lock().live_asked >= before + times).then_some(())
        })
        .await;
    }
}

impl Drop for Droplet {
    fn drop(&mut self) {
        self.stop();
    }
}

pub const ASSIGN_HERE: &str = "POST 198.18.1.1 {\"droplet_id\":1001,\"type\":\"assign\"}";
pub const RELEASE_STAGE: &str = "POST 198.18.1.2 {\"type\":\"unassign\"}";
