//! Which environment is meant (`CLOUD` and `NAME`), where its files are, and what Terraform created for it.

mod api;
mod error;
mod options;
mod outputs;
mod repository;

pub use api::{Api, is_root};
pub use error::Error;
pub use options::{Cloud, Options};
pub use outputs::{Backups, Database, Droplet, Outputs};
pub use repository::find as repository;

use std::path::PathBuf;
use std::time::Duration;

use crate::ssh::Ssh;

/// Result of finding, reading or reaching an environment.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An environment that exists: `make up` has written its outputs.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Where its droplets run.
    pub cloud: Cloud,
    /// Its name, unique within the cloud.
    pub name: String,
    /// The file that `outputs` was read from.
    pub outputs_file: PathBuf,
    /// What Terraform created.
    pub outputs: Outputs,
    /// How to run commands on its droplets.
    pub ssh: Ssh,
    source: api::Source,
}

impl Environment {
    /// The cloud's API, with a token. For localcloud this runs `localcloud env`, which needs root: `sudo` may ask for a password.
    ///
    /// # Errors
    /// [`Error::NoToken`] without a token for DigitalOcean, [`Error::Localcloud`] if the local cloud does not answer.
    pub async fn api(&self) -> Result<Api> {
        self.source.read(&self.name).await
    }

    /// `http://LIVE_IP`, the address that users reach.
    #[must_use]
    pub fn live_url(&self) -> String {
        format!("http://{}", self.outputs.live_ip)
    }

    /// `http://STAGE_IP`, the address at which a release is verified.
    #[must_use]
    pub fn stage_url(&self) -> String {
        format!("http://{}", self.outputs.stage_ip)
    }

    /// How long the cloud takes to move a reserved IP, where that is known in advance: localcloud waits for this long.
    /// `DRILL_MOVE_LATENCY` overrides it.
    #[must_use]
    pub fn move_latency(&self) -> Option<Duration> {
        (self.cloud == Cloud::Localcloud).then_some(Duration::from_secs(2))
    }

    /// How long to wait between two moves of a droplet's reserved IPs. DigitalOcean needs the pause, localcloud does not.
    /// `RELEASE_COOL_DOWN` overrides it.
    #[must_use]
    pub fn cool_down(&self) -> Duration {
        match self.cloud {
            Cloud::Localcloud => Duration::from_secs(1),
            Cloud::Digitalocean => Duration::from_secs(20),
        }
    }
}
