//! Checks a cluster and repairs what can be repaired without a decision about the primary.

use super::super::spec::DatabaseSpec;
use super::cluster::Cluster;
use super::node::Node;
use anyhow::Result;

/// The state of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The primary answers, or a fault keeps it down and no standby may take over.
    Serving,
    /// The primary does not answer, and a standby may take over.
    NeedsFailover,
    /// The primary does not answer, and no standby may take over: it has to be restarted.
    NeedsRestart,
}

impl Cluster {
    /// Checks the primary, repairs standbys, and makes commits wait for standbys exactly while one follows. A
    /// node that a fault keeps down stays down while `keep_down`.
    ///
    /// # Errors
    /// When a node can't be repaired; the next check tries again.
    pub async fn check(&self, spec: &DatabaseSpec, keep_down: bool) -> Result<Health> {
        let _lock = self.lock.lock().await;
        let mut roles = self.roles()?;
        if !keep_down && roles.kept_down.take().is_some() {
            roles.write(&self.directory)?;
        }
        let primary = self.node(roles.primary);
        if !primary.runs() || (!roles.standbys.is_empty() && !answers(&primary).await) {
            return Ok(match (roles.safe, roles.kept_down == Some(roles.primary)) {
                (true, _) => Health::NeedsFailover,
                // Nothing can be done while the fault lasts.
                (false, true) => Health::Serving,
                (false, false) => Health::NeedsRestart,
            });
        }
        self.pooler().start().await?;
        if !roles.standbys.is_empty() {
            let repaired = self.start_standbys(&roles, spec).await;
            // Commits must not wait for a standby that can't be repaired.
            self.update_synchronous(&mut roles).await?;
            repaired?;
        }
        Ok(Health::Serving)
    }
}

async fn answers(primary: &Node) -> bool {
    match primary.connect("postgres").await {
        Ok(client) => {
            let asked = client.query_one("SELECT 1", &[]);
            let limit = std::time::Duration::from_secs(2);
            matches!(tokio::time::timeout(limit, asked).await, Ok(Ok(_)))
        }
        Err(_) => false,
    }
}
