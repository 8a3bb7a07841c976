//! A runner of a release: what it works with, its signs of life, and what it does when something goes wrong.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use crate::artifact::Artifact;
use crate::cloud::Cloud;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::journal::Journal;
use crate::journal::release::Release;
use crate::load::{Counters, Load, Probes, load_of, versions};
use crate::prepare::Visit;
use crate::progress::{Progress, Took};
use crate::ssh::Ssh;
use crate::step::Step;
use crate::user::User;

/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(1);
/// Between two requests that watch the live IP.
const WATCH_EVERY: Duration = Duration::from_millis(50);
/// What the simulator waits for an answer.
pub const PATIENCE: Duration = Duration::from_millis(300);

/// How careful to be.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// Between the stage IP leaving a droplet and the live IP coming to it.
    pub cool_down: Duration,
    /// How long connections are let go before the move.
    pub drain: Duration,
    /// How long the candidate is watched through the stage IP.
    pub watch: Duration,
    /// How long the new version is watched while it is live.
    pub bake: Duration,
    /// Leave the release open after that, for `confirm` or `rollback` by hand.
    pub hold: bool,
    /// The simulator's `user:password`.
    #[serde(skip)]
    pub credential: String,
}

/// What was measured before anything changed.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// By requests through the live IP.
    pub probed: Load,
    /// By the live droplet's own counters.
    pub counted: Load,
}

/// A runner.
pub struct Runner {
    /// The environment.
    pub environment: Environment,
    /// The reserved IPs.
    pub cloud: Cloud,
    /// The journal.
    pub journal: Arc<Journal>,
    /// How to get onto droplets.
    pub ssh: Ssh,
    /// How careful to be.
    pub settings: Settings,
    /// What is shown.
    pub progress: Progress,
    /// Requests through the live IP, from the beginning to the end.
    pub probes: Probes,
    /// What is released, if this runner has it.
    pub artifact: Option<Artifact>,
    /// From before anything changed.
    pub baseline: OnceCell<Baseline>,
    /// A visitor who signed in before the move.
    pub visitor: OnceCell<Visit>,
}

/// What a release comes to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `confirmed`, `held`, `rolled back` or `abandoned`.
    pub outcome: String,
    /// What was released, or was to be.
    pub version: String,
    /// What ran before.
    pub previous: String,
    /// SHA-256 of the binary.
    pub checksum: String,
    /// What went wrong, if anything did.
    pub problem: Option<String>,
    /// From the command to the end, in seconds.
    pub seconds: f64,
    /// Time per step.
    pub steps: Vec<Took>,
    /// Requests that this runner sent through the live IP all along.
    pub probes: Load,
    /// The versions that answered them.
    pub versions_seen: Vec<String>,
}

impl Runner {
    /// A droplet, to be worked on.
    ///
    /// # Errors
    /// If it is none of this environment's.
    pub fn host(&self, droplet: u64) -> Result<Host> {
        let droplet = self.environment.droplet(droplet)?.clone();
        Ok(Host::new(self.ssh.clone(), droplet))
    }

    /// Both droplets.
    #[must_use]
    pub fn hosts(&self) -> [Host; 2] {
        let droplets = self.environment.droplets.clone();
        droplets.map(|droplet| Host::new(self.ssh.clone(), droplet))
    }

    /// Where users reach the service.
    #[must_use]
    pub fn live_url(&self) -> String {
        format!("http://{}", self.environment.live_ip)
    }

    /// A user of an address who waits as long as the simulator does.
    ///
    /// # Errors
    /// If there can be none.
    pub fn user(&self, url: &str) -> Result<User> {
        User::new(url, &self.settings.credential, PATIENCE)
    }

    /// Starts to watch the live IP.
    ///
    /// # Errors
    /// If there can be no user.
    pub fn watch(url: &str, credential: &str) -> Result<Probes> {
        Ok(Probes::start(
            &User::new(url, credential, PATIENCE)?,
            WATCH_EVERY,
        ))
    }

    /// Begins a step: says so, in the journal first.
    ///
    /// # Errors
    /// [`Error::Lost`] if this runner may not.
    pub async fn enter(&self, release: &Release, step: Step, what: &str) -> Result<()> {
        self.journal
            .enter(release.id, step, &json!({"what": what}))
            .await?;
        self.progress.enter(step, what);
        stop_here_for_a_test(step).await;
        Ok(())
    }

    /// Does `work` while showing signs of life, until another runner, a wish or a signal ends it.
    ///
    /// # Errors
    /// What `work` ends with; [`Error::Lost`], [`Error::Asked`], or [`Error::Failed`] after a signal.
    pub async fn guarded<T>(
        &self,
        release: &Release,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let alive = async {
            loop {
                sleep(BEAT).await;
                match self.journal.live(release.id).await {
                    Ok(None) => {}
                    Ok(Some(who)) => return Error::Asked(who),
                    Err(error) => return error,
                }
            }
        };
        let mut terminate =
            signal(SignalKind::terminate()).map_err(|error| Error::Failed(error.to_string()))?;
        tokio::select! {
            result = work => result,
            error = alive => Err(error),
            _ = tokio::signal::ctrl_c() => Err(Error::Failed("interrupted".to_owned())),
            _ = terminate.recv() => Err(Error::Failed("terminated".to_owned())),
        }
    }

    /// What came of a release, for the report.
    #[must_use]
    pub fn report(&self, release: &Release, outcome: &str, problem: Option<&Error>) -> Report {
        let samples = self.probes.since(self.progress.begun());
        Report {
            outcome: outcome.to_owned(),
            version: release.version.clone(),
            previous: release.previous.clone(),
            checksum: release.checksum.clone(),
            problem: problem.map(ToString::to_string),
            seconds: self.progress.elapsed().as_secs_f64(),
            steps: self.progress.times(),
            probes: load_of(&samples),
            versions_seen: versions(&samples).into_iter().collect(),
        }
    }

    /// The counters of a droplet's service; none if it can't be asked, which says nothing about the service.
    pub async fn counters(&self, droplet: u64) -> Option<Counters> {
        self.host(droplet).ok()?.counters().await.ok()
    }

    /// What the probes met since a moment.
    #[must_use]
    pub fn probed_since(&self, moment: Instant) -> Load {
        self.probes.load_since(moment)
    }
}

/// Lets a test kill the runner in a step that it names, or break something there, at a moment that it can wait for: the step
/// stands in the journal and nothing of it is done.
async fn stop_here_for_a_test(step: Step) {
    if std::env::var("RELEASE_STOP_AT").is_ok_and(|name| name == step.name()) {
        eprintln!("stopped at {step}, as RELEASE_STOP_AT says");
        let seconds = std::env::var("RELEASE_STOP_FOR").ok();
        let seconds = seconds.and_then(|text| text.parse().ok());
        sleep(Duration::from_secs(seconds.unwrap_or(600))).await;
    }
}
