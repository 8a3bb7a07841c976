//! The commands. Each reads its configuration, works through the library, prints the result, and returns the exit code.

pub mod claim;
pub mod freeze;
pub mod move_ip;
pub mod show;
pub mod swap;
pub mod watch;

use std::io::Write as _;

use serde::Serialize;

/// Prints a result to stdout; the reader may close the pipe early.
pub fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// The same as JSON.
pub fn print_json(value: &impl Serialize) {
    print(&serde_json::to_string_pretty(value).unwrap_or_default());
}
