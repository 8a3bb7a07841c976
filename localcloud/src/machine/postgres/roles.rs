//! Which node of a cluster is the primary: a file, the only record of it.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// The roles of a cluster's nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// The node that takes writes.
    pub primary: u8,
    /// The nodes that follow it.
    pub standbys: Vec<u8>,
    /// Whether each commit that was acknowledged is on a standby, so that one may be promoted.
    pub safe: bool,
    /// A node that a fault keeps down.
    pub kept_down: Option<u8>,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            primary: 1,
            standbys: Vec::new(),
            safe: false,
            kept_down: None,
        }
    }
}

impl Roles {
    /// The roles of the cluster with the directory `directory`.
    ///
    /// # Errors
    /// When the file is there and can't be read.
    pub fn read(directory: &Path) -> Result<Self> {
        match fs::read(directory.join("roles.json")) {
            Ok(text) => serde_json::from_slice(&text).context("reading which node is the primary"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).context("reading which node is the primary"),
        }
    }

    /// Writes them, atomically.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let draft = directory.join("roles.json.draft");
        let put = || {
            let mut file = File::create(&draft)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.sync_all()?;
            fs::rename(&draft, directory.join("roles.json"))
        };
        put().context("recording which node is the primary")
    }

    /// All nodes, the primary first.
    pub fn nodes(&self) -> impl Iterator<Item = u8> {
        [self.primary].into_iter().chain(self.standbys.clone())
    }

    /// Sets the number of nodes: new ones are standbys, and standbys are removed first. Returns the removed ones.
    pub fn resize(&mut self, nodes: u8) -> Vec<u8> {
        let kept = usize::from(nodes.saturating_sub(1)).min(self.standbys.len());
        let removed = self.standbys.split_off(kept);
        while self.standbys.len() + 1 < usize::from(nodes) {
            let free = (1..=nodes).find(|number| self.nodes().all(|node| node != *number));
            self.standbys.extend(free);
        }
        if self.standbys.is_empty() {
            self.safe = false;
        }
        removed
    }

    /// Makes a standby the primary, and the old primary its standby.
    pub fn promote(&mut self, standby: u8) {
        self.standbys.retain(|node| *node != standby);
        self.standbys.push(self.primary);
        self.primary = standby;
        self.safe = false;
    }
}
