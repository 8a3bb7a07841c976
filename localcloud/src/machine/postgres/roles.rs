//! Which node of a cluster is the primary, kept on disk: the one truth about it.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// Who does what in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// The node that takes writes.
    pub primary: u8,
    /// The nodes that follow it.
    pub standbys: Vec<u8>,
    /// Whether each commit that was acknowledged is on a standby, so that one may be promoted.
    pub safe: bool,
    /// A node that a fault keeps away.
    pub away: Option<u8>,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            primary: 1,
            standbys: Vec::new(),
            safe: false,
            away: None,
        }
    }
}

impl Roles {
    /// Those of the cluster that is kept in `directory`.
    ///
    /// # Errors
    /// When the file is there and can't be read.
    pub fn read(directory: &Path) -> Result<Self> {
        match fs::read(directory.join("roles.json")) {
            Ok(text) => serde_json::from_slice(&text).context("reading who is primary"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).context("reading who is primary"),
        }
    }

    /// Keeps them, as a whole or not at all.
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
        put().context("noting who is primary")
    }

    /// All nodes, the primary first.
    pub fn nodes(&self) -> impl Iterator<Item = u8> {
        [self.primary].into_iter().chain(self.standbys.clone())
    }

    /// Gives the cluster so many nodes: new ones follow, and followers go first. Says which go.
    pub fn resize(&mut self, nodes: u8) -> Vec<u8> {
        let kept = usize::from(nodes.saturating_sub(1)).min(self.standbys.len());
        let gone = self.standbys.split_off(kept);
        while self.standbys.len() + 1 < usize::from(nodes) {
            let free = (1..=nodes).find(|number| self.nodes().all(|node| node != *number));
            self.standbys.extend(free);
        }
        if self.standbys.is_empty() {
            self.safe = false;
        }
        gone
    }

    /// Makes a standby the primary; the old one is to follow it.
    pub fn promote(&mut self, standby: u8) {
        self.standbys.retain(|node| *node != standby);
        self.standbys.push(self.primary);
        self.primary = standby;
        self.safe = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_grows_by_standbys_and_keeps_its_primary_when_it_shrinks() {
        let mut roles = Roles::default();
        assert!(roles.resize(3).is_empty());
        assert_eq!(roles.standbys, [2, 3]);
        roles.safe = true;
        roles.promote(3);
        assert_eq!((roles.primary, roles.standbys.as_slice()), (3, &[2, 1][..]));
        assert!(!roles.safe, "nobody follows the new primary yet");
        assert_eq!(roles.resize(1), [2, 1]);
        assert!(roles.resize(2).is_empty());
        assert_eq!((roles.primary, roles.standbys.as_slice()), (3, &[1][..]));
    }

    #[test]
    fn roles_are_read_as_they_were_written() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        assert_eq!(
            Roles::read(directory.path()).expect("none"),
            Roles::default()
        );
        let mut roles = Roles::default();
        roles.resize(2);
        roles.promote(2);
        roles.write(directory.path()).expect("written");
        assert_eq!(Roles::read(directory.path()).expect("read"), roles);
    }
}
