//! The commands: each joins the steps in its own way.

use std::path::Path;
use std::sync::Arc;

use floatip::mover::api::{Client, Token};
use tokio::sync::OnceCell;

use crate::artifact::Artifact;
use crate::cli::{Care, Resume, Run, Where};
use crate::cloud::Cloud;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::expand;
use crate::journal::Journal;
use crate::journal::release::Release;
use crate::known;
use crate::progress::Progress;
use crate::runner::{Report, Runner, Settings};
use crate::ssh::Ssh;
use crate::step::{Step, Way};

/// A journal of an environment, for commands that need no more.
///
/// # Errors
/// If the environment can't be read.
pub fn journal(place: &Where) -> Result<(Environment, Ssh, Journal)> {
    let environment = Environment::read(&place.environment)?;
    let ssh = Ssh::new(place.ssh_key.as_deref(), place.known_hosts.as_deref());
    let user = std::env::var("GITHUB_ACTOR").or_else(|_| std::env::var("USER"));
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let owner = format!(
        "{}@{} (process {}, {:04x})",
        user.as_deref().unwrap_or("somebody"),
        host.trim(),
        std::process::id(),
        rand::random::<u16>()
    );
    let journal = Journal::new(environment.clone(), ssh.clone(), owner);
    Ok((environment, ssh, journal))
}

impl Runner {
    /// A runner for an environment; it watches the live IP from now on.
    ///
    /// # Errors
    /// If a setting can't be used.
    pub fn new(place: &Where, care: &Care) -> Result<Self> {
        let (environment, ssh, journal) = journal(place)?;
        let token = Token::new(&place.token, "DIGITALOCEAN_TOKEN")
            .map_err(|error| Error::Usage(error.to_string()))?;
        let api =
            Client::new(&place.api_url, token).map_err(|error| Error::Failed(error.to_string()))?;
        let probes = Self::watch(&format!("http://{}", environment.live_ip), &care.credential)?;
        Ok(Self {
            cloud: Cloud::new(api, place.api_patience),
            journal: Arc::new(journal),
            ssh,
            settings: Settings {
                cool_down: care.cool_down,
                drain: care.drain,
                watch: care.watch,
                bake: care.bake,
                hold: care.hold,
                credential: care.credential.clone(),
            },
            progress: Progress::default(),
            probes,
            artifact: None,
            baseline: OnceCell::new(),
            visitor: OnceCell::new(),
            environment,
        })
    }
}

/// `release run`.
pub async fn run(command: &Run) -> (Option<Report>, Result<()>) {
    match begin(command).await {
        Ok((runner, release)) => Box::pin(runner.carry_out(&release, Way::Again)).await,
        Err(error) => (None, Err(error)),
    }
}

async fn begin(command: &Run) -> Result<(Runner, Release)> {
    if !known::is_version(&command.version) {
        return Err(Error::Usage(format!(
            "{:?} is no version: write vX.Y.Z",
            command.version
        )));
    }
    if !command.trial {
        known::require(&command.version, Path::new("."))?;
    }
    let artifact = Artifact::open(&command.artifact, &command.version)?;
    let mut runner = Runner::new(&command.place, &command.care)?;
    refuse_if_open(&runner).await?;
    let start = runner.check(&command.version, &artifact.checksum).await?;
    expand::check(&artifact.migrations, &runner.journal.migrations().await?)?;
    runner.artifact = Some(artifact);
    let release = runner.journal.begin(&start).await?;
    Ok((runner, release))
}

async fn refuse_if_open(runner: &Runner) -> Result<()> {
    match runner.journal.open().await? {
        Some(release) => Err(crate::journal::release::running(&release)),
        None => Ok(()),
    }
}

/// `release resume`.
pub async fn resume(command: &Resume) -> (Option<Report>, Result<()>) {
    match taken(command).await {
        Ok((runner, release, way)) => Box::pin(runner.carry_out(&release, way)).await,
        Err(error) => (None, Err(error)),
    }
}

async fn taken(command: &Resume) -> Result<(Runner, Release, Way)> {
    let mut runner = Runner::new(&command.place, &command.care)?;
    let open = runner.journal.open().await?;
    let open = open.ok_or_else(|| Error::Nothing("no release is open".to_owned()))?;
    let (release, way) = runner.take(&open).await?;
    if let (Way::Again, Some(artifacts)) = (way, &command.artifacts) {
        runner.artifact = Artifact::open(&artifacts.join(&release.version), &release.version).ok();
    }
    Ok((runner, release, way))
}

/// `release confirm`.
pub async fn confirm(command: &Resume) -> (Option<Report>, Result<()>) {
    match taken(command).await {
        Ok((runner, release, Way::Judge)) if release.step == Step::Bake => {
            Box::pin(runner.carry_out(&release, Way::Confirm)).await
        }
        Ok((runner, release, Way::Confirm)) => {
            Box::pin(runner.carry_out(&release, Way::Confirm)).await
        }
        Ok((runner, release, _)) => {
            let _ = runner.journal.give(&release).await;
            let text = format!(
                "{} is not live and verified: `make release-resume` goes on with it",
                release.version
            );
            (None, Err(Error::Nothing(text)))
        }
        Err(error) => (None, Err(error)),
    }
}

/// `release contract`: what no version that could come back needs is taken away.
///
/// # Errors
/// [`Error::Running`] while a release is open; others as the steps say.
pub async fn contract(place: &Where) -> Result<String> {
    let (environment, ssh, journal) = journal(place)?;
    if let Some(release) = journal.open().await? {
        return Err(crate::journal::release::running(&release));
    }
    journal.refuse_if_frozen().await?;
    let last = journal.last_confirmed().await?;
    let last = last.ok_or_else(|| Error::Nothing("no release was confirmed yet".to_owned()))?;
    let hosts = environment
        .droplets
        .clone()
        .map(|droplet| crate::host::Host::new(ssh.clone(), droplet));
    for host in &hosts {
        let current = host.current().await?;
        if current.version != last.version {
            return Err(Error::Unfit(format!(
                "{} runs {}, not {}",
                host.droplet().name,
                current.version,
                last.version
            )));
        }
    }
    hosts[0]
        .migrate(&last.version, &environment.database, true)
        .await
}
