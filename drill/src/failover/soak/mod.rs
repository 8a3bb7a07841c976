//! Random faults all the time, one or two at once, and what must hold whatever happens, seen from outside.

pub mod report;

use self::report::{Round, Soak};
use super::Drill;
use super::cloud::Action;
use super::environment::Droplet;
use super::fault::{Fault, Moves};
use super::load::{self, Load};
use super::outage::{Outage, SUSTAINED, outages};
use super::run::{milliseconds_since_epoch, warm_up};
use crate::dice::Dice;
use crate::error::Error;
use crate::stats::milliseconds;
use clap::ValueEnum as _;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Of this many rounds one has two faults at once.
const ONE_IN_WITH_TWO: u64 = 3;

/// What a round is to do, all of it from the dice.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Course {
    faults: Vec<Blow>,
    /// How long all of it is left in place, at least.
    hold: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Blow {
    fault: Fault,
    /// What the fault does to the live droplet is done to the standby, and the other way round.
    swapped: bool,
    /// After the one before, or after the load had been quiet.
    after: Duration,
}

impl Course {
    /// The course of a round is the same with the same seed, whatever the rounds before it were.
    fn of(seed: u64, round: u64, faults: &[Fault]) -> Self {
        let mut dice = Dice::new(seed.wrapping_add(round.wrapping_mul(0x9E37_79B9)));
        let both = dice.below(ONE_IN_WITH_TWO) == 0;
        let mut course = Vec::new();
        for number in 0..if both { 2 } else { 1 } {
            let place = usize::try_from(dice.below(faults.len() as u64)).unwrap_or_default();
            course.push(Blow {
                fault: faults[place],
                swapped: number == 1 && dice.below(2) == 0,
                after: Duration::from_millis(dice.below(4000)),
            });
        }
        Self {
            faults: course,
            hold: Duration::from_millis(2000 + dice.below(10_000)),
        }
    }
}

impl Drill {
    /// Goes on until the time is up, from the given round. Stops at a pair that does not get healthy.
    ///
    /// # Errors
    /// If a fault can't be undone, or the drill can't be carried out. What is found broken is in the report.
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
            let course = Course::of(seed, number, faults);
            let result = self.round(number, &course).await;
            self.undo().await?;
            let round = match result {
                Ok(round) => round,
                // The first round would have shown nothing else.
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

    async fn round(&self, number: u64, course: &Course) -> Result<Round, Error> {
        let live_ip = self.environment.live_ip;
        let (live, standby) = self.wait_until_ready().await?;
        let before = self.cloud.moves(live_ip).await?.into_iter().max();
        let users = load::user_names(&format!("{}", milliseconds_since_epoch()), self.rate());
        load::register(&self.api, &users).await?;
        let load = Load::start(&self.api, users, &self.plan.traffic);
        let counted_from = warm_up(&load, self.plan.standby_within).await?;

        let mut round = Round::new(number, course);
        for blow in &course.faults {
            sleep(blow.after).await;
            self.strike(blow, &live, &standby, &mut round).await?;
        }
        sleep(course.hold).await;
        self.undo().await?;
        let mended = load.elapsed();
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
        round.must(
            moves == settled_at,
            "the live IP moved once more while the pair was healthy",
        );
        round.must(
            moves <= most_moves(course),
            &format!("the live IP was moved {moves} times"),
        );
        round.must(
            !history.iter().any(Action::unassigns),
            "the live IP was taken from a droplet for nobody to hold it",
        );
        round.must(
            round.healthy_ms.is_some(),
            "the pair did not get healthy in time",
        );
        self.judge_service(&mut round, &found, mended);
        match load::read_back(&self.api, &users, &records).await {
            Ok(writes) => {
                round.writes_acknowledged = writes.acknowledged;
                round.writes_lost = writes.lost;
            }
            Err(error) => round.broken.push(error.to_string()),
        }
        round.must(
            round.writes_lost == 0,
            "acknowledged writes can't be read back",
        );
        Ok(round)
    }

    /// A fault that can't be brought about because of another one, such as a command on a droplet that is off, is noted.
    async fn strike(
        &self,
        blow: &Blow,
        live: &Droplet,
        standby: &Droplet,
        round: &mut Round,
    ) -> Result<(), Error> {
        let (live, standby) = if blow.swapped {
            (standby, live)
        } else {
            (live, standby)
        };
        let row = self.row(blow.fault);
        match self.inject(&row, live, standby).await {
            Ok(_) => Ok(()),
            Err(error @ (Error::Ssh(_) | Error::Cloud(_))) if round.faults.len() > 1 => {
                round.not_done.push(error.to_string());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Whatever else is wrong, once all is mended clients have good answers within the time for that.
    fn judge_service(&self, round: &mut Round, found: &[Outage], mended: Duration) {
        let limit = mended + self.plan.recover_within;
        let in_time = found
            .iter()
            .all(|outage| outage.end.is_some_and(|end| end <= limit));
        round.must(in_time, "clients had no service long after all was mended");
    }

    /// What was done to the live IP after the action `last`.
    async fn history_since(&self, last: Option<u64>) -> Result<Vec<Action>, Error> {
        let mut history = self.cloud.history(self.environment.live_ip).await?;
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

/// One fault has its own number of moves; of two, each may cause one, also where neither alone would.
fn most_moves(course: &Course) -> usize {
    match course.faults.as_slice() {
        [blow] => usize::from(blow.fault.row().moves == Moves::Once),
        several => several.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_round_is_replayed_by_its_seed_and_number() {
        let faults = Fault::value_variants();
        let courses = |seed| -> Vec<Course> {
            (0..200)
                .map(|round| Course::of(seed, round, faults))
                .collect()
        };
        assert_eq!(courses(7), courses(7));
        assert_ne!(courses(7), courses(8));
        let drawn: BTreeSet<Fault> = courses(7)
            .iter()
            .flat_map(|course| &course.faults)
            .map(|blow| blow.fault)
            .collect();
        assert!(drawn.len() > faults.len() * 9 / 10, "{}", drawn.len());
        assert!(courses(7).iter().any(|course| course.faults.len() == 2));
    }
}
