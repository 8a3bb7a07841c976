//! Makes a standby the primary, without losing an acknowledged commit.

use super::cluster::Cluster;
use super::node::Node;
use super::roles::Roles;
use anyhow::{Context, Result, ensure};

impl Cluster {
    /// Promotes the standby that has received most, if each acknowledged commit is on one of them. Kills the old
    /// primary first, which follows the new one later. Returns the number of the new primary.
    ///
    /// # Errors
    /// When no standby may take over.
    pub async fn fail_over(&self) -> Result<u8> {
        let _lock = self.lock.lock().await;
        let mut roles = self.roles()?;
        ensure!(
            roles.safe,
            "the cluster has no standby that has every acknowledged commit"
        );
        let chosen = self.most_advanced(&roles).await?;
        self.node(roles.primary).kill().await?;
        roles.promote(chosen.number);
        roles.write(&self.directory)?;
        self.start_primary(&roles).await?;
        Ok(roles.primary)
    }

    /// The standby that has received most. All are asked: the last commit may be on any.
    async fn most_advanced(&self, roles: &Roles) -> Result<Node> {
        let mut best: Option<(i64, Node)> = None;
        for number in &roles.standbys {
            let node = self.node(*number);
            let query = "SELECT (pg_last_wal_receive_lsn() - '0/0')::int8";
            let row = node
                .connect("postgres")
                .await?
                .query_one(query, &[])
                .await?;
            let received = row.get::<_, Option<i64>>(0).unwrap_or(0);
            if best.as_ref().is_none_or(|(most, _)| received > *most) {
                best = Some((received, node));
            }
        }
        best.map(|(_, node)| node).context("there is no standby")
    }
}
