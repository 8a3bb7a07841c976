//! Files below the root of an image or a disk, removed or written with their directories.

use anyhow::{Context, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Writes `text` to `path` below `root`.
///
/// # Errors
/// When the disk refuses.
pub fn write(root: &Path, path: &str, text: &str) -> Result<()> {
    put(root, path, text.as_bytes())
}

/// Writes `content` to `path` below `root`.
///
/// # Errors
/// When the disk refuses.
pub fn put(root: &Path, path: &str, content: &[u8]) -> Result<()> {
    let target = root.join(path);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&target, content).with_context(|| format!("writing {}", target.display()))
}

/// Removes a file or a directory with all it contains; succeeds if there is none.
///
/// # Errors
/// When it can't be removed.
pub fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}
