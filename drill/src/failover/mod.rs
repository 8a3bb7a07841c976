//! The failover drill: break something under load, and time the recovery from outside.

pub mod cloud;
pub mod environment;
pub mod fault;
pub mod hosts;
mod injection;
mod judge;
pub mod load;
mod localcloud;
pub mod outage;
mod pair;
pub mod phases;
pub mod report;
mod run;
pub mod soak;
mod table;
pub mod witness;

use crate::api::Api;
use crate::error::Error;
use cloud::Cloud;
use environment::Environment;
use fault::{Fault, Row};
use hosts::Hosts;
use injection::Undo;
use load::Traffic;
use report::{Report, Run};
use std::time::Duration;
use tokio::sync::Mutex;

/// How drills go.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How often each fault is injected.
    pub runs: u32,
    /// What clients send.
    pub traffic: Traffic,
    /// The longest outage that is allowed, without the cloud's own share, if not the fault's own bound.
    pub max_outage: Option<Duration>,
    /// Allowed beyond the bound: for a machine that is too busy to measure well.
    pub slack: Duration,
    /// What the cloud takes for a move; if it is not known, what the agent's log shows counts.
    pub move_latency: Option<Duration>,
    /// How long a fault lasts at most that ends by itself or is sat out.
    pub lasts_at_most: Duration,
    /// How long the pair is watched once it is healthy again.
    pub settle: Duration,
    /// Whether a signed-in user with an open timeline is watched too.
    pub witness: bool,
    /// How long clients may be without service before a run counts as not recovered.
    pub recover_within: Duration,
    /// How long the pair may take to be healthy again once the fault is undone.
    pub standby_within: Duration,
}

/// Drills of an environment. Whatever ends one, [`Drill::undo`] must be called after it.
pub struct Drill {
    api: Api,
    cloud: Cloud,
    hosts: Hosts,
    environment: Environment,
    plan: Plan,
    in_place: Mutex<Vec<Undo>>,
}

impl Drill {
    /// Changes nothing yet.
    #[must_use]
    pub fn new(api: Api, cloud: Cloud, hosts: Hosts, environment: Environment, plan: Plan) -> Self {
        Self {
            api,
            cloud,
            hosts,
            environment,
            plan,
            in_place: Mutex::new(Vec::new()),
        }
    }

    /// Requests a second.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.plan.traffic.rate
    }

    /// What this drill's plan makes of a fault.
    #[must_use]
    pub fn row(&self, fault: Fault) -> Row {
        let row = fault.row();
        Row {
            lasts: row.lasts.min(self.plan.lasts_at_most),
            bound: self.plan.max_outage.unwrap_or(row.bound),
            ..row
        }
    }

    /// How often each fault is injected.
    #[must_use]
    pub const fn runs(&self) -> u32 {
        self.plan.runs
    }

    /// Makes one run of a fault.
    ///
    /// # Errors
    /// If the drill can't be carried out. What the run finds broken is in its report.
    pub async fn once(&self, fault: Fault) -> Result<Run, Error> {
        self.run_once(&self.row(fault)).await
    }

    /// Makes all runs of a fault. Stops after a run that left no healthy pair: the next could show nothing.
    ///
    /// # Errors
    /// If the drill can't be carried out. What a run finds broken is in the report.
    pub async fn run(&self, fault: Fault) -> Result<Report, Error> {
        let mut runs: Vec<Run> = Vec::new();
        for number in 1..=self.plan.runs {
            eprintln!("{}: run {number} of {}", fault.name(), self.plan.runs);
            let run = match self.once(fault).await {
                // What the runs before it showed is not thrown away.
                Err(error) if !runs.is_empty() => Run::failed(&error),
                result => result?,
            };
            let go_on = run.left_a_healthy_pair();
            runs.push(run);
            if !go_on {
                break;
            }
        }
        Ok(Report::new(fault.name(), self.rate(), runs))
    }
}
