//! The program `release` as an operator calls it. A trial can hold or kill it at the beginning of a step.

use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use release::progress::step_of;
use release::step::Step;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::{Instant, timeout};

use crate::testbed::{Failure, TestBed};

/// Longer than any release of a trial takes.
const COMMAND: Duration = Duration::from_mins(5);
/// What runners print, for whoever looks into a trial.
const LOG: &str = ".cache/release-trials.log";

/// A command that ended.
pub struct Finished {
    /// Its exit code, -1 if a signal ended it.
    pub code: i32,
    /// Its report, if it printed one.
    pub report: Value,
    /// From its start to its end.
    pub took: Duration,
}

/// A command that runs.
pub struct Runner {
    child: Child,
    progress: Lines<BufReader<ChildStderr>>,
    started: Instant,
}

impl Runner {
    /// Starts `release` with these arguments and variables.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn start(
        bed: &TestBed,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let mut child = Command::new(&bed.program)
            .args(arguments)
            .envs(bed.variables())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stderr = child.stderr.take().ok_or("the command has no stderr")?;
        Ok(Self {
            child,
            progress: BufReader::new(stderr).lines(),
            started: Instant::now(),
        })
    }

    /// Waits until a step begins. It is in the journal then, and little or nothing of it is done.
    ///
    /// # Errors
    /// If the command ends before.
    pub async fn wait_for(&mut self, step: Step) -> Result<(), Failure> {
        let wait = async {
            let mut last = String::new();
            while let Some(line) = self.progress.next_line().await? {
                if step_of(&line) == Some(step) {
                    log(&line);
                    return Ok(());
                }
                log(&line);
                last = line;
            }
            Err(Failure::from(format!(
                "the runner ended before step {step}: {last}"
            )))
        };
        timeout(COMMAND, wait).await?
    }

    /// Stops the process's execution until [`Runner::proceed`].
    ///
    /// # Errors
    /// If it has ended.
    pub fn hold(&self) -> Result<(), Failure> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets the process go on.
    ///
    /// # Errors
    /// If it has ended.
    pub fn proceed(&self) -> Result<(), Failure> {
        self.signal(Signal::SIGCONT)
    }

    /// Kills the process.
    ///
    /// # Errors
    /// If that fails.
    pub async fn kill(mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = self.child.id().ok_or("the runner has ended")?;
        Ok(kill(Pid::from_raw(i32::try_from(pid)?), signal)?)
    }

    /// Waits for the end of the command.
    ///
    /// # Errors
    /// If it takes longer than any release of a trial does.
    pub async fn finish(mut self) -> Result<Finished, Failure> {
        let progress = async {
            while let Ok(Some(line)) = self.progress.next_line().await {
                log(&line);
            }
        };
        let (output, ()) = timeout(COMMAND, async {
            tokio::join!(self.child.wait_with_output(), progress)
        })
        .await?;
        let output = output?;
        Ok(Finished {
            code: output.status.code().unwrap_or(-1),
            report: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            took: self.started.elapsed(),
        })
    }
}

fn log(line: &str) {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(LOG);
    if let Ok(mut log) = log {
        let _ = std::io::Write::write_all(&mut log, format!("{line}\n").as_bytes());
    }
}
