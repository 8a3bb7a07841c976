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

/// How soon a change of the file is seen.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The other droplets are asked every so many looks: every two seconds.
const PEERS_EVERY: u32 = 4;
const PEER_TIMEOUT: Duration = Duration::from_secs(1);

/// Follows the file and the other droplets' listeners for ever, and tells what counts. A file that can't be read leaves what counted
/// before: at the start, no freeze, since a broken file must not keep a dead site down.
pub async fn follow(path: PathBuf, peers: Vec<String>, told: FreezeState, log: Logger) {
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
async fn ask(http: &reqwest::Client, peer: &str) -> Option<FreezeMark> {
    let answer = http.get(format!("{peer}/status")).send().await.ok()?;
    let status: Status = answer.error_for_status().ok()?.json().await.ok()?;
    Some(status.freeze_mark)
}

/// Who is told.
#[derive(Debug)]
pub struct FreezeState {
    /// The mark that counts.
    pub mark: watch::Sender<FreezeMark>,
    /// Whether it freezes now: it may end by itself.
    pub frozen: watch::Sender<bool>,
}

impl FreezeState {
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

    fn tell(&self, mark: &FreezeMark, log: &Logger, from: &str) {
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
