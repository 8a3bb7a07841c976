//! Makes database clusters equal to the record, and fails over those whose primary is down.

use super::Jobs;
use crate::cloud::record::Record;
use crate::cloud::resources::databases::Database;
use crate::journal::NewEvent;
use crate::machine::databases::Health;
use crate::topology;
use anyhow::{Context, Result};
use slog::{error, warn};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How often clusters are checked.
const INTERVAL: Duration = Duration::from_secs(1);
/// For how long a primary may not respond before a standby takes over: it may only be slow.
const GRACE: Duration = Duration::from_secs(3);

impl Jobs {
    pub(super) async fn sync_database(&self, id: Uuid) -> Result<()> {
        self.network.follow().await?;
        let record = self.store.record();
        let Ok(database) = record.database(id) else {
            return Ok(());
        };
        let spec = database.spec(topology::database_net(&record, database));
        let name = &database.name;
        self.machine
            .sync_database(&spec)
            .await
            .with_context(|| format!("starting database cluster {name}"))?;
        self.network.refresh().await?;
        let revision = database.revision;
        self.change(|record| record.database_synced(id, revision))
            .await
    }

    pub(super) async fn destroy_database(&self, id: Uuid) -> Result<()> {
        self.machine
            .destroy_database(&id.to_string())
            .await
            .with_context(|| format!("destroying database cluster {id}"))?;
        self.network.refresh().await?;
        self.change(|record| record.forget_database(id)).await
    }

    /// Makes a standby of a cluster its primary, and records it.
    ///
    /// # Errors
    /// When no standby has every acknowledged write.
    pub(crate) async fn fail_over(&self, id: Uuid) -> Result<()> {
        self.machine.fail_over_database(&id.to_string()).await?;
        self.record_event(id, "cluster_master_promotion").await
    }

    async fn record_event(&self, id: Uuid, kind: &'static str) -> Result<()> {
        let event = NewEvent::new("database.event", id, kind);
        self.store.journal().append([event]);
        self.change(|record: &mut Record| {
            if let Some(database) = record.databases.get_mut(&id) {
                database.add_event(kind);
            }
        })
        .await
    }

    /// Checks all clusters in a loop that never ends.
    pub async fn watch_databases(self: Arc<Self>) {
        let mut silent: HashMap<Uuid, Instant> = HashMap::new();
        loop {
            tokio::time::sleep(INTERVAL).await;
            let record = self.store.record();
            silent.retain(|id, _| record.databases.contains_key(id));
            let settled = record
                .databases
                .values()
                .filter(|database| !database.destroying && database.synced > 0);
            for database in settled {
                // A fault of the whole cluster must stay: no failover repairs it.
                if self.faults.breaks_database(database.id) {
                    continue;
                }
                if let Err(error) = self.check_cluster(&record, database, &mut silent).await {
                    error!(self.log, "the check of a database cluster failed"; "database" => &database.name, "error" => format!("{error:#}"));
                }
            }
        }
    }

    async fn check_cluster(
        &self,
        record: &Record,
        database: &Database,
        silent: &mut HashMap<Uuid, Instant>,
    ) -> Result<()> {
        let id = database.id;
        let spec = database.spec(topology::database_net(record, database));
        let away = self.faults.keeps_node_away(id);
        let health = self.machine.check_database(&spec, away).await?;
        if health == Health::Serving {
            silent.remove(&id);
            return Ok(());
        }
        // A fault may have begun since.
        if self.faults.breaks_database(id) {
            return Ok(());
        }
        let since = silent.entry(id).or_insert_with(Instant::now);
        if since.elapsed() < GRACE {
            return Ok(());
        }
        silent.remove(&id);
        if health == Health::NeedsFailover && self.fail_over(id).await.is_ok() {
            warn!(self.log, "a standby became primary"; "database" => &database.name);
            return Ok(());
        }
        if self.faults.keeps_node_away(id) {
            return Ok(());
        }
        self.machine.restart_primary(&spec.id).await?;
        self.record_event(id, "cluster_poweron").await
    }
}
