//! Replaces files in one step: a reader sees the old content or the new, never a part.

use anyhow::{Context, Result};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Replaces a file's content in one step, readable by its owner only, and waits until the disk has
/// the new one under its name.
///
/// # Errors
/// When the directory can't be written to.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    replace_unsynced(path, content)?;
    let directory = path.parent().unwrap_or(Path::new("."));
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .with_context(|| format!("writing {}", path.display()))
}

/// Like [`replace`]; the directory entry itself reaches the disk within seconds.
///
/// # Errors
/// When the directory can't be written to.
pub fn replace_unsynced(path: &Path, content: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    let doing = || format!("writing {}", path.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .with_context(doing)?;
    file.write_all(content).with_context(doing)?;
    file.sync_all().with_context(doing)?;
    fs::rename(&new, path).with_context(doing)
}
