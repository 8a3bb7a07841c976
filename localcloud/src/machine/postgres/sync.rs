//! Makes a cluster equal to its specification.

use super::super::certificates::Authority;
use super::super::spec::DatabaseSpec;
use super::cluster::Cluster;
use super::contents;
use super::node::Changed;
use super::roles::Roles;
use anyhow::{Result, ensure};
use std::fs;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a new standby may take until it follows.
const CATCH_UP: Duration = Duration::from_secs(20);

impl Cluster {
    /// Makes the cluster equal to `spec`: its nodes, settings, users, databases and pools. Returns once the primary
    /// answers and its standbys follow.
    ///
    /// # Errors
    /// When a server does not come up within 60 s.
    pub async fn sync(&self, spec: &DatabaseSpec, authority: &Authority) -> Result<()> {
        let _lock = self.lock.lock().await;
        fs::create_dir_all(&self.directory)?;
        let mut roles = self.roles()?;
        let removed = roles.resize(spec.nodes);
        roles.write(&self.directory)?;
        self.configure_primary(&roles, spec, authority).await?;
        for number in &removed {
            self.node(*number).kill().await?;
            self.node(*number).remove()?;
        }
        // Before the first commit, which may have to wait for a standby.
        let started = self.start_standbys(&roles, spec).await;
        self.update_synchronous(&mut roles).await?;
        started?;
        let primary = self.node(roles.primary);
        contents::sync(&primary, spec).await?;
        self.pooler().sync(spec, &primary).await?;
        for number in removed {
            self.drop_slot(&roles, number).await?;
        }
        let deadline = Instant::now() + CATCH_UP;
        while !roles.standbys.is_empty() && !self.update_synchronous(&mut roles).await? {
            ensure!(Instant::now() < deadline, "a standby does not catch up");
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Starts the primary with the settings of `spec`; restarts it if they need that.
    async fn configure_primary(
        &self,
        roles: &Roles,
        spec: &DatabaseSpec,
        authority: &Authority,
    ) -> Result<()> {
        let primary = self.node(roles.primary);
        let addresses = [spec.net.public, spec.net.private.address];
        primary.initialise(&addresses, authority).await?;
        let restart = primary.configure(spec, None)? == Changed::NeedsRestart || spec.restart;
        if restart && primary.runs() {
            primary.stop().await?;
        }
        self.start_primary(roles).await?;
        // Also without a change: an earlier daemon may have been killed before this line.
        primary.reload()
    }
}
