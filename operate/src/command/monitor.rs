//! The monitor droplet and its Prometheus, which listens on the droplet's loopback.

use std::time::Duration;

use dashboards::prometheus::Prometheus;
use operate::environment::{Droplet, Environment, Options, repository};
use operate::ssh::Forward;

use crate::cli::Source;
use crate::error::{Error, Result};

const CONNECT: Duration = Duration::from_secs(10);

/// The monitor droplet.
pub fn droplet(environment: &Environment) -> Result<&Droplet> {
    environment.outputs.monitor.as_ref().ok_or_else(|| {
        Error::NotInEnvironment(
            "This environment has no monitor: Terraform's monitor_enabled is off.".to_owned(),
        )
    })
}

/// Prometheus, with what keeps the way to it open.
pub struct Reached {
    pub prometheus: Prometheus,
    _forward: Option<Forward>,
}

/// The monitor's Prometheus, through ssh.
pub async fn prometheus(environment: &Environment) -> Result<Reached> {
    let droplet = droplet(environment)?;
    // A forwarded connection that fails only closes; this command reports why.
    let reached = environment.ssh.run(droplet, "true", b"", CONNECT).await;
    reached.map_err(|error| {
        Error::NoAnswer(format!(
            "The monitor does not answer by ssh ({error}): see docs/ALERTS.md, section Watchdog."
        ))
    })?;
    let forward = environment.ssh.forward(droplet, "127.0.0.1", 9090).await?;
    Ok(Reached {
        prometheus: at(&format!("http://{}", forward.address()))?,
        _forward: Some(forward),
    })
}

/// The Prometheus that the options name, or the monitor's.
pub async fn prometheus_of(options: &Options, source: &Source) -> Result<Reached> {
    match &source.prometheus {
        None => prometheus(&options.open()?).await,
        Some(url) => Ok(Reached {
            prometheus: at(url)?,
            _forward: None,
        }),
    }
}

/// The dashboards' files.
pub fn dashboards_of(source: &Source) -> Result<Vec<dashboards::dashboard::Dashboard>> {
    let directory = match &source.files {
        Some(directory) => directory.clone(),
        None => repository()?.join("grafana/dashboards"),
    };
    dashboards::dashboard::Dashboard::read_all(&directory)
        .map_err(|error| Error::Usage(format!("{error:#}")))
}

fn at(url: &str) -> Result<Prometheus> {
    Prometheus::at(url).map_err(|error| Error::Usage(format!("{error:#}")))
}

/// A query that Prometheus did not answer.
pub fn no_answer(error: &dashboards::Error) -> Error {
    Error::NoAnswer(format!("{error:#}"))
}
