//! One run: from a healthy pair to a healthy pair.

use super::Drill;
use super::environment::Droplet;
use super::fault::Row;
use super::injection::Injected;
use super::judge::{judge_length, judge_moves, summarize};
use super::load::{self, Load};
use super::outage::outages;
use super::phases::Phases;
use super::report::Run;
use crate::error::Error;
use jiff::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep};

/// Load before the fault: what fails then is no failover's fault.
const WARM_UP: Duration = Duration::from_secs(2);
/// Load after the last step, to see that nothing comes after it.
const COOL_DOWN: Duration = Duration::from_secs(2);
/// How long good answers must last to count as recovered.
pub(super) const SUSTAINED: Duration = Duration::from_secs(1);
/// A fault that no client notices is over when the record has changed and this much time has passed.
const UNNOTICED: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(500);

/// What the load and the record showed up to the end of a run.
pub(super) struct Observed {
    pub(super) fault: Injected,
    /// On the load's clock.
    pub(super) fault_at: Duration,
    pub(super) recovered: bool,
    pub(super) standby_back: Option<Duration>,
}

impl Drill {
    pub(super) async fn run_once(&self, row: &Row) -> Result<Run, Error> {
        let (live, standby) = self.wait_until_ready().await?;
        let moves_before = self.cloud.moves(self.environment.live_ip).await?;
        let tag = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        let users = load::user_names(&tag.to_string(), self.plan.rate);
        load::register(&self.api, &users).await?;

        let load = Load::start(&self.api, users, self.plan.rate);
        let observed = self.break_and_mend(row, &live, &standby, &load).await;
        let (users, records) = load.stop().await;
        let observed = observed?;

        let mut run = summarize(&live, &records, &observed, &self.plan);
        self.check_holder(row, &live, observed.fault.at, &mut run)
            .await?;
        let moves = self.cloud.moves(self.environment.live_ip).await?;
        let last = moves_before.into_iter().max().unwrap_or_default();
        run.moves = moves.into_iter().filter(|action| *action > last).count();
        judge_moves(&mut run, row);
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
        judge_length(&mut run, row, &observed.fault, &self.plan);
        Ok(run)
    }

    async fn break_and_mend(
        &self,
        row: &Row,
        live: &Droplet,
        standby: &Droplet,
        load: &Load,
    ) -> Result<Observed, Error> {
        sleep(WARM_UP).await;
        eprintln!("  {} is live; breaking it", live.name);
        let before = (Timestamp::now(), load.elapsed());
        let fault = self.inject(row, live, standby).await?;
        // The load has a clock of its own: the fault's place on it follows from one moment that is known on both.
        let into = fault.at.duration_since(before.0);
        let fault_at = before.1 + Duration::try_from(into).unwrap_or_default();
        let recovered = if row.moves {
            self.wait_for_recovery(live, load, fault_at).await
        } else {
            self.sit_out(row, load).await
        };
        eprintln!(
            "  {}; mending",
            if recovered {
                "recovered"
            } else {
                "NOT recovered"
            }
        );
        self.undo().await?;
        let standby_back = if row.moves {
            self.wait_for_standby(live).await
        } else {
            self.wait_for_pair(live).await
        };
        sleep(COOL_DOWN).await;
        Ok(Observed {
            fault,
            fault_at,
            recovered,
            standby_back,
        })
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

    /// Leaves a fault that should move nothing in place for its time. Whether clients had sustained good answers then.
    async fn sit_out(&self, row: &Row, load: &Load) -> bool {
        sleep(row.lasts).await;
        let deadline = Instant::now() + self.plan.recover_within;
        while Instant::now() < deadline {
            let found = outages(&load.samples(), SUSTAINED);
            if found.last().is_none_or(|last| last.end.is_some()) {
                return true;
            }
            sleep(POLL).await;
        }
        false
    }

    /// Who is live now, whether it should be, and what its agent logged about a takeover.
    async fn check_holder(
        &self,
        row: &Row,
        before: &Droplet,
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
        let Some(live) = live.filter(|droplet| (droplet.id != before.id) == row.moves) else {
            run.broken.push(if row.moves {
                "no other droplet is live".to_owned()
            } else {
                format!("{} is not live any more, and should be", before.name)
            });
            return Ok(());
        };
        if row.moves {
            match self.hosts.agent_log(live, fault).await {
                Ok(log) => run.phases_ms = Phases::from_log(&log, fault),
                Err(error) => run.broken.push(error.to_string()),
            }
            run.move_ms = run.phases_ms.move_latency();
        }
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
