//! The measured processes: starts and ends them, and reads their CPU time and memory from `/proc`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Linux counts CPU time for programs in hundredths of a second.
const TICKS: f64 = 100.0;

/// A server; it ends when dropped.
pub struct Server {
    child: Child,
    /// `host:port`.
    pub address: String,
    /// The same of MiniTwit's admin listener.
    admin: String,
}

/// MiniTwit's pooled database connections.
const POOL: u16 = 6;

/// All of MiniTwit's database connections: readiness, live updates and the public timeline have one each.
pub const DATABASE_CONNECTIONS: i64 = POOL as i64 + 3;

impl Server {
    /// Starts MiniTwit and waits until it is ready; returns how long that took.
    pub async fn minitwit(binary: &Path, database: &str, log: &Path) -> Result<(Self, Duration)> {
        let (address, admin) = (free_address()?, free_address()?);
        let started = Instant::now();
        let child = Command::new(binary)
            .args(["serve", "--database-url", database])
            .args(["--listen", &address, "--admin-listen", &admin])
            .args(["--database-connections", &POOL.to_string()])
            .stdout(fs::File::create(log)?)
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let url = format!("http://{admin}/readyz");
        let server = Self {
            child,
            address,
            admin,
        };
        while started.elapsed() < Duration::from_secs(10) {
            let answer = reqwest::get(&url).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok((server, started.elapsed()));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!(
            "minitwit is not ready after 10 s; its log is {}",
            log.display()
        )
    }

    /// Starts the bare server that returns `body`.
    pub fn floor(directory: &Path, body: &[u8]) -> Result<Self> {
        let file = directory.join("body");
        fs::write(&file, body)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("floor")
            .arg(&file)
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().context("the floor has no stdout")?;
        let mut address = String::new();
        BufReader::new(output).read_line(&mut address)?;
        let address = address.trim().to_owned();
        let admin = String::new();
        Ok(Self {
            child,
            address,
            admin,
        })
    }

    /// The value of one of MiniTwit's metrics without labels.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let text = reqwest::get(format!("http://{}/metrics", self.admin)).await?;
        let text = text.error_for_status()?.text().await?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = line.with_context(|| format!("there is no metric {name}"))?;
        Ok(value.parse()?)
    }

    /// Seconds of CPU used so far.
    pub fn cpu(&self) -> f64 {
        stat(self.child.id()).map_or(0.0, |stat| stat.cpu)
    }

    /// Resident memory in MB.
    pub fn resident(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let text = text.unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Stat {
    parent: u32,
    cpu: f64,
}

/// Seconds of CPU that PostgreSQL has used, including ended backends.
pub fn database_cpu(postmaster: u32) -> f64 {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let children = ids
        .filter_map(stat)
        .filter(|stat| stat.parent == postmaster);
    children.map(|stat| stat.cpu).sum::<f64>() + stat(postmaster).map_or(0.0, |stat| stat.cpu)
}

/// proc(5): the fields after the name in parentheses. CPU includes the children that have ended.
fn stat(id: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    let cpu = (11..15).filter_map(ticks).sum::<f64>() / TICKS;
    let parent = fields.get(1)?.parse().ok()?;
    Some(Stat { parent, cpu })
}

fn free_address() -> Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}
