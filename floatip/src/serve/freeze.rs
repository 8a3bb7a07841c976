//! A freeze of automatic moves: who froze them, why, and since when.
//!
//! It is a file on each droplet, so it survives a restart, and needs neither the API nor the database. No request on the network can set
//! it: root writes the file on one droplet, and the other droplet's agent copies it from this one's status listener if it is newer. The
//! higher revision is newer. Two with the same revision can be made while the droplets can't reach each other; then the freeze wins over
//! its end.

use std::{
    cmp::Reverse,
    fs,
    io::{self, Write as _},
    path::Path,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The file is always smaller than this.
const MOST: u64 = 16 * 1024;

/// A freeze.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Freeze {
    /// Since when.
    pub since: Timestamp,
    /// Who froze.
    pub who: String,
    /// Why.
    pub why: String,
    /// When it ends by itself, by each droplet's own clock.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// The content of the freeze file: the newest freeze, or its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeState {
    /// Counts freezes and their ends.
    pub revision: u64,
    /// The freeze, unless it was ended.
    pub freeze: Option<Freeze>,
}

impl FreezeState {
    /// True if this one is newer than `other`.
    #[must_use]
    pub fn beats(&self, other: &Self) -> bool {
        let rank = |it: &Self| (it.revision, it.freeze.is_some(), Reverse(it.freeze.clone()));
        rank(self) > rank(other)
    }

    /// The freeze that is in force at `now`.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> Option<&Freeze> {
        let freeze = self.freeze.as_ref()?;
        freeze
            .until
            .is_none_or(|until| now < until)
            .then_some(freeze)
    }
}

/// Reads the freeze state in `path`; a missing file is no freeze.
///
/// # Errors
/// If it can't be read, or is no freeze state.
pub fn read(path: &Path) -> io::Result<FreezeState> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FreezeState::default()),
        Ok(about) if about.len() > MOST => return Err(io::ErrorKind::FileTooLarge.into()),
        _ => {}
    }
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Writes the freeze state atomically: a reader gets the old one or the new one, also after a power failure.
///
/// # Errors
/// If it can't be written; then nothing has changed.
pub fn write(path: &Path, freeze_state: &FreezeState) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    // Root writes into a directory of the service's user, so the new file gets a name that nobody can have prepared.
    let new = path.with_extension(format!("{:016x}", rand::random::<u64>()));
    let written = (|| {
        let mut file = fs::File::create_new(&new)?;
        file.write_all(&serde_json::to_vec_pretty(freeze_state)?)?;
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
