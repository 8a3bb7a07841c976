//! Starts the backups that policies ask for, and removes old ones.

use super::Jobs;
use jiff::Timestamp;
use slog::error;
use std::sync::Arc;
use std::time::Duration;

/// How often policies are checked; their windows last hours.
const INTERVAL: Duration = Duration::from_secs(30);

impl Jobs {
    /// Applies the backup policies in a loop that never ends.
    pub async fn keep_backups(self: Arc<Self>) {
        loop {
            let (record, now) = (self.store.record(), Timestamp::now());
            if !(record.backups_due(now).is_empty() && record.backups_stale(now).is_empty()) {
                let kept = self.change(|record| record.keep_backups(now)).await;
                if let Err(error) = kept {
                    error!(self.log, "due backups can't be recorded"; "error" => format!("{error:#}"));
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}
