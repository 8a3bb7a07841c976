//! Keeps a droplet's freeze equal to its file and to the other droplets' freeze.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use slog::{Logger, info, warn};
use tokio::{sync::watch, time::sleep};

use crate::serve::{
    freeze::{FreezeState, read, write},
    status::Status,
};

/// Between reads of the file.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The other droplets are asked once in this many reads: every two seconds.
const PEERS_EVERY: u32 = 4;
const PEER_TIMEOUT: Duration = Duration::from_secs(1);

/// Reads the file and the other droplets' listeners again and again, and publishes the newest freeze state. If the file can't be read, the
/// state does not change. At the start that means no freeze, because a broken file must not keep a dead site down.
pub async fn follow(path: PathBuf, peers: Vec<String>, state: SharedFreeze, log: Logger) {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(PEER_TIMEOUT)
        .build()
        .unwrap_or_default();
    let mut logged = false;
    for look in 0_u32.. {
        match read(&path) {
            Ok(freeze_state) => {
                logged = false;
                state.publish(&freeze_state, &log, "here");
            }
            Err(error) if !logged => {
                logged = true;
                warn!(log, "can't read {}: {}", path.display(), error; "event.action" => "freeze_unreadable");
            }
            Err(_) => {}
        }
        if look.is_multiple_of(PEERS_EVERY) {
            for peer in &peers {
                let Some(freeze_state) = ask(&http, peer).await else {
                    continue;
                };
                if !freeze_state.beats(&state.freeze_state.borrow()) {
                    continue;
                }
                if let Err(error) = write(&path, &freeze_state) {
                    warn!(log, "can't write {}: {}", path.display(), error; "event.action" => "freeze_unwritable");
                }
                state.publish(&freeze_state, &log, "the other droplet");
            }
        }
        state.update_frozen();
        sleep(LOOK_EVERY).await;
    }
}

/// The freeze state of `peer`, if it responds.
async fn ask(http: &reqwest::Client, peer: &str) -> Option<FreezeState> {
    let answer = http.get(format!("{peer}/status")).send().await.ok()?;
    let status: Status = answer.error_for_status().ok()?.json().await.ok()?;
    Some(status.freeze_mark)
}

/// The published state of the freeze.
#[derive(Debug)]
pub struct SharedFreeze {
    /// The newest freeze state.
    pub freeze_state: watch::Sender<FreezeState>,
    /// Whether it is in force now: a freeze may end by itself.
    pub frozen: watch::Sender<bool>,
}

impl SharedFreeze {
    /// Begins with the freeze state in the file.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let freeze_state = read(path).unwrap_or_default();
        let frozen = freeze_state.in_force(Timestamp::now()).is_some();
        Self {
            freeze_state: watch::channel(freeze_state).0,
            frozen: watch::channel(frozen).0,
        }
    }

    fn update_frozen(&self) {
        let now = self
            .freeze_state
            .borrow()
            .in_force(Timestamp::now())
            .is_some();
        self.frozen
            .send_if_modified(|before| std::mem::replace(before, now) != now);
    }

    fn publish(&self, freeze_state: &FreezeState, log: &Logger, from: &str) {
        let news = self.freeze_state.send_if_modified(|before| {
            let newer = freeze_state.beats(before);
            if newer {
                before.clone_from(freeze_state);
            }
            newer
        });
        if !news {
            return;
        }
        match &freeze_state.freeze {
            Some(it) => {
                warn!(log, "automatic moves are frozen: {}", it.why; "event.action" => "frozen", "who" => &it.who, "why" => &it.why, "since" => %it.since, "until" => it.until.map(|it| it.to_string()), "revision" => freeze_state.revision, "from" => from);
            }
            None => {
                info!(log, "automatic moves are allowed again"; "event.action" => "unfrozen", "revision" => freeze_state.revision, "from" => from);
            }
        }
    }
}
