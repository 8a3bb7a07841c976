//! Looks after a cluster: standbys that went come back, and the primary waits for them or does not.

use super::super::spec::DatabaseSpec;
use super::Cluster;
use super::node::{News, Node};
use super::roles::Roles;
use anyhow::Result;
use tokio_postgres::Client;

/// How a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Its primary runs.
    Serving,
    /// Its primary does not answer, and a standby may take over.
    Headless,
    /// Its primary does not answer, and has to come back itself.
    Down,
}

impl Cluster {
    /// Looks after it once: has missing standbys made and started, and commits wait for them exactly
    /// while they follow. A node that is away stays so as long as `node_away`.
    ///
    /// # Errors
    /// When a node can't be repaired; the next look tries again.
    pub async fn look_after(&self, spec: &DatabaseSpec, node_away: bool) -> Result<Health> {
        let _turn = self.turn.lock().await;
        let mut roles = self.roles()?;
        if !node_away && roles.away.take().is_some() {
            roles.write(&self.directory)?;
        }
        let primary = self.node(roles.primary);
        if !primary.runs() || (!roles.standbys.is_empty() && !answers(&primary).await) {
            return Ok(match (roles.safe, roles.away == Some(roles.primary)) {
                (true, _) => Health::Headless,
                // Nobody can help as long as the fault lasts.
                (false, true) => Health::Serving,
                (false, false) => Health::Down,
            });
        }
        self.pooler().start().await?;
        if !roles.standbys.is_empty() {
            let repaired = self.start_standbys(&roles, spec).await;
            // Commits must not wait for a standby that can't be repaired.
            self.watch_replication(&mut roles).await?;
            repaired?;
        }
        Ok(Health::Serving)
    }

    /// Makes standbys that are none yet, and starts those that don't run.
    pub(super) async fn start_standbys(&self, roles: &Roles, spec: &DatabaseSpec) -> Result<()> {
        let primary = self.node(roles.primary);
        for number in &roles.standbys {
            let node = self.node(*number);
            if roles.away == Some(*number) {
                continue;
            }
            if node.is_standby() {
                let news = node.configure(spec, Some(&primary))?;
                if node.runs() && news != News::OfStart {
                    if news == News::OfRun {
                        node.reload()?;
                    }
                    continue;
                }
                node.stop().await?;
                self.ensure_slot(&primary, &node).await?;
                match node.start().await {
                    Ok(()) => continue,
                    Err(error) => eprintln!("a standby is made anew: {error:#}"),
                }
            }
            node.kill().await?;
            self.ensure_slot(&primary, &node).await?;
            node.copy(&primary).await?;
            node.configure(spec, Some(&primary))?;
            node.wait_for(&[])?;
            node.start().await?;
        }
        Ok(())
    }

    /// Has commits wait for standbys exactly if one follows; says whether each acknowledged commit
    /// is on a standby now.
    pub(super) async fn watch_replication(&self, roles: &mut Roles) -> Result<bool> {
        let primary = self.node(roles.primary);
        let client = primary.connect("postgres").await?;
        let mut followers = followers(&client).await?;
        // One that has just been taken out may be on its way still.
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
            // First it is noted that no standby may take over, then commits are acknowledged alone.
            self.note_safety(roles, false)?;
        }
        let news = primary.wait_for(&names)?;
        if news {
            client.query("SELECT pg_reload_conf()", &[]).await?;
        }
        // An order that the server has only just read does not yet hold for every commit.
        if !news && followers.iter().any(|(_, holds_all)| *holds_all) {
            self.note_safety(roles, true)?;
        }
        Ok(roles.safe)
    }

    fn note_safety(&self, roles: &mut Roles, safe: bool) -> Result<()> {
        if roles.safe != safe {
            roles.safe = safe;
            roles.write(&self.directory)?;
        }
        Ok(())
    }

    /// What a standby needs is kept for it on the primary.
    async fn ensure_slot(&self, primary: &Node, standby: &Node) -> Result<()> {
        let make = "SELECT pg_create_physical_replication_slot($1::text::name, true) \
             WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1::text::name)";
        let client = primary.connect("postgres").await?;
        client.query(make, &[&standby.name()]).await?;
        Ok(())
    }

    /// Nothing is kept any more for a node that has gone.
    pub(super) async fn drop_slot(&self, roles: &Roles, gone: u8) -> Result<()> {
        let drop = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots \
             WHERE slot_name = $1::text::name AND NOT active";
        let client = self.node(roles.primary).connect("postgres").await?;
        client.query(drop, &[&self.node(gone).name()]).await?;
        Ok(())
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

/// The standbys that get what is written as it is written, and whether commits wait for each and it
/// has all that was written when it was asked.
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
