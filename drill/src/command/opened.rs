//! An environment that a drill may break, and the clients for it.

use crate::api::{Api, LIMIT};
use crate::cli::Place;
use crate::error::Error;
use crate::failover::cloud::Cloud;
use crate::failover::drill::Drill;
use crate::failover::droplets::Droplets;
use crate::failover::plan::Plan;
use crate::target::{self, is_local};
use operate::environment::{Environment, Outputs};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

pub(super) struct Opened {
    pub(super) api: Api,
    pub(super) cloud: Cloud,
    pub(super) droplets: Droplets,
    pub(super) outputs: Outputs,
    /// The file of `outputs`.
    pub(super) outputs_file: PathBuf,
    pub(super) move_latency: Option<Duration>,
    /// Contains the host keys of a drill that was given no file for them.
    _temporary: TempDir,
}

impl Opened {
    /// Checks that the drill may break everything in the environment. Changes nothing.
    pub(super) async fn new(options: &Place) -> Result<Self, Error> {
        let allow_remote = options.common.allow_remote_target;
        let temporary = tempfile::tempdir().map_err(Error::NoTemporary)?;
        let environment = open(options, &temporary)?;
        let outputs = &environment.outputs;
        for droplet in outputs.droplets.iter().chain(&outputs.monitor) {
            if !allow_remote && !is_local(droplet.public_ip.into()) {
                return Err(Error::Remote(format!(
                    "droplet {} at {}",
                    droplet.name, droplet.public_ip
                )));
            }
        }
        let url = match &options.target {
            Some(url) => url.clone(),
            None => environment.live_url(),
        };
        let target = target::resolve(&url, allow_remote).await?;
        let address = environment.api().await?;
        let cloud = Cloud::new(&address.url, &address.token, allow_remote).await?;
        let limit = options.common.timeout.unwrap_or(LIMIT);
        // The cloud of an environment that is given by its files is not known.
        let known_cloud = options.environment.environment.is_none();
        Ok(Self {
            api: Api::new(target, &options.common.credential, limit),
            cloud,
            droplets: Droplets::new(environment.ssh.clone()),
            move_latency: environment.move_latency().filter(|_| known_cloud),
            outputs: environment.outputs,
            outputs_file: environment.outputs_file,
            _temporary: temporary,
        })
    }

    pub(super) fn drill(&self, plan: Plan) -> Drill {
        Drill::new(
            self.api.clone(),
            self.cloud.clone(),
            self.droplets.clone(),
            self.outputs.clone(),
            plan,
        )
    }
}

fn open(options: &Place, temporary: &TempDir) -> Result<Environment, Error> {
    let mut environment = options.environment.clone();
    if environment.environment.is_some() && environment.known_hosts.is_none() {
        environment.known_hosts = Some(temporary.path().join("known_hosts"));
    }
    let environment = environment.open()?;
    match environment.outputs.pair() {
        Ok(_) => Ok(environment),
        Err(problem) => Err(Error::BadFile {
            path: environment.outputs_file,
            problem,
        }),
    }
}
