//! What can be tried.

use std::fmt;

use release::step::Step;

use crate::actions::{bad, frozen, good, nothing, roll_back, undo};
use crate::clients::Clients;
use crate::interrupted::{api_fault, death, kill};
use crate::result::TrialResult;
use crate::testbed::{Failure, TestBed};

/// The steps at which something breaks.
const STEPS: [Step; 11] = [
    Step::Install,
    Step::Migrate,
    Step::Candidate,
    Step::Stage,
    Step::Verify,
    Step::Switch,
    Step::Unstage,
    Step::Drain,
    Step::Move,
    Step::VerifyLive,
    Step::Confirm,
];

/// A trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// No release: how many requests fail on this machine anyway.
    Nothing,
    /// A good version, until it is confirmed.
    Good,
    /// A rollback while the release is open.
    Rollback,
    /// A rollback of the last release after it was confirmed.
    Undo,
    /// Freezes refuse a release and a contract.
    Frozen,
    /// A version with a fault.
    Bad(Fault),
    /// The runner is killed at a step, and a command takes over.
    Kill(Step, Takeover),
    /// The API fails at a step, for a while.
    Api(Step, ApiFault),
    /// A droplet dies at some moment.
    Dead(Victim, Moment),
}

/// A fault of a version. `faulty-minitwit` implements them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It exits at once.
    Crash,
    /// It never becomes ready.
    NeverReady,
    /// A page returns 500.
    PageError,
    /// Each response takes too long.
    Slow,
    /// The binary is not the one that was built.
    WrongChecksum,
    /// A call of the API returns something else.
    ApiBroken,
    /// It uses more and more memory.
    Leak,
    /// It returns 500 after many requests, so that only live traffic shows it.
    LiveError,
    /// It becomes slow after many requests.
    LiveSlow,
}

impl Fault {
    const ALL: [Self; 9] = [
        Self::Crash,
        Self::NeverReady,
        Self::PageError,
        Self::Slow,
        Self::WrongChecksum,
        Self::ApiBroken,
        Self::Leak,
        Self::LiveError,
        Self::LiveSlow,
    ];

    /// The word for `faulty-minitwit` and in the name of the version.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::NeverReady => "never-ready",
            Self::PageError => "page-500",
            Self::Slow => "slow",
            Self::WrongChecksum => "wrong-checksum",
            Self::ApiBroken => "api-broken",
            Self::Leak => "leak",
            Self::LiveError => "live-500",
            Self::LiveSlow => "live-slow",
        }
    }

    /// Whether the version becomes live before the fault shows.
    pub fn needs_live_traffic(self) -> bool {
        matches!(self, Self::LiveError | Self::LiveSlow)
    }
}

/// The command that ends the release of a dead runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takeover {
    /// `release resume`.
    Resume,
    /// `release rollback`.
    Rollback,
}

impl Takeover {
    /// The subcommand.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Rollback => "rollback",
        }
    }
}

/// A fault of the cloud's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiFault {
    /// Arguments of `localcloud fault`, the fault's name first.
    pub arguments: &'static [&'static str],
}

/// Which droplet dies, by its role when the release began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// The live droplet.
    Live,
    /// The standby.
    Standby,
}

/// When a droplet dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// At the beginning of a step.
    Step(Step),
    /// In step `move`, while the cloud moves the live IP.
    Moving,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(step) => step.fmt(f),
            Self::Moving => f.write_str("moving"),
        }
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no release"),
            Self::Good => f.write_str("good release"),
            Self::Rollback => f.write_str("rollback while open"),
            Self::Undo => f.write_str("rollback after confirmation"),
            Self::Frozen => f.write_str("refused while frozen"),
            Self::Bad(fault) => write!(f, "bad version: {}", fault.name()),
            Self::Kill(step, takeover) => {
                write!(f, "runner killed at {step}, {}", takeover.name())
            }
            Self::Api(step, fault) => write!(f, "{} at {step}", fault.arguments[0]),
            Self::Dead(Victim::Live, moment) => write!(f, "live droplet dies at {moment}"),
            Self::Dead(Victim::Standby, moment) => write!(f, "standby droplet dies at {moment}"),
        }
    }
}

impl Trial {
    /// A version with each fault.
    pub fn bad() -> Vec<Self> {
        Fault::ALL.into_iter().map(Self::Bad).collect()
    }

    /// Runners killed at each step, resumed and rolled back in turn.
    pub fn kills() -> Vec<Self> {
        let takeovers = [Takeover::Resume, Takeover::Rollback].into_iter().cycle();
        STEPS
            .into_iter()
            .zip(takeovers)
            .map(|(step, takeover)| Self::Kill(step, takeover))
            .collect()
    }

    /// Each fault of the API at each step that calls it.
    pub fn api_faults() -> Vec<Self> {
        let faults: [&'static [&'static str]; 4] = [
            &["api-status", "500", "--for", "8s"],
            &["api-rate-limit", "--for", "8s"],
            &["api-silent", "--for", "8s"],
            &["action-errored", "--for", "5s"],
        ];
        let steps = [Step::Stage, Step::Unstage, Step::Move];
        let at = |step| faults.map(|arguments| Self::Api(step, ApiFault { arguments }));
        steps.into_iter().flat_map(at).collect()
    }

    /// Each droplet at each moment.
    pub fn deaths() -> Vec<Self> {
        let moments = [
            Moment::Step(Step::Install),
            Moment::Step(Step::Candidate),
            Moment::Step(Step::Verify),
            Moment::Step(Step::Switch),
            Moment::Step(Step::Unstage),
            Moment::Step(Step::Move),
            Moment::Moving,
            Moment::Step(Step::VerifyLive),
            Moment::Step(Step::Confirm),
        ];
        let at = |moment| [Victim::Live, Victim::Standby].map(|it| Self::Dead(it, moment));
        moments.into_iter().flat_map(at).collect()
    }

    /// Carries the trial out under load and waits until the environment is at rest again.
    ///
    /// # Errors
    /// If the trial could not be carried out.
    pub async fn run(&self, bed: &TestBed) -> Result<TrialResult, Failure> {
        let previous = bed.live_version().await?;
        let next = match self {
            Self::Bad(fault) => bed.make_bad(*fault).await?,
            Self::Undo => bed.version_before().await?,
            _ => bed.next_good().await?,
        };
        let mut versions = vec![previous];
        let never_live = matches!(self, Self::Bad(fault) if !fault.needs_live_traffic());
        if !never_live {
            versions.push(next.clone());
        }
        let clients = Clients::start(bed, &versions).await?;
        let actions = match *self {
            Self::Nothing => Ok(nothing().await),
            Self::Good => good(bed, &next).await,
            Self::Rollback => roll_back(bed, &next).await,
            Self::Undo => undo(bed).await,
            Self::Frozen => frozen(bed, &next).await,
            Self::Bad(fault) => bad(bed, &next, fault).await,
            Self::Kill(step, takeover) => kill(bed, &next, step, takeover).await,
            Self::Api(step, fault) => api_fault(bed, &next, step, fault).await,
            Self::Dead(victim, moment) => death(bed, &next, victim, moment).await,
        };
        let clients = clients.stop().await?;
        let mut result = actions?;
        result.trial = self.to_string();
        self.judge(&mut result, &clients, bed.tolerance);
        result.clients = clients;
        if let Err(problem) = bed.wait_until_at_rest().await {
            let problem = format!("the environment is not at rest afterwards: {problem}");
            result.problems.push(problem);
        }
        Ok(result)
    }
}
