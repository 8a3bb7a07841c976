//! Carries out the steps that the decision asks for: the only place that calls the API and asks the live IP.

use std::{net::Ipv4Addr, pin::pin, time::Duration};

use tokio::{task::JoinSet, time::timeout};

use crate::{
    clock::{Clock, Moment},
    decide::{agent::Observation, decision::Decision, history::ActionKind, view::Record},
    mover::api::{Client, Error, Holding},
    observe::live_ip::LiveIp,
};

/// An answer that takes longer than this has another question sent beside it ...
const HEDGE_AFTER: Duration = Duration::from_millis(400);
/// ... until the record counts as unreadable after this.
const READ_PATIENCE: Duration = Duration::from_secs(2);

/// A sleep that a decision without an end can be given.
pub const LONGEST_REST: Duration = Duration::from_mins(1);

/// Whom steps are carried out for, and with what.
#[derive(Clone, Debug)]
pub struct Performer {
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

impl Performer {
    /// Carries out a step and tells what came of it; resting is nobody's job here.
    pub async fn perform(self, step: Decision) -> Vec<Observation> {
        let before = self.api.calls();
        let mut events = self.carry_out(step).await;
        if step.calls() > 0 {
            let made = self.api.calls().saturating_sub(before);
            events.push(Observation::Called {
                more: u32::try_from(made).map_or(0, |made| made.saturating_sub(step.calls())),
                left: self.api.budget().map(|it| it.remaining),
            });
        }
        events
    }

    async fn carry_out(&self, step: Decision) -> Vec<Observation> {
        match step {
            Decision::Rest { .. } => Vec::new(),
            Decision::Look { record, live } => self.look(record, live).await,
            Decision::ReleaseStage => match self.stage_ip {
                Some(ip) => {
                    vec![Observation::Started(
                        ActionKind::ReleaseStage,
                        self.api.unassign(ip).await,
                    )]
                }
                None => Vec::new(),
            },
            Decision::AssignLive(_) => {
                let result = self.api.assign(self.live.ip(), self.me).await;
                vec![Observation::Started(ActionKind::AssignLive, result)]
            }
            Decision::Poll { action, kind } => {
                let ip = match kind {
                    ActionKind::AssignLive => self.live.ip(),
                    ActionKind::ReleaseStage => self.stage_ip.unwrap_or(self.live.ip()),
                };
                vec![Observation::Polled(self.api.action(ip, action).await)]
            }
        }
    }

    async fn look(&self, record: bool, live: bool) -> Vec<Observation> {
        let since = self.clock.now();
        match (record, live) {
            (false, _) => vec![self.ask().await],
            (true, live) => self.read_and_ask(since, live).await,
        }
    }

    /// The record may take its time; what is known of the live IP is to be no older for it. So that is asked beside it: at once if it
    /// has to be asked, else when the record is late.
    async fn read_and_ask(&self, since: Moment, must_ask: bool) -> Vec<Observation> {
        let mut read = pin!(self.read(since));
        if !must_ask && let Ok(record) = timeout(HEDGE_AFTER, &mut read).await {
            return vec![record];
        }
        let mut record = None;
        let mut asked = None;
        loop {
            // One that serves need not be asked again and again.
            let serves = matches!(asked, Some(Observation::Live { serves: true, .. }));
            let mut ask = pin!(self.ask());
            loop {
                tokio::select! {
                    answer = &mut ask, if !serves => {
                        asked = Some(answer);
                        break;
                    }
                    answer = &mut read, if record.is_none() => record = Some(answer),
                }
                if asked.is_some() || !must_ask {
                    break;
                }
            }
            if record.is_some() && (asked.is_some() || !must_ask) {
                return asked.into_iter().chain(record).collect();
            }
        }
    }

    async fn ask(&self) -> Observation {
        let since = self.clock.now();
        let serves = self.live.serves().await;
        let until = self.clock.now();
        Observation::Live {
            since,
            until,
            serves,
        }
    }

    async fn read(&self, since: Moment) -> Observation {
        let result = self.record().await;
        Observation::Record { since, result }
    }

    /// Reads the record of both IPs; the second only when the first could be read, so that trouble costs one call.
    ///
    /// # Errors
    /// If either can't be read.
    pub async fn record(&self) -> Result<Record, Error> {
        let live = self.reserved_ip(self.live.ip()).await?;
        let stage = match self.stage_ip {
            Some(ip) => Some(self.reserved_ip(ip).await?),
            None => None,
        };
        Ok(Record { live, stage })
    }

    /// Asks again beside an answer that is slow to come: when the API comes back from silence, a question is never older than that.
    async fn reserved_ip(&self, ip: Ipv4Addr) -> Result<Holding, Error> {
        let mut asked = JoinSet::new();
        let answer = async {
            loop {
                let api = self.api.clone();
                asked.spawn(async move { api.reserved_ip(ip).await });
                // A question that ended without an answer is replaced when its time has come.
                if let Ok(Some(Ok(answer))) = timeout(HEDGE_AFTER, asked.join_next()).await {
                    return answer.map(|ip| Holding::from(&ip));
                }
            }
        };
        let silent = |_| Err(Error::Silent("timed out".into()));
        timeout(READ_PATIENCE, answer).await.unwrap_or_else(silent)
    }
}
