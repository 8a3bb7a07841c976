//! A runner of a release: its environment, its measurements, and the lease that it renews while it works.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use floatip::mover::api::{Client, Token};
use operate::environment::Environment;
use serde::Serialize;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use crate::acceptance::accounts;
use crate::artifact::Artifact;
use crate::cli::{Care, Cli, Operator};
use crate::cloud::Cloud;
use crate::counters::Counters;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::journal::{Journal, Release};
use crate::load::Load;
use crate::pair::Pair;
use crate::probes::{Probes, load_of, versions};
use crate::progress::Progress;
use crate::report::{Outcome, Report};
use crate::step::Step;
use crate::user::User;

/// Between two renewals of the lease.
const RENEWAL: Duration = Duration::from_secs(1);
/// Between two requests that measure the live IP.
const PROBE: Duration = Duration::from_millis(50);
/// The simulator's time limit for a request.
const REQUEST_LIMIT: Duration = Duration::from_millis(300);
/// MiniTwit's port.
const HTTP: u16 = 80;

/// How careful a release is.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// Pause between taking the stage IP off a droplet and moving the live IP to it.
    pub cool_down: Duration,
    /// How long the live droplet closes its connections before the move.
    pub drain: Duration,
    /// How long requests are sent to the candidate through the stage IP.
    pub watch: Duration,
    /// How long the new version is watched while it is live.
    pub bake: Duration,
    /// Leave the release open after that, until `confirm` or `rollback`.
    pub hold: bool,
    /// The simulator's `user:password`.
    #[serde(skip)]
    pub credential: String,
}

/// Measurements of the previous version, before anything changed.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// By requests through the live IP.
    pub probed: Load,
    /// By the live droplet's own counters.
    pub counted: Load,
}

/// What an acceptance test leaves behind: a visitor who is signed in, and two accounts.
#[derive(Clone, Debug)]
pub struct TestVisit {
    /// The visitor.
    pub visitor: User,
    /// The tag of the test's accounts.
    pub tag: String,
}

/// A runner.
pub struct Runner {
    /// The environment.
    pub environment: Environment,
    /// Its two app droplets.
    pub pair: Pair,
    /// The reserved IPs.
    pub cloud: Cloud,
    /// The journal.
    pub journal: Arc<Journal>,
    /// How careful to be.
    pub settings: Settings,
    /// What the operator sees.
    pub progress: Progress,
    /// Requests through the live IP, during the whole release.
    pub probes: Probes,
    /// The artifact, if this runner has it.
    pub artifact: Option<Artifact>,
    /// Measurements before anything changed.
    pub baseline: OnceCell<Baseline>,
    /// A visitor who signed in before the move.
    pub visit: OnceCell<TestVisit>,
}

/// The journal of an environment.
///
/// # Errors
/// If the environment does not have two app droplets.
pub fn journal(environment: &Environment, operator: &Operator) -> Result<Journal> {
    let person = operator.github_actor.as_ref().or(operator.user.as_ref());
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let owner = format!(
        "{}@{} (process {}, {:04x})",
        person.map_or("unknown", String::as_str),
        host.trim(),
        std::process::id(),
        rand::random::<u16>()
    );
    let droplets = Pair::of(environment)?.both().clone();
    let database = environment.outputs.database.clone();
    Ok(Journal::new(
        droplets,
        database,
        environment.ssh.clone(),
        owner,
    ))
}

impl Runner {
    /// A runner for the environment that the command line names. It sends requests to the live IP from now on.
    ///
    /// # Errors
    /// If the environment does not exist, or its API has no address or token.
    pub async fn start(cli: &Cli, care: &Care) -> Result<Self> {
        let environment = cli.environment.open()?;
        let api = environment.api().await?;
        let token = Token::new(&api.token, "DIGITALOCEAN_TOKEN")
            .map_err(|error| Error::Usage(error.to_string()))?;
        let client =
            Client::new(&api.url, token).map_err(|error| Error::Failed(error.to_string()))?;
        if !care.credential.contains(':') {
            return Err(Error::Usage(
                "the simulator's credential is not of the form user:password".to_owned(),
            ));
        }
        let live = SocketAddr::from((environment.outputs.live_ip, HTTP));
        let user = User::new(live, &care.credential, REQUEST_LIMIT);
        Ok(Self {
            pair: Pair::of(&environment)?,
            cloud: Cloud::new(client, cli.api_patience),
            journal: Arc::new(journal(&environment, &cli.operator)?),
            settings: Settings {
                cool_down: care.cool_down.unwrap_or_else(|| environment.cool_down()),
                drain: care.drain,
                watch: care.watch,
                bake: care.bake,
                hold: care.hold,
                credential: care.credential.clone(),
            },
            progress: Progress::default(),
            probes: Probes::start(&user, PROBE),
            artifact: None,
            baseline: OnceCell::new(),
            visit: OnceCell::new(),
            environment,
        })
    }

    /// A droplet to run commands on.
    ///
    /// # Errors
    /// If it does not belong to the environment.
    pub fn host(&self, droplet: u64) -> Result<Host> {
        let droplet = self.pair.droplet(droplet)?.clone();
        Ok(Host::new(self.environment.ssh.clone(), droplet))
    }

    /// Both droplets.
    #[must_use]
    pub fn hosts(&self) -> [Host; 2] {
        let droplets = self.pair.both().clone();
        droplets.map(|droplet| Host::new(self.environment.ssh.clone(), droplet))
    }

    /// The address that users reach.
    #[must_use]
    pub fn live_ip(&self) -> Ipv4Addr {
        self.environment.outputs.live_ip
    }

    /// The address at which a candidate is verified.
    #[must_use]
    pub fn stage_ip(&self) -> Ipv4Addr {
        self.environment.outputs.stage_ip
    }

    /// The service's socket address at a reserved IP.
    #[must_use]
    pub fn service_at(&self, ip: Ipv4Addr) -> SocketAddr {
        SocketAddr::from((ip, HTTP))
    }

    /// A user of an address with the simulator's time limit.
    #[must_use]
    pub fn user(&self, address: SocketAddr) -> User {
        User::new(address, &self.settings.credential, REQUEST_LIMIT)
    }

    /// Begins a step: records it in the journal, then shows it.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if another runner owns the release now.
    pub async fn begin_step(&self, release: &Release, step: Step, description: &str) -> Result<()> {
        let detail = json!({"what": description});
        self.journal.begin_step(release.id, step, &detail).await?;
        self.progress.begin(step, description);
        Ok(())
    }

    /// Does `work` and renews the lease meanwhile. Ends early if another runner takes the release over, if somebody requests a
    /// rollback, or on a signal.
    ///
    /// # Errors
    /// The error of `work`; [`Error::LeaseLost`], [`Error::RollbackRequested`], or [`Error::Failed`] after a signal.
    pub async fn with_lease<T>(
        &self,
        release: &Release,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let renewals = async {
            loop {
                sleep(RENEWAL).await;
                match self.journal.renew_lease(release.id).await {
                    Ok(None) => {}
                    Ok(Some(by)) => return Error::RollbackRequested(by),
                    Err(error) => return error,
                }
            }
        };
        let mut terminate =
            signal(SignalKind::terminate()).map_err(|error| Error::Failed(error.to_string()))?;
        tokio::select! {
            result = work => result,
            error = renewals => Err(error),
            _ = tokio::signal::ctrl_c() => Err(Error::Failed("interrupted".to_owned())),
            _ = terminate.recv() => Err(Error::Failed("terminated".to_owned())),
        }
    }

    /// The report of a release.
    #[must_use]
    pub fn report(&self, release: &Release, outcome: Outcome, problem: Option<&Error>) -> Report {
        let samples = self.probes.since(self.progress.started());
        Report {
            outcome,
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

    /// The counters of a droplet's service; `None` if it does not respond, which proves nothing about the service.
    pub async fn counters(&self, droplet: u64) -> Option<Counters> {
        self.host(droplet).ok()?.counters().await.ok()
    }

    /// The load of the requests through the live IP since a moment.
    #[must_use]
    pub fn probed_since(&self, moment: Instant) -> Load {
        self.probes.load_since(moment)
    }

    /// Removes the accounts of an acceptance test.
    pub async fn remove_accounts(&self, tag: &str) {
        self.journal.remove_accounts(&accounts(tag)).await;
    }
}
