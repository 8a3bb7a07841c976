//! Rounds until the time is up: from a healthy pair to a healthy pair.

use super::plan::{PlannedFault, RoundPlan};
use super::report::{Round, Soak};
use crate::error::Error;
use crate::failover::cloud::Action;
use crate::failover::drill::Drill;
use crate::failover::fault::{Fault, Moves};
use crate::failover::injection::Roles;
use crate::failover::load::{self, Load};
use crate::failover::outage::{Outage, SUSTAINED, outages};
use crate::failover::run::{milliseconds_since_epoch, warm_up};
use crate::stats::milliseconds;
use clap::ValueEnum as _;
use std::time::Duration;
use tokio::time::{Instant, sleep};

impl Drill {
    /// Makes rounds from the given one on until the time is up. Stops at a pair that does not get healthy.
    ///
    /// # Errors
    /// If a fault can't be undone, or the drill can't be carried out. The report has the invariants that broke.
    pub async fn soak(
        &self,
        lasts: Duration,
        seed: u64,
        first: u64,
        faults: &[Fault],
    ) -> Result<Soak, Error> {
        let all: Vec<Fault> = Fault::value_variants().to_vec();
        let faults = if faults.is_empty() { &all } else { faults };
        let started = Instant::now();
        let mut soak = Soak::new(seed, self.rate());
        for number in first.. {
            if started.elapsed() >= lasts {
                break;
            }
            let plan = RoundPlan::of(seed, number, faults);
            let result = self.round(number, &plan).await;
            self.undo().await?;
            let round = match result {
                Ok(round) => round,
                // Without a complete round there is nothing to report.
                Err(error) if soak.rounds.is_empty() => return Err(error),
                Err(error) => Round::failed(number, &error),
            };
            eprintln!("{round}");
            let healthy = round.healthy_ms.is_some();
            soak.rounds.push(round);
            if !healthy {
                break;
            }
        }
        soak.lasted_s = started.elapsed().as_secs();
        Ok(soak)
    }

    async fn round(&self, number: u64, plan: &RoundPlan) -> Result<Round, Error> {
        let live_ip = self.outputs.live_ip;
        let roles = self.wait_until_ready().await?;
        let before = self.cloud.moves(live_ip).await?.into_iter().max();
        let users = load::user_names(&format!("{}", milliseconds_since_epoch()), self.rate());
        load::register(&self.api, &users).await?;
        let load = Load::start(&self.api, users, &self.plan.traffic);
        let counted_from = warm_up(&load, self.plan.standby_within).await?;

        let mut round = Round::new(number, plan);
        for planned in &plan.faults {
            sleep(planned.after).await;
            self.inject_planned(planned, &roles, &mut round).await?;
        }
        sleep(plan.hold).await;
        self.undo().await?;
        let undone = load.elapsed();
        round.healthy_ms = self.wait_for_any_pair().await.map(milliseconds);
        let settled_at = moves_in(&self.history_since(before).await?);
        sleep(self.plan.settle).await;

        let (users, records) = load.stop().await;
        let samples: Vec<_> = records
            .iter()
            .map(|record| record.sample)
            .filter(|sample| sample.scheduled >= counted_from)
            .collect();
        let found = outages(&samples, SUSTAINED);
        round.count(&samples, &found);
        let history = self.history_since(before).await?;
        let moves = moves_in(&history);
        round.moves = moves;
        round.require(
            moves == settled_at,
            "the live IP moved once more while the pair was healthy",
        );
        round.require(
            moves <= most_moves(plan),
            &format!("the live IP was moved {moves} times"),
        );
        round.require(
            !history.iter().any(Action::unassigns),
            "the live IP was taken from a droplet and given to none",
        );
        round.require(
            round.healthy_ms.is_some(),
            "the pair did not get healthy in time",
        );
        self.judge_service(&mut round, &found, undone);
        match load::read_back(&self.api, &users, &records).await {
            Ok(writes) => {
                round.writes_acknowledged = writes.acknowledged;
                round.writes_lost = writes.lost;
            }
            Err(error) => round.broken.push(error.to_string()),
        }
        round.require(
            round.writes_lost == 0,
            "acknowledged writes can't be read back",
        );
        Ok(round)
    }

    /// A fault that another one prevents, such as a command on a droplet that is off, is reported as not injected.
    async fn inject_planned(
        &self,
        planned: &PlannedFault,
        roles: &Roles,
        round: &mut Round,
    ) -> Result<(), Error> {
        let mut roles = roles.clone();
        if planned.swapped {
            std::mem::swap(&mut roles.live, &mut roles.standby);
        }
        let row = self.row(planned.fault);
        match self.injector.inject(&row, &roles).await {
            Ok(_) => Ok(()),
            Err(error @ (Error::Ssh(_) | Error::Cloud(_))) if round.faults.len() > 1 => {
                round.not_done.push(error.to_string());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// In any case clients have good responses in time once everything is undone.
    fn judge_service(&self, round: &mut Round, found: &[Outage], undone: Duration) {
        let limit = undone + self.plan.recover_within;
        let in_time = found
            .iter()
            .all(|outage| outage.end.is_some_and(|end| end <= limit));
        round.require(
            in_time,
            "clients had no service long after all faults were undone",
        );
    }

    /// The actions on the live IP after the action `last`.
    async fn history_since(&self, last: Option<u64>) -> Result<Vec<Action>, Error> {
        let mut history = self.cloud.history(self.outputs.live_ip).await?;
        history.retain(|action| action.id > last.unwrap_or_default());
        Ok(history)
    }

    async fn wait_for_any_pair(&self) -> Option<Duration> {
        let started = Instant::now();
        let ready = self.wait_until_ready().await;
        ready.ok().map(|_| started.elapsed())
    }
}

fn moves_in(history: &[Action]) -> usize {
    history.iter().filter(|action| action.assigned()).count()
}

/// One fault has its own number of moves. Of two, each may cause a move, even if neither alone would.
fn most_moves(plan: &RoundPlan) -> usize {
    match plan.faults.as_slice() {
        [planned] => usize::from(planned.fault.row().moves == Moves::Once),
        several => several.len(),
    }
}
