//! The state of the pair by the record and by its agents: who is live, and whether both droplets are healthy.

use super::drill::Drill;
use super::injection::Roles;
use crate::error::Error;
use operate::environment::Droplet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const POLL: Duration = Duration::from_millis(500);

impl Drill {
    /// The live droplet and the standby, once both are healthy.
    pub(crate) async fn wait_until_ready(&self) -> Result<Roles, Error> {
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

    /// Who is live by the record, whatever the health of both.
    pub(crate) async fn roles(&self) -> Result<Roles, Error> {
        self.holder().await?.map_err(Error::NotReady)
    }

    /// The roles, or why there are none.
    async fn holder(&self) -> Result<Result<Roles, String>, Error> {
        let live_ip = self.outputs.live_ip;
        let (holder, moving) = self.cloud.record(live_ip).await?;
        let Some(holder) = holder else {
            return Ok(Err(format!("no droplet holds the live IP {live_ip}")));
        };
        if moving {
            return Ok(Err(format!("a move of the live IP {live_ip} is under way")));
        }
        let Some(live) = self
            .outputs
            .droplets
            .iter()
            .find(|droplet| droplet.id == holder)
        else {
            return Ok(Err(format!(
                "the live IP {live_ip} is on droplet {holder}, which is not in the outputs"
            )));
        };
        let others = &mut self.outputs.droplets.iter();
        let Some(standby) = others.find(|droplet| droplet.id != holder) else {
            return Ok(Err("there is only one droplet".to_owned()));
        };
        Ok(Ok(Roles {
            live: live.clone(),
            standby: standby.clone(),
        }))
    }

    /// The roles of a healthy pair, or what is not healthy.
    async fn ready(&self) -> Result<Result<Roles, String>, Error> {
        let roles = match self.holder().await? {
            Ok(roles) => roles,
            Err(problem) => return Ok(Err(problem)),
        };
        for droplet in &self.outputs.droplets {
            let status = match self.droplets.status(droplet).await {
                Ok(status) => status,
                Err(error) => return Ok(Err(error.to_string())),
            };
            if !status.fit {
                return Ok(Err(format!("{} is not fit", droplet.name)));
            }
            if status.agreement == Some(false) {
                return Ok(Err(format!("record and VRRP disagree on {}", droplet.name)));
            }
            if droplet.id != roles.live.id && !status.is_fit_standby() {
                let role = status.role.as_deref().unwrap_or("unknown");
                return Ok(Err(format!(
                    "{} is not the standby, its role is {role}",
                    droplet.name
                )));
            }
        }
        Ok(Ok(roles))
    }

    /// How long the droplet took to be a fit standby; `None` if too long.
    pub(crate) async fn wait_for_standby(&self, victim: &Droplet) -> Option<Duration> {
        let started = Instant::now();
        while started.elapsed() < self.plan.standby_within {
            if self
                .droplets
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

    /// How long the pair took to be healthy with the same droplet live; `None` if too long.
    pub(crate) async fn wait_for_pair(&self, live: &Droplet) -> Option<Duration> {
        let started = Instant::now();
        while started.elapsed() < self.plan.standby_within {
            if matches!(self.ready().await, Ok(Ok(now)) if now.live.id == live.id) {
                return Some(started.elapsed());
            }
            sleep(POLL).await;
        }
        None
    }
}
