//! Operations on managed databases, for the rest of localcloud.

use super::Machine;
pub use super::postgres::Health;
use super::spec::DatabaseSpec;
use anyhow::Result;

impl Machine {
    /// Makes a database cluster equal to `spec`: creates it if it does not exist, and starts it. Returns once it
    /// answers and its standbys follow.
    ///
    /// # Errors
    /// When the server does not come up within 60 s; the message contains its last log line.
    pub async fn sync_database(&self, spec: &DatabaseSpec) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        real.network.ensure_database(&spec.net).await?;
        real.cluster(&spec.id).sync(spec, &real.authority).await
    }

    /// The CA certificate (PEM) that a cluster's TLS certificate chains to.
    ///
    /// # Errors
    /// When it can't be made or read.
    pub fn database_ca(&self) -> Result<String> {
        match &self.real {
            Some(real) => real.authority.certificate(),
            None => Ok("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned()),
        }
    }

    /// Stops a cluster's server. Its data stays.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop_database(&self, id: &str) -> Result<()> {
        match &self.real {
            Some(real) => real.cluster(id).stop().await,
            None => Ok(()),
        }
    }

    /// Starts a cluster's server again.
    ///
    /// # Errors
    /// When it does not answer within 60 s.
    pub async fn start_database(&self, id: &str) -> Result<()> {
        match &self.real {
            Some(real) => real.cluster(id).start().await,
            None => Ok(()),
        }
    }

    /// Checks a cluster, and restarts what has ended of it except its primary. A node that a fault keeps down stays
    /// down while `keep_down`.
    ///
    /// # Errors
    /// When a node can't be repaired; the next check tries again.
    pub async fn check_database(&self, spec: &DatabaseSpec, keep_down: bool) -> Result<Health> {
        match &self.real {
            Some(real) => {
                let cluster = real.cluster(&spec.id);
                cluster.check(spec, keep_down).await
            }
            None => Ok(Health::Serving),
        }
    }

    /// Makes a standby of a cluster its primary. No write that was acknowledged is lost.
    ///
    /// # Errors
    /// When no standby has all of them.
    pub async fn fail_over_database(&self, id: &str) -> Result<()> {
        match &self.real {
            Some(real) => real.cluster(id).fail_over().await.map(drop),
            None => Ok(()),
        }
    }

    /// Kills a cluster's primary as a power cut does. Its node stays down until [`Self::check_database`] is called
    /// with `keep_down` false.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill_primary(&self, id: &str) -> Result<()> {
        match &self.real {
            Some(real) => real.cluster(id).kill_primary().await,
            None => Ok(()),
        }
    }

    /// Starts a cluster's primary again, whatever state it is in.
    ///
    /// # Errors
    /// When it does not answer within 60 s.
    pub async fn restart_primary(&self, id: &str) -> Result<()> {
        match &self.real {
            Some(real) => real.cluster(id).restart_primary().await,
            None => Ok(()),
        }
    }

    /// Opens connections to a cluster until clients get no more, and holds them for as long as this runs.
    pub async fn hold_connections(&self, id: &str) {
        if let Some(real) = &self.real {
            real.cluster(id).hold_connections().await;
        }
    }

    /// Freezes every process of a cluster's servers, or lets them continue.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn freeze_database(&self, id: &str, frozen: bool) -> Result<()> {
        self.real
            .as_ref()
            .map_or(Ok(()), |real| real.cluster(id).freeze(frozen))
    }

    /// Stops a cluster and removes its data.
    ///
    /// # Errors
    /// When its data can't be removed.
    pub async fn destroy_database(&self, id: &str) -> Result<()> {
        let Some(real) = &self.real else {
            return Ok(());
        };
        real.cluster(id).destroy().await
    }
}
