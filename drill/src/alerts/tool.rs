//! Commands of `minitwitctl`, as an operator types them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_mins(3);

/// The program, for one environment.
#[derive(Clone, Debug)]
pub struct Tool {
    program: PathBuf,
    arguments: Vec<std::ffi::OsString>,
}

impl Tool {
    /// `arguments` choose the environment; they follow the command's own.
    #[must_use]
    pub fn new(program: &Path, arguments: Vec<std::ffi::OsString>) -> Self {
        Self {
            program: program.to_owned(),
            arguments,
        }
    }

    /// The program beside this one.
    #[must_use]
    pub fn beside_this_program() -> PathBuf {
        let this = std::env::current_exe().unwrap_or_default();
        this.with_file_name("minitwitctl")
    }

    /// Runs a command. Returns its standard output if it succeeds, and else all that it printed.
    pub(super) async fn run(&self, command: &[&str]) -> Result<String, String> {
        let mut process = Command::new(&self.program);
        process
            .args(command)
            .args(&self.arguments)
            // Settings of `restore` for operators.
            .env_remove("KEEP")
            .env_remove("DUMP")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let name = command.join(" ");
        let output = timeout(LIMIT, process.output())
            .await
            .map_err(|_| format!("`minitwitctl {name}` took more than {} s", LIMIT.as_secs()))?
            .map_err(|error| {
                format!(
                    "{} can't be started: {error}; build it",
                    self.program.display()
                )
            })?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(text)
        } else {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("{text}{errors}`minitwitctl {name}` failed"))
        }
    }
}
