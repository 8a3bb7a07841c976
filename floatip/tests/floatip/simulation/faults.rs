//! What goes wrong, and when: each fault begins, lasts, and ends, by the seed.

use super::{
    actors::{Actor, Intent},
    cloud::Mood,
    event::Event,
    node::App,
    release::Version,
    world::{Ms, World, id},
};

/// Faults begin before this.
const TROUBLE: Ms = 40_000;
/// Both droplets have come up by then.
const CALM: Ms = 6_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    App(usize, App),
    /// Killed, and up again at once.
    AppRestarts(usize),
    /// Up for moments, and down again.
    AppCrashes(usize),
    PowerOff(usize),
    Freeze(usize),
    KeepalivedStops(usize),
    KeepalivedKilled(usize),
    AgentDies(usize),
    AgentDiesInStep(usize),
    Cut(bool, bool),
    Database(bool, bool),
    Api(Mood),
    DataPlaneLags,
    MovesTakeLong,
    Acts(Intent),
    OperatorFreezes,
}

#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub what: What,
    /// It never ends.
    pub stays: bool,
    pub over: bool,
}

impl World {
    /// Both droplets come up.
    pub fn start(&mut self) {
        for i in 0..2 {
            self.start_keepalived(i);
            let at = self.rng.between(0, 2_000);
            self.at(at, Event::AgentStarts { i });
        }
    }

    /// This fault, at this time; without an end it stays.
    pub fn has(&mut self, what: What, begins: Ms, ends: Option<Ms>) {
        let fault = self.faults.len();
        let stays = ends.is_none();
        self.faults.push(Fault {
            what,
            stays,
            over: false,
        });
        self.at(begins, Event::Begins { fault });
        if let Some(ends) = ends {
            self.at(ends, Event::Ends { fault });
        }
    }

    /// Plans the schedule; tells when the last trouble ends.
    pub fn plan(&mut self) -> Ms {
        self.start();
        let mut last = CALM;
        // At most one droplet stays unfit.
        let mut may_stay = self.rng.percent(40);
        for _ in 0..self.rng.between(1, 6) {
            let what = self.any();
            let begins = self.rng.between(CALM, TROUBLE);
            let lasts = self.rng.pick(&[200, 900, 3_000, 8_000, 20_000]);
            let lasts = match what {
                What::AppRestarts(_) => self.rng.between(50, 300),
                _ => lasts + self.rng.between(0, lasts),
            };
            let stays = may_stay && what.may_stay();
            may_stay &= !stays;
            self.has(what, begins, (!stays).then_some(begins + lasts));
            let mut ends = if stays { begins } else { begins + lasts };
            if let What::Acts(_) = what {
                // What it does is over by its own deadlines: three moves, two cool-downs, a look from outside.
                ends = begins + 75_000;
            }
            last = last.max(ends);
        }
        last
    }

    fn any(&mut self) -> What {
        let i = usize::from(self.rng.percent(50));
        let other = self.rng.percent(50);
        match self.rng.between(0, 25) {
            0 => What::App(i, App::Down),
            1 => What::App(i, App::Hangs),
            2 => What::AppRestarts(i),
            3 => What::AppCrashes(i),
            4 | 5 => What::PowerOff(i),
            6 => What::Freeze(i),
            7 => What::KeepalivedStops(i),
            8 => What::KeepalivedKilled(i),
            9 => What::AgentDies(i),
            10 => What::AgentDiesInStep(i),
            11 => What::Cut(true, other),
            12 => What::Cut(other, true),
            13 => What::Database(i == 0, i == 1),
            14 => What::Database(true, true),
            15 => What::Api(self.rng.pick(&[Mood::Broken, Mood::Flaky, Mood::Flaky])),
            16 => What::Api(self.rng.pick(&[Mood::Limited, Mood::Slow])),
            17 => What::Api(Mood::Silent),
            18 => What::Api(self.rng.pick(&[Mood::Loses, Mood::Late])),
            19 => What::Api(Mood::Errs),
            20 => self.rng.pick(&[What::DataPlaneLags, What::MovesTakeLong]),
            21 => What::Acts(Intent::Move(id(i))),
            22 => What::Acts(Intent::Swap(self.rng.between(500, 6_000))),
            23 | 24 => What::Acts(Intent::Release {
                cool_down: self.rng.between(500, 6_000),
                version: self.rng.pick(&[Version::Good, Version::Good, Version::Bad]),
            }),
            _ => What::OperatorFreezes,
        }
    }

    pub fn begins(&mut self, fault: usize) {
        let what = self.faults[fault].what;
        if !matches!(what, What::DataPlaneLags | What::Acts(_)) {
            self.trouble_at = self.now;
        }
        self.say(&format!(
            "begins: {what:?}{}",
            if self.faults[fault].stays {
                ", and stays"
            } else {
                ""
            }
        ));
        match what {
            What::App(i, app) => self.nodes[i].app = app,
            What::AppRestarts(i) => self.nodes[i].app = App::Down,
            What::AppCrashes(_) => self.flaps(fault),
            What::PowerOff(i) => self.power_off(i),
            What::Freeze(i) => {
                if self.nodes[i].on {
                    self.nodes[i].frozen_since = Some(self.now);
                }
            }
            What::KeepalivedStops(i) => self.stop_keepalived(i, true),
            What::KeepalivedKilled(i) => {
                self.stop_keepalived(i, false);
            }
            What::AgentDies(i) => self.kill_agent(i),
            What::AgentDiesInStep(i) => {
                let steps = u32::try_from(self.rng.between(1, 6)).unwrap_or(1);
                self.nodes[i].dies_in = Some(steps);
            }
            What::Cut(there, back) => self.cut = [there, back],
            What::Database(a, b) => {
                self.nodes[0].database &= !a;
                self.nodes[1].database &= !b;
            }
            What::Api(mood) => self.cloud.mood = mood,
            What::DataPlaneLags => self.cloud.lag = 10_000,
            What::MovesTakeLong => self.cloud.move_takes = 15_000,
            // Only one release at a time: the journal sees to that.
            What::Acts(Intent::Release { .. })
                if self.actors.iter().any(|it| it.release.is_some()) => {}
            What::Acts(intent) => {
                self.actors.push(Actor::new(intent));
                self.actor_begins(self.actors.len() - 1);
            }
            What::OperatorFreezes => self.freeze(true),
        }
    }

    /// Up for moments, and down again, until the fault has ended.
    pub fn flaps(&mut self, fault: usize) {
        let What::AppCrashes(i) = self.faults[fault].what else {
            return;
        };
        if self.faults[fault].over {
            return;
        }
        let up = self.nodes[i].app == App::Up;
        self.nodes[i].app = if up { App::Down } else { App::Up };
        let wait = if up { 100 } else { self.rng.between(50, 1_500) };
        self.after(wait, Event::Flaps { fault });
    }

    fn freeze(&mut self, is: bool) {
        self.frozen = is;
        for i in 0..2 {
            let wait = self.rng.between(10, 2_500);
            self.after(wait, Event::Frozen { i });
        }
    }

    fn power_off(&mut self, i: usize) {
        self.stop_keepalived(i, false);
        self.kill_agent(i);
        self.thaw(i);
        let node = &mut self.nodes[i];
        node.on = false;
        node.address = false;
        node.told = floatip::observe::vrrp::Vrrp::Unknown;
        node.bonus = false;
    }

    pub fn ends(&mut self, fault: usize) {
        let what = self.faults[fault].what;
        self.faults[fault].over = true;
        if !matches!(what, What::DataPlaneLags | What::Acts(_)) {
            self.trouble_at = self.now;
        }
        self.say(&format!("ends: {what:?}"));
        match what {
            What::App(i, _) | What::AppRestarts(i) | What::AppCrashes(i) => self.app_returns(i),
            What::PowerOff(i) => {
                if self.nodes[i].on || self.stays(|it| it == What::PowerOff(i)) {
                    return;
                }
                self.nodes[i].on = true;
                self.start_keepalived(i);
                let wait = self.rng.between(100, 3_000);
                self.after(wait, Event::AgentStarts { i });
            }
            What::Freeze(i) if self.nodes[i].frozen_since.is_some() => self.thaw(i),
            What::KeepalivedStops(i) | What::KeepalivedKilled(i) => {
                if self.nodes[i].on && !self.nodes[i].keepalived.runs {
                    self.start_keepalived(i);
                }
            }
            What::AgentDies(i) => self.start_agent(i),
            What::Cut(..) => self.cut = [false; 2],
            What::Database(..) => {
                for i in 0..2 {
                    self.nodes[i].database =
                        !self.stays(|it| matches!(it, What::Database(a, b) if [a, b][i]));
                }
            }
            What::Api(_) => self.cloud.mood = Mood::Well,
            What::DataPlaneLags => self.cloud.lag = 0,
            What::MovesTakeLong => self.cloud.move_takes = 2_000,
            What::OperatorFreezes => self.freeze(false),
            What::Freeze(_) | What::AgentDiesInStep(_) | What::Acts(_) => {}
        }
    }

    fn app_returns(&mut self, i: usize) {
        if !self.stays(|it| matches!(it, What::App(j, _) if j == i)) {
            self.nodes[i].app = App::Up;
        }
    }

    /// True if such a fault has begun for good.
    fn stays(&self, is: impl Fn(What) -> bool) -> bool {
        self.faults.iter().any(|it| it.stays && is(it.what))
    }
}

impl What {
    fn may_stay(self) -> bool {
        match self {
            Self::App(..) | Self::PowerOff(_) => true,
            Self::Database(a, b) => a != b,
            _ => false,
        }
    }
}
