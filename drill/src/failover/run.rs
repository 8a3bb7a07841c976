//! One run: from a healthy pair to a healthy pair.

use super::Drill;
use super::environment::Droplet;
use super::fault::{Ending, Moves, Row};
use super::judge::{Observed, judge_length, judge_moves, judge_servers, judge_witness, summarize};
use super::load::{self, Load, Record};
use super::outage::{SUSTAINED, outages};
use super::phases::Phases;
use super::report::Run;
use super::witness::Witness;
use crate::error::Error;
use jiff::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep};

/// Load without a failure before the fault: what fails then is no failover's fault.
const WARM_UP: Duration = Duration::from_secs(2);
/// A move that no client notices is over when the record has changed and this much time has passed.
const UNNOTICED: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(250);

impl Drill {
    pub(super) async fn run_once(&self, row: &Row) -> Result<Run, Error> {
        let (live, standby) = self.wait_until_ready().await?;
        let moves_before = self.cloud.moves(self.environment.live_ip).await?;
        let tag = milliseconds_since_epoch();
        let users = load::user_names(&tag.to_string(), self.rate());
        load::register(&self.api, &users).await?;

        let witness = if self.plan.witness {
            Some(Witness::start(&self.api, &tag.to_string()).await?)
        } else {
            None
        };
        let load = Load::start(&self.api, users, &self.plan.traffic);
        let observed = self.break_and_mend(row, &live, &standby, &load).await;
        let (users, records) = load.stop().await;
        let observed = observed?;

        let counted = records
            .iter()
            .position(|record| record.sample.scheduled >= observed.counted_from);
        let counted = &records[counted.unwrap_or(records.len())..];
        let mut run = summarize(&live, counted, &observed, &self.plan);
        self.check_holder(row, &live, &observed, counted, &mut run)
            .await?;
        let moves = self.cloud.moves(self.environment.live_ip).await?;
        let last = moves_before.into_iter().max().unwrap_or_default();
        run.moves = moves.into_iter().filter(|action| *action > last).count();
        judge_moves(&mut run, row);
        if let Some(witness) = witness {
            judge_witness(&mut run, witness.stop().await);
        }
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
        judge_length(&mut run, row, &self.plan);
        Ok(run)
    }

    async fn break_and_mend(
        &self,
        row: &Row,
        live: &Droplet,
        standby: &Droplet,
        load: &Load,
    ) -> Result<Observed, Error> {
        let counted_from = warm_up(load, self.plan.standby_within).await?;
        eprintln!("  {} is live; breaking it", live.name);
        let before = (Timestamp::now(), load.elapsed());
        let mut fault = self.inject(row, live, standby).await?;
        // The load has a clock of its own: the fault's place on it follows from one moment that is known on both.
        let into = fault.at.duration_since(before.0);
        let fault_at = before.1 + Duration::try_from(into).unwrap_or_default();
        let recovered = match row.ending {
            Ending::OutOfTheWay => self.wait_for_takeover(live, load, fault_at).await,
            Ending::SatOut => {
                sleep(row.lasts).await;
                self.undo().await?;
                fault.over.get_or_insert_with(Timestamp::now);
                self.wait_for_service(load).await
            }
            Ending::LastFirst | Ending::FirstFirst => {
                sleep(row.lasts).await;
                self.undo_one(row.ending == Ending::FirstFirst).await?;
                fault.over = Some(Timestamp::now());
                self.wait_for_service(load).await
            }
        };
        let missing = self.not_come_about(row, live, standby).await;
        eprintln!(
            "  {}recovered; mending",
            if recovered { "" } else { "NOT " }
        );
        self.undo().await?;
        let standby_back = match row.moves {
            Moves::Once => self.wait_for_standby(live).await,
            Moves::Never => self.wait_for_pair(live).await,
        };
        sleep(self.plan.settle).await;
        Ok(Observed {
            fault,
            counted_from,
            fault_at,
            recovered,
            missing,
            standby_back,
        })
    }

    /// Whether clients had sustained good answers again, and from another droplet, within the time for it.
    async fn wait_for_takeover(&self, victim: &Droplet, load: &Load, fault_at: Duration) -> bool {
        let deadline = Instant::now() + self.plan.recover_within;
        while Instant::now() < deadline {
            sleep(POLL).await;
            let found = outages(&load.samples(), SUSTAINED);
            let found = found
                .last()
                .filter(|last| last.end.is_none_or(|end| end >= fault_at));
            let ended = found.map_or_else(
                || load.elapsed() >= fault_at + UNNOTICED,
                |last| last.end.is_some(),
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

    /// Whether clients had sustained good answers within the time for it.
    async fn wait_for_service(&self, load: &Load) -> bool {
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

    /// Who is live now, whether it should be, what its agent logged about a takeover, and who answered.
    async fn check_holder(
        &self,
        row: &Row,
        before: &Droplet,
        observed: &Observed,
        records: &[Record],
        run: &mut Run,
    ) -> Result<(), Error> {
        let should_move = row.moves == Moves::Once;
        let holder = self.cloud.holder(self.environment.live_ip).await?;
        let live = self
            .environment
            .droplets
            .iter()
            .find(|droplet| Some(droplet.id) == holder);
        run.live_after = live.map(|droplet| droplet.name.clone());
        let Some(live) = live.filter(|droplet| (droplet.id != before.id) == should_move) else {
            run.broken.push(if should_move {
                "no other droplet is live".to_owned()
            } else {
                format!("{} is not live any more, and should be", before.name)
            });
            return Ok(());
        };
        let fault = observed.fault.at;
        if should_move {
            match self.hosts.agent_log(live, fault).await {
                Ok(log) => run.phases_ms = Phases::from_log(&log, fault),
                Err(error) => run.broken.push(error.to_string()),
            }
            run.move_ms = self
                .plan
                .move_latency
                .map(crate::stats::milliseconds)
                .or(run.phases_ms.move_latency());
        }
        judge_servers(run, records, observed.fault_at, &live.name);
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

/// Returns from when requests count, once the load has had no failure for a while.
///
/// # Errors
/// If it has none `within` that time.
pub(super) async fn warm_up(load: &Load, within: Duration) -> Result<Duration, Error> {
    sleep(WARM_UP).await;
    loop {
        let from = load.elapsed().saturating_sub(WARM_UP);
        let failed = load.first_failure_since(from);
        let Some(failure) = failed else {
            return Ok(from);
        };
        if load.elapsed() >= WARM_UP + within {
            return Err(Error::NotReady(format!(
                "clients had no {} s without a failed request ({failure})",
                WARM_UP.as_secs()
            )));
        }
        sleep(POLL).await;
    }
}

/// New each time, for names that no run before has used.
pub(super) fn milliseconds_since_epoch() -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_millis())
}
