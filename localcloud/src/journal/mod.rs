//! The journal: the cloud's events in order, with times to the millisecond, kept across restarts.

pub mod changes;

use crate::cloud::record::Record;
use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use slog::{Logger, error};
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Name of the journal's file in the cloud's directory: a JSON object a line.
pub const FILE: &str = "events.jsonl";
/// Number of events in memory; a restart reloads them.
pub const RETAINED: usize = 5_000;
/// Bytes at which the file is put aside and another begun; the one put aside before is removed.
pub const FILE_LIMIT: u64 = 4 * 1024 * 1024;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number: one more than that of the event before.
    pub seq: u64,
    /// When.
    #[serde(serialize_with = "to_the_millisecond")]
    pub at: Timestamp,
    /// What, as in `reserved-ip.moved`.
    pub kind: String,
    /// To what: a name or an address.
    pub subject: String,
    /// In words.
    pub text: String,
}

/// An event that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// As in [`Event`].
    pub kind: &'static str,
    /// As in [`Event`].
    pub subject: String,
    /// As in [`Event`].
    pub text: String,
}

impl NewEvent {
    /// An event of `kind` that happened to `subject`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "names, addresses and numbers are given as they are at hand"
    )]
    pub fn new(kind: &'static str, subject: impl ToString, text: impl Into<String>) -> Self {
        Self {
            kind,
            subject: subject.to_string(),
            text: text.into(),
        }
    }
}

/// The journal. It is bounded: the oldest events are removed.
#[derive(Debug)]
pub struct Journal {
    log: Logger,
    path: PathBuf,
    state: Mutex<State>,
    newest: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    events: VecDeque<Event>,
    file: File,
    bytes: u64,
}

fn to_the_millisecond<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
}

impl Journal {
    /// The journal of the cloud in `directory`, with what it had before.
    ///
    /// # Errors
    /// When its file can't be read or written. A line that a crash has cut off is left out.
    pub fn open(directory: &Path, log: Logger) -> Result<Self> {
        let path = directory.join(FILE);
        let mut events = VecDeque::new();
        for file in [aside(&path), path.clone()] {
            let text = match fs::read_to_string(&file) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                text => text.with_context(|| format!("reading {}", file.display()))?,
            };
            events.extend(
                text.lines()
                    .filter_map(|line| serde_json::from_str(line).ok()),
            );
        }
        let surplus = events.len().saturating_sub(RETAINED);
        events.drain(..surplus);
        let newest = events.back().map_or(0, |event: &Event| event.seq);
        let mut file = open(&path)?;
        let bytes = file.metadata()?.len();
        // What a crash has cut off must not spoil the next line.
        file.write_all(if bytes > 0 { b"\n" } else { b"" })?;
        Ok(Self {
            log,
            path,
            state: Mutex::new(State {
                events,
                file,
                bytes,
            }),
            newest: watch::channel(newest).0,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends an event for each difference between two successive records.
    pub fn append_changes(&self, before: &Record, after: &Record) {
        self.append(changes::between(before, after));
    }

    /// Appends events. A failure to write them is logged and has no other effect.
    pub fn append(&self, events: impl IntoIterator<Item = NewEvent>) {
        let mut state = self.lock();
        let mut seq = *self.newest.borrow();
        for event in events {
            seq += 1;
            let event = Event {
                seq,
                at: Timestamp::now(),
                kind: event.kind.to_owned(),
                subject: event.subject,
                text: event.text,
            };
            if let Err(error) = state.write(&event, &self.path) {
                error!(self.log, "an event can't be written to the journal"; "event" => event.seq, "error" => format!("{error:#}"));
            }
            state.events.push_back(event);
            if state.events.len() > RETAINED {
                state.events.pop_front();
            }
        }
        drop(state);
        self.newest.send_if_modified(|newest| {
            let news = *newest != seq;
            *newest = seq;
            news
        });
    }

    /// Events that are numbered above `after` and not older than `since`, oldest first.
    #[must_use]
    pub fn list(&self, after: u64, since: Option<Timestamp>) -> Vec<Event> {
        let state = self.lock();
        let wanted = state.events.iter().filter(|event| event.seq > after);
        let wanted = wanted.filter(|event| since.is_none_or(|since| event.at >= since));
        wanted.cloned().collect()
    }

    /// A channel with the number of the newest event.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }
}

impl State {
    fn write(&mut self, event: &Event, path: &Path) -> Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        if self.bytes > FILE_LIMIT {
            fs::rename(path, aside(path))?;
            self.file = open(path)?;
            self.bytes = 0;
        }
        self.file.write_all(&line)?;
        self.bytes += line.len() as u64;
        Ok(())
    }
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("opening {}", path.display()))
}

fn aside(path: &Path) -> PathBuf {
    path.with_extension("before.jsonl")
}
