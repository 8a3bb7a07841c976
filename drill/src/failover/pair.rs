//! The pair as the record and its agents show it: who is live, and whether all is well.

use super::Drill;
use super::environment::Droplet;
use crate::error::Error;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const POLL: Duration = Duration::from_millis(500);

impl Drill {
    /// The live droplet and a standby, once all are fit.
    pub(super) async fn wait_until_ready(&self) -> Result<(Droplet, Droplet), Error> {
        let deadline = Instant::now() + self.plan.standby_within;
        loop {
            let problem = match self.ready().await? {
                Ok(pair) => return Ok(pair),
                Err(problem) => problem,
            };
            if Instant::now() >= deadline {
                return Err(Error::NotReady(problem));
            }
            sleep(POLL).await;
        }
    }

    async fn ready(&self) -> Result<Result<(Droplet, Droplet), String>, Error> {
        let live_ip = self.environment.live_ip;
        let (holder, moving) = self.cloud.record(live_ip).await?;
        let Some(holder) = holder else {
            return Ok(Err(format!("no droplet holds the live IP {live_ip}")));
        };
        if moving {
            return Ok(Err(format!("a move of the live IP {live_ip} is under way")));
        }
        let Some(live) = self
            .environment
            .droplets
            .iter()
            .find(|droplet| droplet.id == holder)
        else {
            return Ok(Err(format!(
                "the live IP {live_ip} is on droplet {holder}, which the environment file does not have"
            )));
        };
        let others = &mut self.environment.droplets.iter();
        let Some(standby) = others.find(|droplet| droplet.id != holder) else {
            return Ok(Err("there is only one droplet".to_owned()));
        };
        for droplet in &self.environment.droplets {
            let status = match self.hosts.status(droplet).await {
                Ok(status) => status,
                Err(error) => return Ok(Err(error.to_string())),
            };
            if !status.fit {
                return Ok(Err(format!("{} is not fit", droplet.name)));
            }
            if status.agreement == Some(false) {
                return Ok(Err(format!("record and VRRP disagree on {}", droplet.name)));
            }
            if droplet.id != holder && !status.is_fit_standby() {
                let role = status.role.as_deref().unwrap_or("unknown");
                return Ok(Err(format!(
                    "{} is no standby, its role is {role}",
                    droplet.name
                )));
            }
        }
        Ok(Ok((live.clone(), standby.clone())))
    }

    /// How long the droplet took to be a fit standby, if it was in time.
    pub(super) async fn wait_for_standby(&self, victim: &Droplet) -> Option<Duration> {
        let started = Instant::now();
        while started.elapsed() < self.plan.standby_within {
            if self
                .hosts
                .status(victim)
                .await
                .is_ok_and(|status| status.is_fit_standby())
            {
                return Some(started.elapsed());
            }
            sleep(POLL).await;
        }
        None
    }

    /// How long the pair took to be healthy with the same droplet live, if it was in time.
    pub(super) async fn wait_for_pair(&self, live: &Droplet) -> Option<Duration> {
        let started = Instant::now();
        while started.elapsed() < self.plan.standby_within {
            if matches!(self.ready().await, Ok(Ok((now, _))) if now.id == live.id) {
                return Some(started.elapsed());
            }
            sleep(POLL).await;
        }
        None
    }
}
