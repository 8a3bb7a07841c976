//! Keeps a droplet's freeze equal to its file and to the other droplets' freeze.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use slog::{Logger, info, warn};
use tokio::{sync::watch, time::sleep};

use crate::serve::{
    freeze::{FreezeMark, read, write},
    status::Status,
};

/// Between reads of the file.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The other droplets are asked once in this many reads: every two seconds.
const PEERS_EVERY: u32 = 4;
const PEER_TIMEOUT: Duration = Duration::from_secs(1);

/// Follows the file and the other droplets' listeners for ever, and publishes the newest mark. If the file can't be read, the mark stays
/// as it is. At the start that is no freeze, because a broken file must not keep a dead site down.
pub async fn follow(path: PathBuf, peers: Vec<String>, state: FreezeState, log: Logger) {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(PEER_TIMEOUT)
        .build()
        .unwrap_or_default();
    let mut logged = false;
    for look in 0_u32.. {
        match read(&path) {
            Ok(mark) => {
                logged = false;
                state.publish(&mark, &log, "here");
            }
            Err(error) if !logged => {
                logged = true;
                warn!(log, "can't read {}: {}", path.display(), error; "event.action" => "freeze_unreadable");
            }
            Err(_) => {}
        }
        if look.is_multiple_of(PEERS_EVERY) {
            for peer in &peers {
                let Some(mark) = ask(&http, peer).await else {
                    continue;
                };
                if !mark.beats(&state.mark.borrow()) {
                    continue;
                }
                if let Err(error) = write(&path, &mark) {
                    warn!(log, "can't write {}: {}", path.display(), error; "event.action" => "freeze_unwritable");
                }
                state.publish(&mark, &log, "the other droplet");
            }
        }
        state.update_frozen();
        sleep(LOOK_EVERY).await;
    }
}

/// The mark of `peer`, if it responds.
async fn ask(http: &reqwest::Client, peer: &str) -> Option<FreezeMark> {
    let answer = http.get(format!("{peer}/status")).send().await.ok()?;
    let status: Status = answer.error_for_status().ok()?.json().await.ok()?;
    Some(status.freeze_mark)
}

/// The published state of the freeze.
#[derive(Debug)]
pub struct FreezeState {
    /// The newest mark.
    pub mark: watch::Sender<FreezeMark>,
    /// Whether it is in force now: a freeze may end by itself.
    pub frozen: watch::Sender<bool>,
}

impl FreezeState {
    /// Begins with the mark in the file.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let mark = read(path).unwrap_or_default();
        let frozen = mark.in_force(Timestamp::now()).is_some();
        Self {
            mark: watch::channel(mark).0,
            frozen: watch::channel(frozen).0,
        }
    }

    fn update_frozen(&self) {
        let now = self.mark.borrow().in_force(Timestamp::now()).is_some();
        self.frozen
            .send_if_modified(|before| std::mem::replace(before, now) != now);
    }

    fn publish(&self, mark: &FreezeMark, log: &Logger, from: &str) {
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
                info!(log, "automatic moves are allowed again"; "event.action" => "unfrozen", "revision" => mark.revision, "from" => from);
            }
        }
    }
}
