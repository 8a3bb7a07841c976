//! Keeps the record in memory and on disk. A change is in its file before the response is sent, and
//! survives the daemon. A machine that loses power may lose the changes of the last seconds.
//!
//! While a request runs, an empty file marks it, and the record lists what it creates. A daemon that
//! is killed in between leaves both, and the next start rolls back what no client got a response
//! for ([`crate::cloud::operations::rollback`]).

use crate::atomic_file;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::created::Created;
use crate::journal::{Journal, NewEvent};
use anyhow::{Context, Result, ensure};
use slog::{Logger, error};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
use uuid::Uuid;

/// Name of the record's file in the cloud's directory.
pub const STATE_FILE: &str = "state.json";

tokio::task_local! {
    /// The request that runs.
    static REQUEST: Uuid;
}

/// The file that marks a running request.
#[derive(Debug)]
struct Mark {
    path: PathBuf,
    log: Logger,
}

impl Drop for Mark {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            error!(self.log, "a request's mark can't be removed"; "error" => %error);
        }
    }
}

/// The record, its file, and a channel that announces each change.
#[derive(Debug)]
pub struct Store {
    log: Logger,
    path: PathBuf,
    marks: PathBuf,
    journal: Arc<Journal>,
    writer: Arc<Mutex<()>>,
    newest: watch::Sender<Arc<Record>>,
}

impl Store {
    /// Loads the record of the cloud in `directory`, or starts an empty one.
    ///
    /// # Errors
    /// When the file can't be read or written, is not a record, or belongs to another slot.
    pub fn open(directory: &Path, slot: u8, log: Logger) -> Result<Self> {
        let path = directory.join(STATE_FILE);
        let mut record = match fs::read(&path) {
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
        let marks = directory.join("unanswered");
        let journal = Journal::open(directory, log.clone())?;
        let undone = record.roll_back_unfinished(|id| marks.join(id.to_string()).exists());
        if !undone.is_empty() {
            write(&path, &record)?;
            let words = |made: &Created| format!("{made:?}: its request was never answered");
            let undone = undone.iter().map(words);
            journal.append(undone.map(|words| NewEvent::new("request.undone", "-", words)));
        }
        if marks.exists() {
            fs::remove_dir_all(&marks).context("removing marks of requests")?;
        }
        fs::create_dir_all(&marks).context("making a directory for marks of requests")?;
        Ok(Self {
            log,
            path,
            marks,
            journal: Arc::new(journal),
            writer: Arc::default(),
            newest: watch::channel(Arc::new(record)).0,
        })
    }

    /// The journal of events.
    #[must_use]
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// The record as it is now.
    #[must_use]
    pub fn record(&self) -> Arc<Record> {
        self.newest.borrow().clone()
    }

    /// A channel with the newest record. Several quick changes may arrive as one.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Record>> {
        self.newest.subscribe()
    }

    /// Runs a request. What it creates is rolled back if the daemon is killed before this returns.
    pub async fn with_rollback<F: Future>(&self, answer: F) -> F::Output {
        let id = Uuid::new_v4();
        let mark = Mark {
            path: self.marks.join(id.to_string()),
            log: self.log.clone(),
        };
        if let Err(error) = File::create(&mark.path) {
            error!(self.log, "a request can't be marked"; "error" => %error);
        }
        REQUEST.scope(id, answer).await
    }

    fn record_request(&self, before: &Record, record: &mut Record) {
        let Ok(id) = REQUEST.try_with(|id| *id) else {
            return;
        };
        let is_open = |id: &Uuid| self.marks.join(id.to_string()).exists();
        record.unfinished.retain(|id, _| is_open(id));
        let made = record.created_since(before);
        if !made.is_empty() {
            record.unfinished.entry(id).or_default().extend(made);
        }
    }

    /// Applies `change` to the record. When it succeeds, the new record is on disk on return; when
    /// it refuses, nothing has happened. Changes run one after the other.
    ///
    /// # Errors
    /// The refusal of `change`, or [`Refusal::Storage`].
    pub async fn change<T>(
        &self,
        change: impl FnOnce(&mut Record) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let turn = self.writer.clone().lock_owned().await;
        let before = self.record();
        let mut record = Record::clone(&before);
        let answer = change(&mut record)?;
        self.record_request(&before, &mut record);
        let (path, newest) = (self.path.clone(), self.newest.clone());
        let journal = Arc::clone(&self.journal);
        // In a task of its own: a client that goes away must not part the file from the memory.
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            write(&path, &record)?;
            journal.append_changes(&before, &record);
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
    atomic_file::replace_unsynced(path, &bytes)
}
