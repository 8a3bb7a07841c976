//! Long-lived processes that outlive the daemon: found again by process id and start time.

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A process, distinguishable from a later one with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pid: i32,
    /// In clock ticks since the machine's boot (proc(5), `/proc/PID/stat` field 22).
    started: u64,
    /// 32 bits of the id of the boot in which it was started: after a reboot process ids and ticks repeat.
    boot: u32,
}

impl Process {
    /// Starts `program` in a session of its own, so that it outlives the daemon, with its output in
    /// `log`, and records it in the file `record`.
    ///
    /// # Errors
    /// When it can't be started or recorded.
    pub fn start(program: &str, args: &[String], log: &Path, record: &Path) -> Result<Self> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("opening {}", log.display()))?;
        let mut child = Command::new("setsid")
            .arg(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .current_dir("/")
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        let pid = i32::try_from(child.id()).context("a process id fits 31 bits")?;
        let process = Self::of(pid).context("the process ended at once")?;
        // Reaps it when it ends while this daemon lives; after that, init does.
        std::thread::spawn(move || child.wait());
        fs::write(record, serde_json::to_vec(&process)?)
            .with_context(|| format!("writing {}", record.display()))?;
        Ok(process)
    }

    /// The process recorded in the file `record`, if it still runs.
    #[must_use]
    pub fn recorded(record: &Path) -> Option<Self> {
        let process: Self = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
        process.runs().then_some(process)
    }

    fn of(pid: i32) -> Option<Self> {
        Some(Self {
            pid,
            started: start_time(pid)?,
            boot: boot_id(),
        })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(self) -> i32 {
        self.pid
    }

    /// Whether it still runs (a zombie doesn't).
    #[must_use]
    pub fn runs(self) -> bool {
        self.boot == boot_id() && start_time(self.pid) == Some(self.started)
    }

    /// Whether it runs in the network namespace at `path`, and not in an earlier one of that name.
    #[must_use]
    pub fn is_in(self, path: &Path) -> bool {
        let own = fs::metadata(format!("/proc/{}/ns/net", self.pid)).map(|m| (m.dev(), m.ino()));
        let kept = fs::metadata(path).map(|m| (m.dev(), m.ino()));
        matches!((own, kept), (Ok(own), Ok(kept)) if own == kept)
    }

    /// The path by which others reach the file that is at `path` in the process's own mounts.
    #[must_use]
    pub fn path_from_outside(self, path: &Path) -> PathBuf {
        let root = format!("/proc/{}/root", self.pid);
        Path::new(&root).join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Its direct children.
    #[must_use]
    pub fn children(self) -> Vec<Self> {
        let list = format!("/proc/{0}/task/{0}/children", self.pid);
        let text = fs::read_to_string(list).unwrap_or_default();
        text.split_whitespace()
            .filter_map(|word| Self::of(word.parse().ok()?))
            .collect()
    }

    /// Sends `signal`; succeeds if the process has ended.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn signal(self, signal: Signal) -> Result<()> {
        if !self.runs() {
            return Ok(());
        }
        match kill(Pid::from_raw(self.pid), signal) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => bail!("sending {signal} to process {}: {error}", self.pid),
        }
    }

    /// Whether it runs the same program file as this process.
    #[must_use]
    pub fn runs_this_program(self) -> bool {
        // The link of a file that was replaced ends in " (deleted)".
        let theirs = fs::read_link(format!("/proc/{}/exe", self.pid));
        let own = std::env::current_exe();
        matches!((theirs, own), (Ok(theirs), Ok(own)) if theirs == own)
    }

    /// Sends SIGTERM, and SIGKILL after `grace`.
    ///
    /// # Errors
    /// When the kernel refuses or it does not end.
    pub async fn end(self, grace: Duration) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        if self.ended_within(grace).await {
            return Ok(());
        }
        self.signal(Signal::SIGKILL)?;
        let ended = self.ended_within(Duration::from_secs(2)).await;
        anyhow::ensure!(ended, "process {} does not end", self.pid);
        Ok(())
    }

    /// Waits until it has ended; returns whether it ended within `limit`.
    pub async fn ended_within(self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.runs() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(Duration::from_millis(20)).await;
        }
        true
    }
}

/// The start time of a process that exists and is no zombie.
fn start_time(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command, in parentheses, may contain spaces; the state is the first word after it.
    let mut words = stat.rsplit_once(')')?.1.split_whitespace();
    let state = words.next()?;
    (state != "Z" && state != "X").then_some(())?;
    words.nth(18)?.parse().ok()
}

fn boot_id() -> u32 {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    u32::from_str_radix(text.get(..8).unwrap_or_default(), 16).unwrap_or_default()
}
