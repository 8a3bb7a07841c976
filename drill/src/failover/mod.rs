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

use crate::api::Api;
use crate::error::Error;
use cloud::Cloud;
use environment::Environment;
use fault::Fault;
use hosts::Hosts;
use injection::Undo;
use report::{Report, Run};
use std::time::Duration;
use tokio::sync::Mutex;

/// How drills go.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often each fault is injected.
    pub runs: u32,
    /// Requests a second.
    pub rate: u32,
    /// The longest outage that is allowed, without the cloud's own share, if not the fault's own bound.
    pub max_outage: Option<Duration>,
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
        self.plan.rate
    }

    /// Makes all runs of a fault. Stops after a run that left no healthy pair: the next could show nothing.
    ///
    /// # Errors
    /// If the drill can't be carried out. What a run finds broken is in the report.
    pub async fn run(&self, fault: Fault) -> Result<Report, Error> {
        let mut runs: Vec<Run> = Vec::new();
        for number in 1..=self.plan.runs {
            eprintln!("{}: run {number} of {}", fault.name(), self.plan.runs);
            let run = match self.run_once(&fault.row()).await {
                // What the runs before it showed is not thrown away.
                Err(error) if !runs.is_empty() => Run {
                    broken: vec![error.to_string()],
                    ..Run::default()
                },
                result => result?,
            };
            let go_on = run.standby_back_ms.is_some() && run.live_after.is_some();
            runs.push(run);
            if !go_on {
                break;
            }
        }
        Ok(Report::new(fault.name(), self.plan.rate, runs))
    }
}
