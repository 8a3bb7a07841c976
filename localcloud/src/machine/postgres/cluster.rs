//! One cluster: its nodes and its pooler, started, frozen, stopped and removed.

use super::super::namespace::Namespace;
use super::super::ports::DATABASE_PORT;
use super::node::Node;
use super::pooler::{PRIMARY_FOR_POOLS, Pooler};
use super::roles::Roles;
use anyhow::{Context, Result, ensure};
use slog::Logger;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// One cluster's place on the machine.
#[derive(Debug)]
pub struct Cluster {
    pub(super) directory: PathBuf,
    pub(super) namespace: Namespace,
    /// Held while roles or nodes change.
    pub(super) lock: Arc<Mutex<()>>,
    pub(super) log: Logger,
}

impl Cluster {
    /// Cluster `id`, with a directory in `databases`, in `namespace`; `lock` serialises all changes to it.
    #[must_use]
    pub fn new(
        databases: &Path,
        id: &str,
        namespace: Namespace,
        lock: Arc<Mutex<()>>,
        log: Logger,
    ) -> Self {
        Self {
            directory: databases.join(id),
            namespace,
            lock,
            log,
        }
    }

    pub(super) fn roles(&self) -> Result<Roles> {
        Roles::read(&self.directory)
    }

    pub(super) fn node(&self, number: u8) -> Node {
        Node::new(&self.directory, number, self.namespace.clone())
    }

    pub(super) fn pooler(&self) -> Pooler {
        Pooler::new(&self.directory, self.namespace.path())
    }

    fn nodes(&self) -> Result<Vec<Node>> {
        Ok(self.roles()?.nodes().map(|n| self.node(n)).collect())
    }

    /// Starts the primary, promotes it if it is still a standby, and redirects the cluster's addresses to it.
    ///
    /// # Errors
    /// When it does not answer within 60 s.
    pub(super) async fn start_primary(&self, roles: &Roles) -> Result<()> {
        let primary = self.node(roles.primary);
        if !roles.safe && !primary.runs() {
            primary.set_synchronous_standbys(&[])?;
        }
        primary.start().await?;
        if primary.is_standby() {
            // A daemon that chose it was killed before it could promote it.
            promote(&primary).await?;
        }
        self.redirect_to(&primary).await
    }

    /// Redirects the cluster's addresses to a node.
    async fn redirect_to(&self, primary: &Node) -> Result<()> {
        let port = primary.port();
        let to_primary = if port == DATABASE_PORT {
            String::new()
        } else {
            format!("tcp dport {DATABASE_PORT} redirect to :{port}")
        };
        let rule = format!(
            "table ip primary {{\n\
             chain prerouting {{ type nat hook prerouting priority dstnat; {to_primary}\n}}\n\
             chain output {{ type nat hook output priority -100;\n\
             ip daddr {PRIMARY_FOR_POOLS} tcp dport {DATABASE_PORT} redirect to :{port}\n}}\n}}\n"
        );
        let rules = format!("table ip primary\ndelete table ip primary\n{rule}");
        self.namespace
            .run_with_input("nft", &["-f", "-"], &rules)
            .await
            .context("redirecting a database's addresses to its primary")
            .map(drop)
    }

    /// Kills the primary as a power cut does, and keeps its node down.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill_primary(&self) -> Result<()> {
        let _lock = self.lock.lock().await;
        let mut roles = self.roles()?;
        roles.kept_down = Some(roles.primary);
        roles.write(&self.directory)?;
        self.node(roles.primary).kill().await
    }

    /// Starts the primary again, whatever state it is in.
    ///
    /// # Errors
    /// When it does not answer within 60 s.
    pub async fn restart_primary(&self) -> Result<()> {
        let _lock = self.lock.lock().await;
        let roles = self.roles()?;
        self.node(roles.primary).kill().await?;
        self.start_primary(&roles).await
    }

    /// Starts all nodes, the primary first.
    ///
    /// # Errors
    /// When the primary does not answer within 60 s.
    pub async fn start(&self) -> Result<()> {
        let _lock = self.lock.lock().await;
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

    /// Stops all nodes, the primary first, so that the standbys receive all of it.
    ///
    /// # Errors
    /// When one does not end.
    pub async fn stop(&self) -> Result<()> {
        let _lock = self.lock.lock().await;
        self.pooler().end().await?;
        for node in self.nodes()? {
            node.stop().await?;
        }
        Ok(())
    }

    /// Freezes all processes of all nodes, or lets them continue.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        for node in self.nodes()? {
            node.freeze(frozen)?;
        }
        self.pooler().freeze(frozen)
    }

    /// Undoes the faults that an earlier daemon left in force.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn undo_faults(&self) -> Result<()> {
        self.freeze(false)?;
        let mut roles = self.roles()?;
        if roles.kept_down.take().is_some() {
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
            let _lock = self.lock.lock().await;
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
