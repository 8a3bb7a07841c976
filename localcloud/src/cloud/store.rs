//! Keeps the record in memory and on disk: a change is in its file before its answer goes out, and
//! outlives the daemon. A machine that loses its power may lose the changes of the last seconds.
//!
//! The file's name changes hands last, and nothing slow comes between that and the answer: a daemon
//! that is killed in between has done what its client never hears of, and asks for again.

use super::{Record, Refusal};
use crate::journal::Journal;
use anyhow::{Context, Result, ensure};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// Name of the record's file in the cloud's directory.
pub const STATE_FILE: &str = "state.json";

/// The record, its file, and news of each change.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    journal: Arc<Journal>,
    writer: Arc<Mutex<()>>,
    newest: watch::Sender<Arc<Record>>,
}

impl Store {
    /// Loads the record of the cloud in `directory`, or starts an empty one.
    ///
    /// # Errors
    /// When the file can't be read or written, is not a record, or belongs to another slot.
    pub fn open(directory: &Path, slot: u8) -> Result<Self> {
        let path = directory.join(STATE_FILE);
        let record = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is not a cloud's record", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let record = Record::new(slot);
                write(&path, &record)?;
                record
            }
            Err(error) => {
                return Err(error).with_context(|| format!("reading {}", path.display()));
            }
        };
        ensure!(
            record.slot == slot,
            "the cloud in {} uses slot {}, not {slot}; start it with --slot {}",
            directory.display(),
            record.slot,
            record.slot
        );
        Ok(Self {
            path,
            journal: Arc::new(Journal::open(directory)?),
            writer: Arc::default(),
            newest: watch::channel(Arc::new(record)).0,
        })
    }

    /// What happened.
    #[must_use]
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// The record as it is now.
    #[must_use]
    pub fn record(&self) -> Arc<Record> {
        self.newest.borrow().clone()
    }

    /// Tells of each change from now on. Several quick changes may arrive as one.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Record>> {
        self.newest.subscribe()
    }

    /// Applies `change` to the record. When it succeeds, the new record is on disk on return; when
    /// it refuses, nothing has happened. Changes run one after the other.
    ///
    /// # Errors
    /// What `change` says, or [`Refusal::Storage`].
    pub async fn change<T>(
        &self,
        change: impl FnOnce(&mut Record) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let turn = self.writer.clone().lock_owned().await;
        let before = self.record();
        let mut record = Record::clone(&before);
        let answer = change(&mut record)?;
        let (path, newest) = (self.path.clone(), self.newest.clone());
        let journal = Arc::clone(&self.journal);
        // In a task of its own: a client that goes away must not part the file from the memory.
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            write(&path, &record)?;
            journal.note_changes(&before, &record);
            newest.send_replace(Arc::new(record));
            Ok(())
        })
        .await
        .map_err(anyhow::Error::from)
        .and_then(|written| written)
        .map_err(|error: anyhow::Error| Refusal::Storage(format!("{error:#}")))?;
        Ok(answer)
    }
}

fn write(path: &Path, record: &Record) -> Result<()> {
    let bytes = serde_json::to_vec(record).context("serialising the record")?;
    swap_file(path, &bytes)
}

/// Replaces a file's content in one step, readable by its owner only, and waits until the disk has
/// the new one under its name.
///
/// # Errors
/// When the directory can't be written to.
pub fn replace_file(path: &Path, content: &[u8]) -> Result<()> {
    swap_file(path, content)?;
    let directory = path.parent().unwrap_or(Path::new("."));
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .with_context(|| format!("writing {}", path.display()))
}

/// Like [`replace_file`]; the disk has the new content, and learns its name within seconds.
fn swap_file(path: &Path, content: &[u8]) -> Result<()> {
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
