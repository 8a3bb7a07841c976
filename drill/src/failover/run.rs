//! One run: from a healthy pair to a healthy pair.

use super::drill::Drill;
use super::fault::{Ending, Fault, Moves, Row};
use super::injection::Roles;
use super::judge::{judge_length, judge_moves, judge_servers, judge_witness};
use super::load::{self, Load, Record};
use super::observed::{Observed, summarize};
use super::outage::{SUSTAINED, outages};
use super::phases::Phases;
use super::report::{Report, Run};
use super::witness::Witness;
use crate::error::Error;
use jiff::Timestamp;
use operate::environment::Droplet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep};

/// Load without a failure before the fault: earlier failures have another cause.
const WARM_UP: Duration = Duration::from_secs(2);
/// A move that fails no request is over when the record has changed and this time has passed.
const UNNOTICED: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(250);

impl Drill {
    /// Makes one run of a fault.
    ///
    /// # Errors
    /// If the drill can't be carried out. The report has the invariants that broke.
    pub async fn once(&self, fault: Fault) -> Result<Run, Error> {
        self.run_once(&self.row(fault)).await
    }

    /// Makes all runs of a fault. Stops after a run that left no healthy pair, because the next could show nothing.
    ///
    /// # Errors
    /// If the drill can't be carried out. The report has the invariants that broke.
    pub async fn run(&self, fault: Fault) -> Result<Report, Error> {
        let mut runs: Vec<Run> = Vec::new();
        for number in 1..=self.plan.runs {
            eprintln!("{}: run {number} of {}", fault.name(), self.plan.runs);
            let run = match self.once(fault).await {
                // Earlier runs are in the report.
                Err(error) if !runs.is_empty() => Run::failed(&error),
                result => result?,
            };
            let go_on = run.left_a_healthy_pair();
            runs.push(run);
            if !go_on {
                break;
            }
        }
        Ok(Report::new(fault.name(), self.rate(), runs))
    }

    async fn run_once(&self, row: &Row) -> Result<Run, Error> {
        let roles = self.wait_until_ready().await?;
        let moves_before = self.cloud.moves(self.outputs.live_ip).await?;
        let tag = milliseconds_since_epoch();
        let users = load::user_names(&tag.to_string(), self.rate());
        load::register(&self.api, &users).await?;

        let witness = if self.plan.witness {
            Some(Witness::start(&self.api, &tag.to_string()).await?)
        } else {
            None
        };
        let load = Load::start(&self.api, users, &self.plan.traffic);
        let observed = self.inject_and_undo(row, &roles, &load).await;
        let (users, records) = load.stop().await;
        let observed = observed?;

        let counted = records
            .iter()
            .position(|record| record.sample.scheduled >= observed.counted_from);
        let counted = &records[counted.unwrap_or(records.len())..];
        let mut run = summarize(&roles.live, counted, &observed, &self.plan);
        self.check_holder(row, &roles.live, &observed, counted, &mut run)
            .await?;
        let moves = self.cloud.moves(self.outputs.live_ip).await?;
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

    async fn inject_and_undo(
        &self,
        row: &Row,
        roles: &Roles,
        load: &Load,
    ) -> Result<Observed, Error> {
        let live = &roles.live;
        let counted_from = warm_up(load, self.plan.standby_within).await?;
        eprintln!("  {} is live; injecting the fault", live.name);
        let before = (Timestamp::now(), load.elapsed());
        let mut fault = self.injector.inject(row, roles).await?;
        // The load has its own clock: one moment that is known on both clocks gives the fault's time on it.
        let into = fault.at.duration_since(before.0);
        let fault_at = before.1 + Duration::try_from(into).unwrap_or_default();
        let recovered = match row.ending {
            Ending::WhenRecovered => self.wait_for_takeover(live, load, fault_at).await,
            Ending::AfterItsTime => {
                sleep(row.lasts).await;
                self.undo().await?;
                fault.over.get_or_insert_with(Timestamp::now);
                self.wait_for_service(load).await
            }
            Ending::LastStepFirst | Ending::FirstStepFirst => {
                sleep(row.lasts).await;
                self.injector
                    .undo_one(row.ending == Ending::FirstStepFirst)
                    .await?;
                fault.over = Some(Timestamp::now());
                self.wait_for_service(load).await
            }
        };
        let missing = self.injector.missing_effects(row, roles).await;
        eprintln!(
            "  {}recovered; undoing the fault",
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

    /// Whether clients had sustained good responses again, from another droplet and in time.
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
                && let Ok(holder) = self.cloud.holder(self.outputs.live_ip).await
                && holder.is_some_and(|holder| holder != victim.id)
            {
                return true;
            }
        }
        false
    }

    /// Whether clients had sustained good responses again in time.
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

    /// Who is live, whether it must be, the phases that its agent logged, and who responded.
    async fn check_holder(
        &self,
        row: &Row,
        before: &Droplet,
        observed: &Observed,
        records: &[Record],
        run: &mut Run,
    ) -> Result<(), Error> {
        let should_move = row.moves == Moves::Once;
        let holder = self.cloud.holder(self.outputs.live_ip).await?;
        let live = self
            .outputs
            .droplets
            .iter()
            .find(|droplet| Some(droplet.id) == holder);
        run.live_after = live.map(|droplet| droplet.name.clone());
        let Some(live) = live.filter(|droplet| (droplet.id != before.id) == should_move) else {
            run.broken.push(if should_move {
                "no other droplet is live".to_owned()
            } else {
                format!("{} is not live any more, but must be", before.name)
            });
            return Ok(());
        };
        let fault = observed.fault.at;
        if should_move {
            match self.droplets.agent_log(live, fault).await {
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
        match self.droplets.status(live).await {
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

/// Returns the time from which requests count, once the load has had no failure for a while.
///
/// # Errors
/// If failures go on for longer than `within`.
pub(crate) async fn warm_up(load: &Load, within: Duration) -> Result<Duration, Error> {
    sleep(WARM_UP).await;
    loop {
        let from = load.elapsed().saturating_sub(WARM_UP);
        let failed = load.first_failure_since(from);
        let Some(failure) = failed else {
            return Ok(from);
        };
        if load.elapsed() >= WARM_UP + within {
            return Err(Error::NotReady(format!(
                "requests fail before any fault: there were no {} s without a failure ({failure})",
                WARM_UP.as_secs()
            )));
        }
        sleep(POLL).await;
    }
}

/// Different each time, for names that no earlier run has used.
pub(crate) fn milliseconds_since_epoch() -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_millis())
}
