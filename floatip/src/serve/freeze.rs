//! A freeze: an operator's word that no droplet moves the live IP by itself, with who, why and since when.
//!
//! It is kept in a file on each droplet, so it survives a restart, and needs neither the API nor the database. Nothing on the network
//! can set it: whoever may write the file (root, on either droplet) sets it here, and the other droplet's agent reads it from this
//! one's status listener, and keeps the one that is newer. Newer is what has the higher revision; of two with the same, made while the
//! droplets could not see each other, the one that freezes.

use std::{
    cmp::Reverse,
    fs,
    io::{self, Write as _},
    path::Path,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// More than any such file has.
const MOST: u64 = 16 * 1024;

/// A freeze.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Freeze {
    /// Since when.
    pub since: Timestamp,
    /// Who said so.
    pub who: String,
    /// Why.
    pub why: String,
    /// When it ends by itself, by each droplet's own clock.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// What was said last: a freeze, or its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeMark {
    /// Counts what was said.
    pub revision: u64,
    /// The freeze, unless it was ended.
    pub freeze: Option<Freeze>,
}

impl FreezeMark {
    /// True if this one counts, and not `other`.
    #[must_use]
    pub fn beats(&self, other: &Self) -> bool {
        let rank = |it: &Self| (it.revision, it.freeze.is_some(), Reverse(it.freeze.clone()));
        rank(self) > rank(other)
    }

    /// The freeze that holds at `now`.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> Option<&Freeze> {
        let freeze = self.freeze.as_ref()?;
        freeze
            .until
            .is_none_or(|until| now < until)
            .then_some(freeze)
    }
}

/// Reads the mark in `path`; a file that is missing says nothing.
///
/// # Errors
/// If it can't be read, or is no mark.
pub fn read(path: &Path) -> io::Result<FreezeMark> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FreezeMark::default()),
        Ok(about) if about.len() > MOST => return Err(io::ErrorKind::FileTooLarge.into()),
        _ => {}
    }
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Writes the mark so that whoever reads sees the old one or the new one, and a power failure leaves one of them.
///
/// # Errors
/// If it can't be written; then nothing has changed.
pub fn write(path: &Path, mark: &FreezeMark) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    // Root writes into a directory of the service's user: a new file under a name that nobody can have prepared.
    let new = path.with_extension(format!("{:016x}", rand::random::<u64>()));
    let written = (|| {
        let mut file = fs::File::create_new(&new)?;
        file.write_all(&serde_json::to_vec_pretty(mark)?)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        fs::File::open(directory)?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
