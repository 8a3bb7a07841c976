//! One failover from a healthy pair to a healthy pair.

use super::environment::Droplet;
use super::load::{self, Load, Record};
use super::outage::{Outage, outages};
use super::phases::Phases;
use super::report::Run;
use super::{Drill, Plan};
use crate::error::Error;
use crate::stats::milliseconds;
use jiff::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep};

/// Load before the fault: what fails then is no failover's fault.
const WARM_UP: Duration = Duration::from_secs(2);
/// Load after the last step, to see that nothing comes after it.
const COOL_DOWN: Duration = Duration::from_secs(2);
/// How long good answers must last to count as recovered.
const SUSTAINED: Duration = Duration::from_secs(1);
/// A fault that no client notices is over when the record has changed and this much time has passed.
const UNNOTICED: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(500);

/// What the load and the record showed up to the end of a run.
struct Observed {
    fault: Timestamp,
    /// On the load's clock.
    fault_at: Duration,
    recovered: bool,
    standby_back: Option<Duration>,
}

impl Drill {
    pub(super) async fn run_once(&self) -> Result<Run, Error> {
        let victim = self.wait_until_ready().await?;
        let tag = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        let users = load::user_names(&tag.to_string(), self.plan.rate);
        load::register(&self.api, &users).await?;

        let load = Load::start(&self.api, users, self.plan.rate);
        let observed = self.break_and_mend(&victim, &load).await;
        let (users, records) = load.stop().await;
        let observed = observed?;

        let mut run = summarize(&victim, &records, &observed, &self.plan);
        self.check_holder(&victim, observed.fault, &mut run).await?;
        match load::read_back(&self.api, &users, &records).await {
            Ok(writes) => {
                run.writes_acknowledged = writes.acknowledged;
                run.writes_lost = writes.lost;
            }
            Err(error) => run.broken.push(error.to_string()),
        }
        if run.writes_lost > 0 {
            run.broken.push(format!(
                "{} acknowledged writes can't be read back",
                run.writes_lost
            ));
        }
        judge_length(&mut run, &self.plan);
        Ok(run)
    }

    async fn break_and_mend(&self, victim: &Droplet, load: &Load) -> Result<Observed, Error> {
        sleep(WARM_UP).await;
        eprintln!("  {} is live; breaking it", victim.name);
        let before = (Timestamp::now(), load.elapsed());
        let fault = self.inject(victim).await?;
        // The load has a clock of its own: the fault's place on it follows from one moment that is known on both.
        let into = fault.duration_since(before.0);
        let fault_at = before.1 + Duration::try_from(into).unwrap_or_default();
        let recovered = self.wait_for_recovery(victim, load, fault_at).await;
        eprintln!(
            "  {}; mending {}",
            if recovered {
                "recovered"
            } else {
                "NOT recovered"
            },
            victim.name
        );
        self.undo().await?;
        let standby_back = self.wait_for_standby(victim).await;
        sleep(COOL_DOWN).await;
        Ok(Observed {
            fault,
            fault_at,
            recovered,
            standby_back,
        })
    }

    /// The live droplet, once it and all others are fit.
    async fn wait_until_ready(&self) -> Result<Droplet, Error> {
        let deadline = Instant::now() + self.plan.standby_within;
        loop {
            let problem = match self.ready().await? {
                Ok(live) => return Ok(live),
                Err(problem) => problem,
            };
            if Instant::now() >= deadline {
                return Err(Error::NotReady(problem));
            }
            sleep(POLL).await;
        }
    }

    async fn ready(&self) -> Result<Result<Droplet, String>, Error> {
        let live_ip = self.environment.live_ip;
        let Some(holder) = self.cloud.holder(live_ip).await? else {
            return Ok(Err(format!("no droplet holds the live IP {live_ip}")));
        };
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
        Ok(Ok(live.clone()))
    }

    /// Whether clients had sustained good answers again, and from another droplet, within the time for it.
    async fn wait_for_recovery(&self, victim: &Droplet, load: &Load, fault_at: Duration) -> bool {
        let deadline = Instant::now() + self.plan.recover_within;
        while Instant::now() < deadline {
            sleep(POLL).await;
            let found = outages(&load.samples(), SUSTAINED);
            let ended = found.last().map_or_else(
                || load.elapsed() >= fault_at + UNNOTICED,
                |last| last.end.is_some_and(|end| end >= fault_at),
            );
            if ended
                && let Ok(holder) = self.cloud.holder(self.environment.live_ip).await
                && holder.is_some_and(|holder| holder != victim.id)
            {
                return true;
            }
        }
        false
    }

    async fn wait_for_standby(&self, victim: &Droplet) -> Option<Duration> {
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

    /// Who is live now, and what its agent logged about it.
    async fn check_holder(
        &self,
        victim: &Droplet,
        fault: Timestamp,
        run: &mut Run,
    ) -> Result<(), Error> {
        let holder = self.cloud.holder(self.environment.live_ip).await?;
        let live = self
            .environment
            .droplets
            .iter()
            .find(|droplet| Some(droplet.id) == holder);
        run.live_after = live.map(|droplet| droplet.name.clone());
        let Some(live) = live.filter(|droplet| droplet.id != victim.id) else {
            run.broken.push("no other droplet is live".to_owned());
            return Ok(());
        };
        match self.hosts.agent_log(live, fault).await {
            Ok(log) => run.phases_ms = Phases::from_log(&log, fault),
            Err(error) => run.broken.push(error.to_string()),
        }
        run.move_ms = run.phases_ms.move_latency();
        match self.hosts.status(live).await {
            Ok(status) if !status.fit => run
                .broken
                .push(format!("{} is live but not fit", live.name)),
            Ok(status) if status.agreement == Some(false) => {
                run.broken
                    .push(format!("record and VRRP disagree on {}", live.name));
            }
            Ok(_) => {}
            Err(error) => run.broken.push(error.to_string()),
        }
        Ok(())
    }
}

/// What the load alone tells.
fn summarize(victim: &Droplet, records: &[Record], observed: &Observed, plan: &Plan) -> Run {
    let samples: Vec<_> = records.iter().map(|record| record.sample).collect();
    let found = outages(&samples, SUSTAINED);
    let mut run = Run {
        live_before: victim.name.clone(),
        outage_ms: found
            .iter()
            .map(Outage::length)
            .sum::<Option<Duration>>()
            .map(milliseconds),
        outages: found.len(),
        requests: records.len(),
        largest_lag_ms: milliseconds(
            records
                .iter()
                .map(|record| record.lag)
                .max()
                .unwrap_or_default(),
        ),
        standby_back_ms: observed.standby_back.map(milliseconds),
        ..Run::default()
    };
    for failure in records.iter().filter_map(|record| record.failure) {
        run.failed += 1;
        *run.failures.entry(failure.to_string()).or_default() += 1;
    }
    let early = records
        .iter()
        .filter(|record| record.failure.is_some() && record.sample.finished < observed.fault_at)
        .count();
    if early > 0 {
        run.broken
            .push(format!("{early} requests failed before the fault"));
    }
    if !observed.recovered {
        run.broken.push(format!(
            "no recovery within {} s",
            plan.recover_within.as_secs()
        ));
    }
    if observed.standby_back.is_none() {
        run.broken.push(format!(
            "{} was not a fit standby within {} s",
            victim.name,
            plan.standby_within.as_secs()
        ));
    }
    run
}

/// Takes the cloud's share off, and compares with what is allowed. Where the share is unknown, clients' whole outage
/// has to stay within it.
fn judge_length(run: &mut Run, plan: &Plan) {
    run.outage_without_move_ms = match (run.outage_ms, run.move_ms) {
        (Some(outage), Some(latency)) => Some((outage - latency).max(0.0)),
        _ => None,
    };
    run.too_long = plan.max_outage.is_some_and(|most| {
        run.outage_without_move_ms
            .or(run.outage_ms)
            .is_none_or(|outage| outage > milliseconds(most))
    });
}
