//! Standbys: made, started, and made to count for commits exactly while they follow the primary.

use super::super::spec::DatabaseSpec;
use super::cluster::Cluster;
use super::node::{Changed, Node};
use super::roles::Roles;
use anyhow::Result;
use slog::info;
use tokio_postgres::Client;

impl Cluster {
    /// Starts the standbys that don't run; makes those that have no data as copies of the primary.
    pub(super) async fn start_standbys(&self, roles: &Roles, spec: &DatabaseSpec) -> Result<()> {
        let primary = self.node(roles.primary);
        for number in &roles.standbys {
            let node = self.node(*number);
            if roles.kept_down == Some(*number) {
                continue;
            }
            if node.is_standby() {
                let changed = node.configure(spec, Some(&primary))?;
                if node.runs() && changed != Changed::NeedsRestart {
                    if changed == Changed::Reloadable {
                        node.reload()?;
                    }
                    continue;
                }
                node.stop().await?;
                self.ensure_slot(&primary, &node).await?;
                match node.start().await {
                    Ok(()) => continue,
                    Err(error) => info!(self.log, "a standby does not start and is copied again";
                        "node" => node.name(), "error" => format!("{error:#}")),
                }
            }
            node.kill().await?;
            self.ensure_slot(&primary, &node).await?;
            node.copy(&primary).await?;
            node.configure(spec, Some(&primary))?;
            node.set_synchronous_standbys(&[])?;
            node.start().await?;
        }
        Ok(())
    }

    /// Makes commits wait for standbys exactly if one follows. Returns whether each acknowledged commit is on a
    /// standby now.
    pub(super) async fn update_synchronous(&self, roles: &mut Roles) -> Result<bool> {
        let primary = self.node(roles.primary);
        let client = primary.connect("postgres").await?;
        let mut followers = followers(&client).await?;
        // A standby that has just been removed may still be connected.
        let standbys = roles
            .standbys
            .iter()
            .map(|number| self.node(*number).name());
        let standbys: Vec<String> = standbys.collect();
        followers.retain(|(name, _)| standbys.contains(name));
        let names: Vec<String> = followers
            .iter()
            .map(|follower| follower.0.clone())
            .collect();
        if names.is_empty() {
            // First the roles record that no standby may take over, then commits stop waiting.
            self.record_safety(roles, false)?;
        }
        let changed = primary.set_synchronous_standbys(&names)?;
        if changed {
            client.query("SELECT pg_reload_conf()", &[]).await?;
        }
        // A setting that the server has only just read does not yet apply to every commit.
        if !changed && followers.iter().any(|(_, holds_all)| *holds_all) {
            self.record_safety(roles, true)?;
        }
        Ok(roles.safe)
    }

    fn record_safety(&self, roles: &mut Roles, safe: bool) -> Result<()> {
        if roles.safe != safe {
            roles.safe = safe;
            roles.write(&self.directory)?;
        }
        Ok(())
    }

    /// Makes the replication slot with which the primary keeps the log for a standby.
    async fn ensure_slot(&self, primary: &Node, standby: &Node) -> Result<()> {
        let make = "SELECT pg_create_physical_replication_slot($1::text::name, true) \
             WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1::text::name)";
        let client = primary.connect("postgres").await?;
        client.query(make, &[&standby.name()]).await?;
        Ok(())
    }

    /// Removes the replication slot of a node that was removed.
    pub(super) async fn drop_slot(&self, roles: &Roles, removed: u8) -> Result<()> {
        let drop = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots \
             WHERE slot_name = $1::text::name AND NOT active";
        let client = self.node(roles.primary).connect("postgres").await?;
        client.query(drop, &[&self.node(removed).name()]).await?;
        Ok(())
    }
}

/// The standbys that stream from the primary, each with whether commits wait for it and it has received all
/// that was written when this was called.
async fn followers(client: &Client) -> Result<Vec<(String, bool)>> {
    let written = "SELECT pg_current_wal_flush_lsn()::text";
    let written: String = client.query_one(written, &[]).await?.get(0);
    let query = "SELECT application_name, \
           sync_state IN ('sync', 'quorum') AND flush_lsn >= $1::text::pg_lsn \
         FROM pg_stat_replication \
         WHERE state = 'streaming' AND application_name LIKE 'node%' ORDER BY 1";
    let rows = client.query(query, &[&written]).await?;
    let follower = |row: &tokio_postgres::Row| {
        let holds_all: Option<bool> = row.get(1);
        (row.get(0), holds_all.unwrap_or_default())
    };
    Ok(rows.iter().map(follower).collect())
}
