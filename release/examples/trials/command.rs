//! `release` as a person would call it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use crate::pair::Failure;

const COMMAND: Duration = Duration::from_mins(5);

/// A command that ended.
pub struct Done {
    /// Its exit code, -1 if it was killed.
    pub code: i32,
    /// Its report, if it printed one.
    pub report: Value,
    /// From its start to its end.
    pub took: Duration,
}

/// Starts `release` with these words and settings.
///
/// # Errors
/// If it can't be started.
pub fn start(words: &[&str], settings: &[(&str, &str)]) -> Result<Child, Failure> {
    let mut command = command(words);
    command.arg("--json").env("TRIAL", "1");
    command.envs([("RELEASE_BAKE", "5"), ("RELEASE_COOL_DOWN", "1")]);
    Ok(command.envs(settings.iter().copied()).spawn()?)
}

/// `release` with these words, to be read.
pub fn command(words: &[&str]) -> Command {
    let mut command = Command::new(program());
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The runner that is tried.
fn program() -> PathBuf {
    std::env::var_os("RELEASE_PROGRAM")
        .map_or_else(|| "target/release/release".into(), PathBuf::from)
}

/// Waits until the runner says that it has stopped at the step that it was told.
///
/// # Errors
/// If it ends before.
pub async fn stopped(child: &mut Child) -> Result<(), Failure> {
    let stderr = child.stderr.take().ok_or("no stderr")?;
    let mut lines = BufReader::new(stderr).lines();
    let wait = async {
        let mut last = String::new();
        while let Some(line) = lines.next_line().await? {
            if line.starts_with("stopped at") {
                return Ok(());
            }
            last = line;
        }
        Err(Failure::from(format!(
            "the runner ended before the step: {last}"
        )))
    };
    timeout(COMMAND, wait).await??;
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            log(&format!("{line}\n"));
        }
    });
    Ok(())
}

/// Waits for a command's end.
///
/// # Errors
/// If it takes longer than a release may.
pub async fn finish(child: Child) -> Result<Done, Failure> {
    let begun = Instant::now();
    let output = timeout(COMMAND, child.wait_with_output()).await??;
    log(&String::from_utf8_lossy(&output.stderr));
    Ok(Done {
        code: output.status.code().unwrap_or(-1),
        report: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        took: begun.elapsed(),
    })
}

/// Keeps what runners say, for whoever looks into a trial.
fn log(text: &str) {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(".cache/release-trials.log");
    if let Ok(mut log) = log {
        let _ = std::io::Write::write_all(&mut log, text.as_bytes());
    }
}
