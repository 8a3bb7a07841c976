//! Performs decisions: the only place of the service that calls the API and asks the live IP.

use std::{net::Ipv4Addr, pin::pin, time::Duration};

use tokio::{task::JoinSet, time::timeout};

use crate::{
    clock::{Clock, Moment},
    decide::{agent::Observation, decision::Decision, history::ActionKind, view::Record},
    mover::api::{Client, Error, Holding},
    observe::live_ip::LiveIp,
};

/// If a request has no response after this time, a second one is sent beside it.
const HEDGE_AFTER: Duration = Duration::from_millis(400);
/// If there is no response after this time, the record counts as unreadable.
const READ_PATIENCE: Duration = Duration::from_secs(2);

/// The longest sleep between two decisions.
pub const LONGEST_REST: Duration = Duration::from_mins(1);

/// What it takes to perform decisions.
#[derive(Clone, Debug)]
pub struct Performer {
    /// The API.
    pub api: Client,
    /// The live IP, from outside.
    pub live: LiveIp,
    /// The stage IP, if there is one.
    pub stage_ip: Option<Ipv4Addr>,
    /// This droplet.
    pub me: u64,
    /// The agent's clock.
    pub clock: Clock,
}

impl Performer {
    /// Performs a decision and returns what was observed. [`Decision::Rest`] is nothing to perform.
    pub async fn perform(self, step: Decision) -> Vec<Observation> {
        let before = self.api.calls();
        let mut events = self.performed(step).await;
        if step.calls() > 0 {
            let made = self.api.calls().saturating_sub(before);
            events.push(Observation::Called {
                more: u32::try_from(made).map_or(0, |made| made.saturating_sub(step.calls())),
                left: self.api.budget().map(|it| it.remaining),
            });
        }
        events
    }

    async fn performed(&self, step: Decision) -> Vec<Observation> {
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

    /// Reads the record and asks the live IP side by side, so that a slow record does not make the state of the live IP stale: at once if
    /// the live IP must be asked, else when the record is late.
    async fn read_and_ask(&self, since: Moment, must_ask: bool) -> Vec<Observation> {
        let mut read = pin!(self.read(since));
        if !must_ask && let Ok(record) = timeout(HEDGE_AFTER, &mut read).await {
            return vec![record];
        }
        let mut record = None;
        let mut asked = None;
        loop {
            // A live IP that serves is not asked again.
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

    /// Reads the record of both IPs; the second one only after the first could be read, so that trouble costs one call.
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

    /// Sends another request beside a slow one. So when the API recovers from silence, a request is never older than [`HEDGE_AFTER`].
    async fn reserved_ip(&self, ip: Ipv4Addr) -> Result<Holding, Error> {
        let mut asked = JoinSet::new();
        let answer = async {
            loop {
                let api = self.api.clone();
                asked.spawn(async move { api.reserved_ip(ip).await });
                // A request that failed to return is replaced when its time is over.
                if let Ok(Some(Ok(answer))) = timeout(HEDGE_AFTER, asked.join_next()).await {
                    return answer.map(|ip| Holding::from(&ip));
                }
            }
        };
        let silent = |_| Err(Error::Silent("timed out".into()));
        timeout(READ_PATIENCE, answer).await.unwrap_or_else(silent)
    }
}
