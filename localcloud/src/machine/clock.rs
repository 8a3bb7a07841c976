//! The file by which a fault steps the clock of a droplet's services and sessions.

use anyhow::{Context, Result};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where a droplet has that file. It contains the step in seconds, as one number of 64 bits in the machine's
/// byte order; `clock.c` adds it to the time of day.
pub const STEP_FILE: &str = env!("LOCALCLOUD_CLOCK");

/// The content of that file when no fault is in force.
pub const NO_STEP: [u8; 8] = [0; 8];

/// Sets the step of the droplet whose file is `file`; `None`: no step.
///
/// # Errors
/// When the file can't be written.
pub fn set_step(file: &Path, seconds: Option<i64>) -> Result<()> {
    let step = seconds.map_or(NO_STEP, i64::to_ne_bytes);
    // The droplet's processes have the file mapped: it is overwritten in one piece, never truncated.
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(file);
    file.and_then(|file| file.write_at(&step, 0))
        .context("stepping a clock")
        .map(drop)
}
