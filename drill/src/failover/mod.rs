//! The failover drill: break the live droplet under load, and time the recovery from outside.

pub mod cloud;
pub mod environment;
pub mod hosts;
pub mod load;
pub mod outage;
pub mod phases;
pub mod report;
mod run;

use crate::api::Api;
use crate::error::Error;
use clap::ValueEnum;
use cloud::Cloud;
use environment::{Droplet, Environment};
use hosts::Hosts;
use jiff::Timestamp;
use report::{Report, Run};
use std::time::Duration;
use tokio::sync::Mutex;

/// What is broken on the live droplet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// The app is stopped, as by `systemctl stop minitwit`
    AppStop,
    /// The droplet loses its power
    PowerOff,
}

/// How a drill goes.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What to break.
    pub fault: Fault,
    /// How often.
    pub runs: u32,
    /// Requests a second.
    pub rate: u32,
    /// The longest outage that is allowed, without the cloud's own share.
    pub max_outage: Option<Duration>,
    /// How long clients may be without service before a run counts as not recovered.
    pub recover_within: Duration,
    /// How long the droplet may take to be a fit standby again.
    pub standby_within: Duration,
}

/// A drill of an environment. Whatever ends it, [`Drill::undo`] must be called after it.
pub struct Drill {
    api: Api,
    cloud: Cloud,
    hosts: Hosts,
    environment: Environment,
    plan: Plan,
    in_place: Mutex<Option<Droplet>>,
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
            in_place: Mutex::new(None),
        }
    }

    /// Makes all runs. Stops after a run that left no fit standby: there is nothing that the next could fail over to.
    ///
    /// # Errors
    /// If the drill can't be carried out. What a run finds broken is in the report.
    pub async fn run(&self) -> Result<Report, Error> {
        let mut runs: Vec<Run> = Vec::new();
        for number in 1..=self.plan.runs {
            eprintln!("run {number} of {}", self.plan.runs);
            let run = match self.run_once().await {
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
        let fault = self
            .plan
            .fault
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        Ok(Report::new(fault, self.plan.rate, runs))
    }

    /// Breaks a droplet. Returns when that began.
    async fn inject(&self, droplet: &Droplet) -> Result<Timestamp, Error> {
        *self.in_place.lock().await = Some(droplet.clone());
        match self.plan.fault {
            Fault::AppStop => self.hosts.stop_app(droplet).await,
            Fault::PowerOff => {
                let at = Timestamp::now();
                self.cloud.power_off(droplet.id).await.map(|()| at)
            }
        }
    }

    /// Undoes the fault, if one is in place.
    ///
    /// # Errors
    /// If that fails; the text says what is left to do by hand.
    pub async fn undo(&self) -> Result<(), Error> {
        let mut in_place = self.in_place.lock().await;
        let Some(droplet) = in_place.as_ref() else {
            return Ok(());
        };
        match self.plan.fault {
            Fault::AppStop => self.hosts.start_app(droplet).await,
            Fault::PowerOff => self.cloud.power_on(droplet.id).await,
        }
        .map_err(|error| Error::NotUndone {
            droplet: droplet.name.clone(),
            source: Box::new(error),
        })?;
        *in_place = None;
        Ok(())
    }
}
