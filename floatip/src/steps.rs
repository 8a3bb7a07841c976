//! Carries out the steps that the decision asks for: the only place that calls the API and asks the live IP.

use std::{net::Ipv4Addr, time::Duration};

use tokio::time::Instant;

use crate::{
    agent::Event,
    api::{Client, Error, ReservedIp},
    decision::{Holding, Moment, Record, Step},
    history::Kind,
    live::LiveIp,
};

/// Counts moments from when it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// Starts counting.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.0.elapsed()
    }

    /// The instant of a moment, for sleeping.
    #[must_use]
    pub fn instant(&self, moment: Moment) -> Instant {
        self.0 + moment
    }
}

/// Whom steps are carried out for, and with what.
#[derive(Clone, Debug)]
pub struct Steps {
    /// The API.
    pub api: Client,
    /// The live IP, seen from outside.
    pub live: LiveIp,
    /// The stage IP, if there is one.
    pub stage_ip: Option<Ipv4Addr>,
    /// This droplet.
    pub me: u64,
    /// The agent's clock.
    pub clock: Clock,
}

impl Steps {
    /// Carries out a step and tells what came of it; resting is nobody's job here.
    pub async fn perform(self, step: Step) -> Vec<Event> {
        match step {
            Step::Rest { .. } => Vec::new(),
            Step::Look { record, live } => self.look(record, live).await,
            Step::ReleaseStage => match self.stage_ip {
                Some(ip) => {
                    vec![Event::Started(
                        Kind::ReleaseStage,
                        self.api.unassign(ip).await,
                    )]
                }
                None => Vec::new(),
            },
            Step::AssignLive(_) => {
                let result = self.api.assign(self.live.ip(), self.me).await;
                vec![Event::Started(Kind::AssignLive, result)]
            }
            Step::Poll { action, kind } => {
                let ip = match kind {
                    Kind::AssignLive => self.live.ip(),
                    Kind::ReleaseStage => self.stage_ip.unwrap_or(self.live.ip()),
                };
                vec![Event::Polled(self.api.action(ip, action).await)]
            }
        }
    }

    async fn look(&self, record: bool, live: bool) -> Vec<Event> {
        let since = self.clock.now();
        let record = async {
            if !record {
                return None;
            }
            Some(Event::Record {
                since,
                result: self.record().await,
            })
        };
        let live = async {
            if !live {
                return None;
            }
            Some(Event::Live {
                since,
                serves: self.live.serves().await,
            })
        };
        let (live, record) = tokio::join!(live, record);
        live.into_iter().chain(record).collect()
    }

    /// Reads the record of both IPs.
    ///
    /// # Errors
    /// If either can't be read.
    pub async fn record(&self) -> Result<Record, Error> {
        let stage = async {
            match self.stage_ip {
                Some(ip) => self
                    .api
                    .reserved_ip(ip)
                    .await
                    .map(|stage| Some(Holding::from(&stage))),
                None => Ok(None),
            }
        };
        let (live, stage) = tokio::try_join!(self.api.reserved_ip(self.live.ip()), stage)?;
        Ok(Record {
            live: Holding::from(&live),
            stage,
        })
    }
}

impl From<&ReservedIp> for Holding {
    fn from(ip: &ReservedIp) -> Self {
        Self {
            holder: ip.droplet.as_ref().map(|droplet| droplet.id),
            locked: ip.locked,
        }
    }
}

/// Spreads waiting times: uniform from 0 to 1.
#[must_use]
pub fn jitter() -> f64 {
    rand::random_range(0.0..=1.0)
}

/// A sleep that a decision without an end can be given.
pub const LONGEST_REST: Duration = Duration::from_mins(1);
