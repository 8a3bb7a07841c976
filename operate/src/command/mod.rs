//! The commands of `minitwitctl`, one file each, and what several of them need.

pub mod check;
pub mod draw;
pub mod inventory;
pub mod live_url;
mod monitor;
mod pair;
pub mod power_on;
pub mod promql;
pub mod quiet;
pub mod restore;
pub mod shell;
pub mod sql;
pub mod status;
pub mod watch;
pub mod watch_cost;
pub mod watch_throughput;

use std::process::ExitCode;

/// Passes on the exit code of a command on a droplet.
fn passed_on(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
