//! The agent on a droplet: the real loop and decision. The calls that `perform.rs` makes are simulated here.

use std::time::Duration;

use floatip::{
    decide::{
        agent::{Agent, Observation},
        decision::Decision,
        history::ActionKind,
    },
    mover::api::Holding,
    observe::vrrp,
    serve::agent_loop::AgentLoop,
};

use super::{
    cloud::{IPS, LIVE, Mood, STAGE},
    event::{Caller, Event},
    flaw::Flaw,
    node::{Reading, Run},
    world::{Ms, World, id},
};

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
        node.told_fit = false;
        node.driver = Some(AgentLoop::new(Agent::new(id(i), self.settings)));
        let life = node.life;
        self.turn(i, vec![Observation::Frozen(self.frozen)]);
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
        self.nodes[i].told_fit = fit;
        self.turn(i, vec![Observation::Fit(fit)]);
    }

    pub fn see_vrrp(&mut self, i: usize) {
        let state = vrrp::state(self.nodes[i].address, self.nodes[i].told);
        self.turn(i, vec![Observation::Vrrp(state)]);
    }

    pub fn turn(&mut self, i: usize, news: Vec<Observation>) {
        let now = self.moment(i);
        let jitter = self.rng.fraction();
        let mut notes = std::mem::take(&mut self.notes);
        notes.clear();
        let node = &mut self.nodes[i];
        let Some(driver) = &mut node.driver else {
            self.notes = notes;
            return;
        };
        let mut seen = news;
        if let Some(flaw) = self.flaw {
            let distort = |it| flaw.distort(now, &driver.agent, it);
            seen = seen.into_iter().flat_map(distort).collect();
        }
        let (step, wake) = driver.turn(now, seen, jitter, &mut notes);
        if let Some(bonus) = driver.agent.bonus() {
            node.bonus = bonus && self.flaw != Some(Flaw::NoBonus);
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

    fn begin(&mut self, i: usize, step: Decision) {
        let acts = !matches!(step, Decision::Look { .. });
        if self.shows && acts {
            self.say(&format!("{} begins {step:?}", id(i)));
        }
        self.nodes[i].run_id += 1;
        let run = self.nodes[i].run_id;
        let (record, live) = match step {
            Decision::Look { record, live } => (record, live),
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
            beside: false,
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
            Decision::ReleaseStage => {
                self.claims(i);
                self.post(caller, STAGE, None, ACT_TIMEOUT);
            }
            Decision::AssignLive(_) => {
                self.claims(i);
                self.post(caller, LIVE, Some(id(i)), ACT_TIMEOUT);
            }
            Decision::Poll { action, .. } => {
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

    pub fn finished(&mut self, i: usize, news: Vec<Observation>) {
        self.nodes[i].run = None;
        self.nodes[i].run_id += 1;
        if let Some(driver) = &mut self.nodes[i].driver {
            driver.ended();
        }
        self.turn(i, news);
    }

    pub fn answered(&mut self, i: usize, run: u32, news: Observation) {
        if self.nodes[i].run_id == run && self.nodes[i].run.is_some() {
            self.finished(i, vec![news]);
        }
    }

    pub fn kind(&self, i: usize) -> ActionKind {
        match self.nodes[i].run.as_ref().map(|it| it.step) {
            Some(Decision::ReleaseStage) => ActionKind::ReleaseStage,
            _ => ActionKind::AssignLive,
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
