//! Managed PostgreSQL: real servers with TLS on port 25060, in a network namespace of their own.
//!
//! A cluster's addresses belong to the namespace, and lead to whichever node is the primary. With
//! standbys, a commit is acknowledged when one of them has it too (synchronous replication), so that
//! none is lost when it takes over. The platform promises standbys and automatic failover and says
//! nothing of how much may be lost; a standby that lags would lose the last writes.

mod care;
mod contents;
mod node;
mod pooler;
mod roles;
mod running;

pub use care::Health;

use super::certificates::Authority;
use super::namespace::Namespace;
use super::spec::DatabaseSpec;
use anyhow::{Context, Result, ensure};
use node::{News, Node};
use pooler::{PRIMARY_FOR_POOLS, Pooler};
use roles::Roles;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;

/// Port of every managed database on the platform.
pub const PORT: u16 = 25060;

/// Port of connection pools.
pub const POOL_PORT: u16 = 25061;

/// Connections kept for the platform itself, beside those that a size allows to clients.
const PLATFORM_CONNECTIONS: u32 = 3;

/// How long a new standby may take until it follows.
const CATCH_UP: Duration = Duration::from_secs(20);

/// One cluster's place on the machine.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    namespace: Namespace,
    /// Held while roles or nodes change.
    turn: Arc<Mutex<()>>,
}

impl Cluster {
    /// Cluster `id`, kept below `databases` and run in `namespace`; all that is done to it takes turns.
    #[must_use]
    pub fn new(databases: &Path, id: &str, namespace: Namespace, turn: Arc<Mutex<()>>) -> Self {
        Self {
            directory: databases.join(id),
            namespace,
            turn,
        }
    }

    fn roles(&self) -> Result<Roles> {
        Roles::read(&self.directory)
    }

    fn node(&self, number: u8) -> Node {
        Node::new(&self.directory, number, self.namespace.clone())
    }

    fn pooler(&self) -> Pooler {
        Pooler::new(&self.directory, self.namespace.path())
    }

    fn nodes(&self) -> Result<Vec<Node>> {
        Ok(self.roles()?.nodes().map(|n| self.node(n)).collect())
    }

    /// Makes and starts all nodes that `spec` asks for and brings them in line with it; returns once
    /// the primary answers and its standbys follow.
    ///
    /// # Errors
    /// When a server does not come up within 60 s.
    pub async fn sync(&self, spec: &DatabaseSpec, authority: &Authority) -> Result<()> {
        let _turn = self.turn.lock().await;
        fs::create_dir_all(&self.directory)?;
        let mut roles = self.roles()?;
        let gone = roles.resize(spec.nodes);
        roles.write(&self.directory)?;
        self.apply(&roles, spec, authority).await?;
        for number in &gone {
            self.node(*number).kill().await?;
            self.node(*number).remove()?;
        }
        // Before anything is committed: commits may have to wait for them.
        let started = self.start_standbys(&roles, spec).await;
        self.watch_replication(&mut roles).await?;
        started?;
        let primary = self.node(roles.primary);
        contents::sync(&primary, spec).await?;
        self.pooler().sync(spec, &primary).await?;
        for number in gone {
            self.drop_slot(&roles, number).await?;
        }
        let deadline = Instant::now() + CATCH_UP;
        while !roles.standbys.is_empty() && !self.watch_replication(&mut roles).await? {
            ensure!(Instant::now() < deadline, "a standby does not catch up");
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Starts the primary as `spec` wants it, anew if it has to be.
    async fn apply(&self, roles: &Roles, spec: &DatabaseSpec, authority: &Authority) -> Result<()> {
        let primary = self.node(roles.primary);
        let addresses = [spec.net.public, spec.net.private.address];
        primary.initialise(&addresses, authority).await?;
        let restart = primary.configure(spec, None)? == News::OfStart || spec.restart;
        if restart && primary.runs() {
            primary.stop().await?;
        }
        self.start_primary(roles).await?;
        // Also when there is no news: an earlier daemon may have been killed before this.
        primary.reload()
    }

    async fn start_primary(&self, roles: &Roles) -> Result<()> {
        let primary = self.node(roles.primary);
        if !roles.safe && !primary.runs() {
            primary.wait_for(&[])?;
        }
        primary.start().await?;
        if primary.is_standby() {
            // It was chosen before it could be told.
            promote(&primary).await?;
        }
        self.lead_to(&primary).await
    }

    /// Has the cluster's addresses lead to a node.
    async fn lead_to(&self, primary: &Node) -> Result<()> {
        let port = primary.port();
        let to_primary = if port == PORT {
            String::new()
        } else {
            format!("tcp dport {PORT} redirect to :{port}")
        };
        let rule = format!(
            "table ip primary {{\n\
             chain prerouting {{ type nat hook prerouting priority dstnat; {to_primary}\n}}\n\
             chain output {{ type nat hook output priority -100;\n\
             ip daddr {PRIMARY_FOR_POOLS} tcp dport {PORT} redirect to :{port}\n}}\n}}\n"
        );
        let rules = format!("table ip primary\ndelete table ip primary\n{rule}");
        self.namespace
            .run_with_input("nft", &["-f", "-"], &rules)
            .await
            .context("leading a database's addresses to its primary")
            .map(drop)
    }

    /// Promotes the standby that has most, if each acknowledged commit is on one of them; the old
    /// primary is ended first, and follows later. Says which node it is now.
    ///
    /// # Errors
    /// When no standby may take over.
    pub async fn fail_over(&self) -> Result<u8> {
        let _turn = self.turn.lock().await;
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

    /// The standby that has received most. All have to be asked: the last commit may be on any.
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

    /// Ends the primary as a power cut does, and has its node stay away.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill_primary(&self) -> Result<()> {
        let _turn = self.turn.lock().await;
        let mut roles = self.roles()?;
        roles.away = Some(roles.primary);
        roles.write(&self.directory)?;
        self.node(roles.primary).kill().await
    }

    /// Starts the primary again, whatever state it is in.
    ///
    /// # Errors
    /// When it does not answer within 60 s.
    pub async fn restart_primary(&self) -> Result<()> {
        let _turn = self.turn.lock().await;
        let roles = self.roles()?;
        self.node(roles.primary).kill().await?;
        self.start_primary(&roles).await
    }

    /// Takes connections until clients get no more, for as long as this runs.
    pub async fn hold_connections(&self) {
        let mut held: Vec<Client> = Vec::new();
        loop {
            held.retain(|client| !client.is_closed());
            // The last ones are the platform's own, here too.
            while let Ok((client, left)) = self.take_connection().await {
                if left >= 0 {
                    held.push(client);
                }
                if left <= 0 {
                    break;
                }
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// A connection to the primary, and how many clients may open after it.
    async fn take_connection(&self) -> Result<(Client, i64)> {
        let primary = self.node(self.roles()?.primary);
        let client = primary.connect("postgres").await?;
        let left = "SELECT current_setting('max_connections')::int8 - $1 - count(*) \
             FROM pg_stat_activity WHERE backend_type = 'client backend'";
        let kept = i64::from(PLATFORM_CONNECTIONS);
        let left = client.query_one(left, &[&kept]).await?.get(0);
        Ok((client, left))
    }

    /// Starts all nodes, the primary first.
    ///
    /// # Errors
    /// When the primary does not answer within 60 s.
    pub async fn start(&self) -> Result<()> {
        let _turn = self.turn.lock().await;
        let roles = self.roles()?;
        self.start_primary(&roles).await?;
        self.pooler().start().await?;
        for number in &roles.standbys {
            let node = self.node(*number);
            if node.exists() && node.is_standby() {
                node.start().await?;
            }
        }
        Ok(())
    }

    /// Stops all nodes, the primary first, so that the standbys have all of it.
    ///
    /// # Errors
    /// When one does not end.
    pub async fn stop(&self) -> Result<()> {
        let _turn = self.turn.lock().await;
        self.pooler().end().await?;
        for node in self.nodes()? {
            node.stop().await?;
        }
        Ok(())
    }

    /// Stops all processes of all nodes where they stand, or lets them go on.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        for node in self.nodes()? {
            node.freeze(frozen)?;
        }
        self.pooler().freeze(frozen)
    }

    /// Undoes what a fault of an earlier daemon has left.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn relieve(&self) -> Result<()> {
        self.freeze(false)?;
        let mut roles = self.roles()?;
        if roles.away.take().is_some() {
            roles.write(&self.directory)?;
        }
        Ok(())
    }

    /// Stops it and removes data and namespace.
    ///
    /// # Errors
    /// When they can't be removed.
    pub async fn destroy(&self) -> Result<()> {
        {
            let _turn = self.turn.lock().await;
            self.pooler().end().await?;
            for node in self.nodes()? {
                node.kill().await?;
            }
        }
        self.namespace.remove().await?;
        if self.directory.exists() {
            fs::remove_dir_all(&self.directory)?;
        }
        Ok(())
    }
}

/// Makes a standby a primary; returns when it takes writes.
async fn promote(standby: &Node) -> Result<()> {
    let client = standby.connect("postgres").await?;
    let row = client
        .query_one(
            "SELECT NOT pg_is_in_recovery() OR pg_promote(true, 30)",
            &[],
        )
        .await
        .context("promoting a standby")?;
    ensure!(
        row.get::<_, bool>(0),
        "a standby was not promoted within 30 s"
    );
    Ok(())
}
