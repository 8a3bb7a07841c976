//! Has droplets backed up when their policies say so, and old backups removed.

use super::Jobs;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How often policies are looked at; their windows last hours.
const PACE: Duration = Duration::from_secs(30);

impl Jobs {
    /// Keeps backups by their droplets' policies for ever.
    pub async fn keep_backups(self: Arc<Self>) {
        loop {
            let (record, now) = (self.store.record(), Timestamp::now());
            if !(record.backups_due(now).is_empty() && record.backups_stale(now).is_empty()) {
                let kept = self.change(|record| record.keep_backups(now)).await;
                if let Err(error) = kept {
                    eprintln!("backups: {error:#}");
                }
            }
            tokio::time::sleep(PACE).await;
        }
    }
}
