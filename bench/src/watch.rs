//! The number of MiniTwit's connections, as the database reports it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::NoTls;

/// Counts until it is dropped.
pub struct Watch {
    most: Arc<AtomicI64>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Queries the database ten times a second.
    pub async fn start(database: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
        tokio::spawn(connection);
        let sql = "SELECT count(*) FROM pg_stat_activity
            WHERE application_name = 'minitwit' AND datname = current_database()";
        let statement = client.prepare(sql).await?;
        let most = Arc::new(AtomicI64::new(0));
        let seen = most.clone();
        let task = tokio::spawn(async move {
            while let Ok(row) = client.query_one(&statement, &[]).await {
                seen.fetch_max(row.get(0), Ordering::Relaxed);
                sleep(Duration::from_millis(100)).await;
            }
        });
        Ok(Self { most, task })
    }

    /// The highest number.
    pub fn most(&self) -> i64 {
        self.most.load(Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}
