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
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use slog::{Logger, info, warn};
use tokio::{sync::watch, time::sleep};

use crate::status::Status;

/// How soon a change of the file is seen.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The other droplets are asked every so many looks: every two seconds.
const PEERS_EVERY: u32 = 4;
const PEER_TIMEOUT: Duration = Duration::from_secs(1);
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
pub struct Mark {
    /// Counts what was said.
    pub revision: u64,
    /// The freeze, unless it was ended.
    pub freeze: Option<Freeze>,
}

impl Mark {
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
pub fn read(path: &Path) -> io::Result<Mark> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Mark::default()),
        Ok(about) if about.len() > MOST => return Err(io::ErrorKind::FileTooLarge.into()),
        _ => {}
    }
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Writes the mark so that whoever reads sees the old one or the new one, and a power failure leaves one of them.
///
/// # Errors
/// If it can't be written; then nothing has changed.
pub fn write(path: &Path, mark: &Mark) -> io::Result<()> {
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

/// Follows the file and the other droplets' listeners for ever, and tells what counts. A file that can't be read leaves what counted
/// before: at the start, no freeze, since a broken file must not keep a dead site down.
pub async fn follow(path: PathBuf, peers: Vec<String>, told: Told, log: Logger) {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(PEER_TIMEOUT)
        .build()
        .unwrap_or_default();
    let mut complained = false;
    for look in 0_u32.. {
        match read(&path) {
            Ok(mark) => {
                complained = false;
                told.tell(&mark, &log, "here");
            }
            Err(error) if !complained => {
                complained = true;
                warn!(log, "can't read {}: {}", path.display(), error; "event.action" => "freeze_unreadable");
            }
            Err(_) => {}
        }
        if look.is_multiple_of(PEERS_EVERY) {
            for peer in &peers {
                let Some(mark) = ask(&http, peer).await else {
                    continue;
                };
                if !mark.beats(&told.mark.borrow()) {
                    continue;
                }
                if let Err(error) = write(&path, &mark) {
                    warn!(log, "can't write {}: {}", path.display(), error; "event.action" => "freeze_unwritable");
                }
                told.tell(&mark, &log, "the other droplet");
            }
        }
        told.is_now();
        sleep(LOOK_EVERY).await;
    }
}

/// What `peer` says, if it can be asked.
async fn ask(http: &reqwest::Client, peer: &str) -> Option<Mark> {
    let answer = http.get(format!("{peer}/status")).send().await.ok()?;
    let status: Status = answer.error_for_status().ok()?.json().await.ok()?;
    Some(status.freeze_mark)
}

/// Who is told.
#[derive(Debug)]
pub struct Told {
    /// The mark that counts.
    pub mark: watch::Sender<Mark>,
    /// Whether it freezes now: it may end by itself.
    pub frozen: watch::Sender<bool>,
}

impl Told {
    /// Begins with what the file says.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let mark = read(path).unwrap_or_default();
        let frozen = mark.in_force(Timestamp::now()).is_some();
        Self {
            mark: watch::channel(mark).0,
            frozen: watch::channel(frozen).0,
        }
    }

    fn is_now(&self) {
        let now = self.mark.borrow().in_force(Timestamp::now()).is_some();
        self.frozen
            .send_if_modified(|before| std::mem::replace(before, now) != now);
    }

    fn tell(&self, mark: &Mark, log: &Logger, from: &str) {
        let news = self.mark.send_if_modified(|before| {
            let newer = mark.beats(before);
            if newer {
                before.clone_from(mark);
            }
            newer
        });
        if !news {
            return;
        }
        match &mark.freeze {
            Some(it) => {
                warn!(log, "automatic moves are frozen: {}", it.why; "event.action" => "frozen", "who" => &it.who, "why" => &it.why, "since" => %it.since, "until" => it.until.map(|it| it.to_string()), "revision" => mark.revision, "from" => from);
            }
            None => {
                info!(log, "automatic moves go on"; "event.action" => "unfrozen", "revision" => mark.revision, "from" => from);
            }
        }
    }
}
