//! The agent on a droplet: the real driver and decision; the calls that `steps.rs` would make are made here.

use std::time::Duration;

use floatip::{
    agent::{Agent, Event as News},
    decision::{Holding, Record, Step},
    drive::Driver,
    history::Kind,
    vrrp,
};

use crate::{
    cloud::{Fate, IPS, LIVE, Mood, STAGE, silent},
    node::{Reading, Run},
    world::{Caller, Event, Ms, Served, World, id},
};

/// As in `steps.rs`: another question beside a slow one, and how long in all.
const HEDGE_AFTER: Ms = 400;
const READ_PATIENCE: Ms = 2_000;
/// As in the client: a call that acts, and a poll.
const ACT_TIMEOUT: Ms = 1_200;

impl World {
    pub fn start_agent(&mut self, i: usize) {
        let node = &mut self.nodes[i];
        if !node.on || node.driver.is_some() {
            return;
        }
        node.born = self.now;
        node.life += 1;
        node.run = None;
        node.refused = false;
        node.driver = Some(Driver::new(Agent::new(id(i), self.settings)));
        let life = node.life;
        self.turn(i, vec![News::Frozen(self.frozen)]);
        self.after(1, Event::AddressSeen { i });
        self.after(
            2,
            Event::Fit {
                i,
                life,
                again: false,
            },
        );
    }

    pub fn kill_agent(&mut self, i: usize) {
        let node = &mut self.nodes[i];
        node.driver = None;
        node.run = None;
        node.life += 1;
        node.run_id += 1;
    }

    /// The agent's own clock.
    pub fn moment(&self, i: usize) -> Duration {
        Duration::from_millis(self.now - self.nodes[i].born)
    }

    /// As `fitness.rs` asks: two tries, then a pause.
    pub fn ask_fitness(&mut self, i: usize, life: u32, again: bool) {
        if self.nodes[i].life != life {
            return;
        }
        let fit = self.is_ready(i);
        if !fit && !again {
            let wait = if self.nodes[i].is_silent() { 500 } else { 200 };
            self.after(
                wait,
                Event::Fit {
                    i,
                    life,
                    again: true,
                },
            );
            return;
        }
        self.after(
            500,
            Event::Fit {
                i,
                life,
                again: false,
            },
        );
        self.turn(i, vec![News::Fit(fit)]);
    }

    pub fn see_vrrp(&mut self, i: usize) {
        let state = vrrp::state(self.nodes[i].address, self.nodes[i].told);
        self.turn(i, vec![News::Vrrp(state)]);
    }

    pub fn turn(&mut self, i: usize, news: Vec<News>) {
        let now = self.moment(i);
        let jitter = self.rng.fraction();
        let mut notes = std::mem::take(&mut self.notes);
        notes.clear();
        let node = &mut self.nodes[i];
        let Some(driver) = &mut node.driver else {
            self.notes = notes;
            return;
        };
        let (step, wake) = driver.turn(now, news, jitter, &mut notes);
        if let Some(bonus) = driver.agent.bonus() {
            node.bonus = bonus;
        }
        node.turn += 1;
        let (turn, born) = (node.turn, node.born);
        if self.shows {
            for note in &notes {
                self.say(&format!("{}: {note:?}", id(i)));
            }
        }
        self.notes = notes;
        if let Some(step) = step {
            self.begin(i, step);
        }
        if let Some(wake) = wake {
            let at = born + u64::try_from(wake.as_millis()).unwrap_or(0) + 1;
            self.at(at.max(self.now + 1), Event::Wake { i, turn });
        }
    }

    fn begin(&mut self, i: usize, step: Step) {
        let acts = !matches!(step, Step::Look { .. });
        if self.shows && acts {
            self.say(&format!("{} begins {step:?}", id(i)));
        }
        self.nodes[i].run_id += 1;
        let run = self.nodes[i].run_id;
        let (record, live) = match step {
            Step::Look { record, live } => (record, live),
            _ => (false, false),
        };
        let since = self.now;
        let reading = record.then(|| Reading {
            since,
            ..Reading::default()
        });
        self.nodes[i].run = Some(Run {
            step,
            since,
            reading,
            asks: live,
            asked: None,
        });
        if record {
            self.read(i, run);
        }
        if live {
            self.after(
                0,
                Event::Ask {
                    i,
                    run,
                    first: None,
                },
            );
        }
        let caller = Caller::Agent { i, run };
        match step {
            Step::ReleaseStage => {
                self.claims(i);
                self.post(caller, STAGE, None, ACT_TIMEOUT);
            }
            Step::AssignLive(_) => {
                self.claims(i);
                self.post(caller, LIVE, Some(id(i)), ACT_TIMEOUT);
            }
            Step::Poll { action, .. } => {
                self.count_call(i);
                self.poll(caller, action);
            }
            _ => {}
        }
        if acts && let Some(left) = &mut self.nodes[i].dies_in {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.nodes[i].dies_in = None;
                let wait = self.rng.between(0, 300);
                self.after(wait, Event::AgentDies { i });
            }
        }
    }

    /// The read of one record, asked again while the API is silent.
    pub fn read(&mut self, i: usize, run: u32) {
        let Some(since) = self.reading(i, run).map(|it| it.since) else {
            return;
        };
        self.count_call(i);
        match self.cloud.fate(&mut self.rng) {
            Fate::Answered(wait) => self.after(wait, Event::ReadAnswered { i, run }),
            Fate::Refused(wait, error) => {
                self.after(
                    wait,
                    Event::ReadFailed {
                        i,
                        run,
                        limited: error.retry_after().is_some(),
                    },
                );
            }
            Fate::Silence if self.now < since + READ_PATIENCE => {
                self.after(HEDGE_AFTER, Event::Read { i, run });
            }
            Fate::Silence => self.read_is(i, run, Err(silent())),
        }
    }

    fn reading(&mut self, i: usize, run: u32) -> Option<&mut Reading> {
        if self.nodes[i].run_id != run {
            return None;
        }
        self.nodes[i]
            .run
            .as_mut()?
            .reading
            .as_mut()
            .filter(|it| it.result.is_none())
    }

    pub fn read_answered(&mut self, i: usize, run: u32) {
        let (live, stage) = (self.cloud.holding(LIVE), self.cloud.holding(STAGE));
        let now = self.now;
        let Some(reading) = self.reading(i, run) else {
            return;
        };
        let Some(live_was) = reading.live else {
            reading.live = Some(live);
            reading.since = now;
            self.read(i, run);
            return;
        };
        self.read_is(
            i,
            run,
            Ok(Record {
                live: live_was,
                stage: Some(stage),
            }),
        );
    }

    pub fn read_is(&mut self, i: usize, run: u32, result: Result<Record, floatip::api::Error>) {
        if result.is_ok() {
            self.nodes[i].refused = false;
        }
        if let Some(reading) = self.reading(i, run) {
            reading.result = Some(result);
            self.looked(i, run);
        }
    }

    /// One of the two quick tries that the live IP gets.
    pub fn ask_live(&mut self, i: usize, run: u32, first: Option<Served>) {
        if self.nodes[i].run_id != run {
            return;
        }
        let since = if first.is_some() {
            self.now - 100
        } else {
            self.now
        };
        let (wait, serves) = match (first, self.served()) {
            (_, Served::Answered) => (8, true),
            (None, served) => {
                self.after(
                    100,
                    Event::Ask {
                        i,
                        run,
                        first: Some(served),
                    },
                );
                return;
            }
            (Some(Served::Refused), Served::Refused) => (2, false),
            _ => (400, false),
        };
        self.after(
            wait,
            Event::Asked {
                i,
                run,
                since,
                serves,
            },
        );
    }

    pub fn asked(&mut self, i: usize, run: u32, since: Ms, serves: bool) {
        let (now, born) = (self.moment(i), self.nodes[i].born);
        let node = &mut self.nodes[i];
        let Some(it) = node.run.as_mut().filter(|_| node.run_id == run) else {
            return;
        };
        it.asked = Some((Duration::from_millis(since - born), now, serves));
        self.looked(i, run);
    }

    /// A look ends when the record is there and the live IP has answered; until then one that doesn't serve is asked again.
    fn looked(&mut self, i: usize, run: u32) {
        let Some(it) = &self.nodes[i].run else { return };
        let reads = it.reading.as_ref().is_some_and(|it| it.result.is_none());
        let asks = it.asks && it.asked.is_none();
        if reads || asks {
            if let (true, Some((_, at, false))) = (reads, it.asked)
                && at == self.moment(i)
            {
                self.after(
                    0,
                    Event::Ask {
                        i,
                        run,
                        first: None,
                    },
                );
            }
            return;
        }
        let born = self.nodes[i].born;
        let Some(it) = self.nodes[i].run.take() else {
            return;
        };
        let live = it.asked.map(|(since, until, serves)| News::Live {
            since,
            until,
            serves,
        });
        let since = Duration::from_millis(it.since - born);
        let record = it
            .reading
            .and_then(|it| it.result)
            .map(|result| News::Record { since, result });
        self.finished(i, live.into_iter().chain(record).collect());
    }

    pub fn finished(&mut self, i: usize, news: Vec<News>) {
        self.nodes[i].run = None;
        self.nodes[i].run_id += 1;
        if let Some(driver) = &mut self.nodes[i].driver {
            driver.ended();
        }
        self.turn(i, news);
    }

    pub fn answered(&mut self, i: usize, run: u32, news: News) {
        if self.nodes[i].run_id == run && self.nodes[i].run.is_some() {
            self.finished(i, vec![news]);
        }
    }

    pub fn kind(&self, i: usize) -> Kind {
        match self.nodes[i].run.as_ref().map(|it| it.step) {
            Some(Step::ReleaseStage) => Kind::ReleaseStage,
            _ => Kind::AssignLive,
        }
    }

    /// The record of both reserved IPs, for those who read it with one call.
    pub fn list(&self) -> Vec<(std::net::Ipv4Addr, Holding)> {
        [LIVE, STAGE]
            .map(|ip| (IPS[ip], self.cloud.holding(ip)))
            .to_vec()
    }

    pub fn is_lossy(&self) -> bool {
        matches!(self.cloud.mood, Mood::Loses)
    }
}
