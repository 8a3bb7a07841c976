//! A release, as the crate `release` carries it out: the stage IP to the standby, the stage IP released, the cool-down, the live IP moved
//! only from where the release found it, a look from outside, back on failure, and a new runner that resumes when one is killed. The
//! orders and the mover are the real ones.

use std::{net::Ipv4Addr, time::Duration};

use floatip::mover::{
    api::Holding,
    move_state::{Limits, MoveState, Moved},
    order::{MoveError, Order, Place},
    release_orders,
};

use super::{
    cloud::{IPS, LIVE, STAGE},
    event::{Event, Served},
    flaw::Flaw,
    world::{Ms, World, id},
};

/// How long each move may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a version may take to answer after a move.
const ARRIVAL: Ms = 10_000;
/// Looks at the new version, a second apart, before it counts as good.
const LOOKS: u32 = 3;

/// What is done next. In the order of a release, which a resumed one relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Check,
    RequireLive,
    Stage,
    Candidate,
    Unstage,
    CoolDown,
    Move,
    Arrive,
    Look,
    GiveUp,
    GoBack,
    ArriveBack,
    Settle,
}

/// What the new version turns out to be while it is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Good,
    Bad,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was changed: the pair was not fit for a release.
    Unfit,
    /// The new version is live.
    Confirmed,
    /// The previous version is live, or a failover came in between.
    GivenUp,
    /// The pair could not be brought to rest; an operator has to resume it.
    Open,
}

#[derive(Clone, Debug)]
pub struct Release {
    pub phase: Phase,
    pub outcome: Option<Outcome>,
    /// In the journal: from where to where, once it has been checked.
    pub live: u64,
    pub standby: u64,
    /// The standby runs the new version.
    switched: bool,
    cool_down: Ms,
    version: Version,
    overtaken: bool,
    looks: u32,
    until: Ms,
    /// Where its newest record has the live IP.
    pub read: Option<Place>,
    pub record: Vec<(Ipv4Addr, Holding)>,
    /// A call was refused with 422, and the record was not read since.
    pub refused: bool,
}

impl Release {
    pub fn new(cool_down: Ms, version: Version) -> Self {
        Self {
            phase: Phase::Check,
            outcome: None,
            live: 0,
            standby: 0,
            switched: false,
            cool_down,
            version,
            overtaken: false,
            looks: 0,
            until: 0,
            read: None,
            record: Vec::new(),
            refused: false,
        }
    }

    /// It has read the record.
    pub fn reads(&mut self, record: &[(Ipv4Addr, Holding)]) {
        self.read = Some(Place::from(record[LIVE].1.holder));
        self.record = record.to_vec();
        self.refused = false;
    }
}

impl World {
    fn release(&mut self, k: usize) -> &mut Release {
        self.actors[k].release.as_mut().expect("it is a release")
    }

    /// The runner is idle: its next step begins.
    pub fn release_acts(&mut self, k: usize) {
        let it = self.release(k).clone();
        match it.phase {
            Phase::Check | Phase::RequireLive | Phase::Look | Phase::GiveUp => self.locates(k),
            Phase::Stage => {
                let order = release_orders::stage(IPS[STAGE], it.live, it.standby);
                self.executes(k, order);
            }
            Phase::Candidate => {
                let wait = self.rng.between(1_000, 3_000);
                self.release_waits(k, wait, Phase::Unstage);
            }
            Phase::Unstage => {
                self.release(k).switched = true;
                self.unstages(k);
            }
            Phase::CoolDown => {
                let wait = if self.flaw == Some(Flaw::SkipsCoolDown) {
                    1
                } else {
                    it.cool_down
                };
                self.release_waits(k, wait, Phase::Move);
            }
            Phase::Move if !self.is_ready(index(it.standby)) => self.release_goes(k, Phase::GiveUp),
            Phase::Move => {
                let order = release_orders::move_live(IPS[LIVE], it.live, it.standby);
                self.executes(k, order);
            }
            Phase::Arrive => self.arrives(k, it.standby, Phase::Look, Phase::GiveUp),
            Phase::GoBack if !self.is_ready(index(it.live)) => {
                self.release_ends(k, Outcome::Open);
            }
            Phase::GoBack => {
                let order = release_orders::move_live(IPS[LIVE], it.standby, it.live);
                self.executes(k, order);
            }
            Phase::ArriveBack => self.arrives(k, it.live, Phase::Settle, Phase::Settle),
            Phase::Settle if self.flaw == Some(Flaw::LeavesStage) => {
                self.release_ends(k, Outcome::GivenUp);
            }
            Phase::Settle => self.unstages(k),
        }
    }

    fn limits() -> Limits {
        Limits {
            deadline: PATIENCE,
            poll_every: Duration::from_millis(200),
            retry_after_most: Duration::from_secs(5),
            refusals_most: None,
            ..Limits::default()
        }
    }

    fn executes(&mut self, k: usize, order: Order) {
        let ip = order.ip;
        let state = MoveState::new(order, Self::limits(), self.clock());
        self.begins_move(k, state, ip);
    }

    fn locates(&mut self, k: usize) {
        let state = MoveState::locate(IPS[LIVE], Self::limits(), self.clock());
        self.begins_move(k, state, IPS[LIVE]);
    }

    fn unstages(&mut self, k: usize) {
        self.executes(k, release_orders::unstage(IPS[STAGE], [1, 2]));
    }

    fn release_goes(&mut self, k: usize, phase: Phase) {
        self.say(&format!("release {k}: {phase:?}"));
        let now = self.now;
        let it = self.release(k);
        it.phase = phase;
        it.until = now + ARRIVAL;
        self.wake_actor(k, 1);
    }

    fn release_waits(&mut self, k: usize, wait: Ms, then: Phase) {
        self.release_goes(k, then);
        self.wake_actor(k, wait);
    }

    fn release_ends(&mut self, k: usize, outcome: Outcome) {
        self.say(&format!("release {k} ends: {outcome:?}"));
        self.release(k).outcome = Some(outcome);
        self.actors[k].over = true;
        self.release_ended(k, outcome);
    }

    /// The version on `droplet` answers at the live IP, or does not in time.
    fn arrives(&mut self, k: usize, droplet: u64, then: Phase, or_else: Phase) {
        let here = self.cloud.data_plane == Some(droplet) && self.served() == Served::Answered;
        if here {
            self.release_goes(k, then);
        } else if self.now >= self.release(k).until {
            self.release_goes(k, or_else);
        } else {
            self.wake_actor(k, 100);
        }
    }

    /// A move, or a read of the record, has ended.
    pub fn release_moved(&mut self, k: usize, result: Result<Moved, MoveError>) {
        let it = self.release(k).clone();
        let place = match result {
            Ok(moved) => moved.from,
            Err(error) => {
                let overtaken = matches!(
                    error,
                    MoveError::Overtaken { .. } | MoveError::Occupied { .. }
                );
                self.release(k).overtaken |= overtaken;
                return match it.phase {
                    Phase::Check => self.release_ends(k, Outcome::Unfit),
                    Phase::GiveUp | Phase::GoBack | Phase::Settle => {
                        self.release_ends(k, Outcome::Open);
                    }
                    // While it watches, a record that can't be read is no verdict.
                    Phase::Look => self.looked_at(k),
                    _ => self.release_goes(k, Phase::GiveUp),
                };
            }
        };
        match it.phase {
            Phase::Check => self.checked(k, place),
            Phase::RequireLive if place == Place::On(it.live) => self.release_goes(k, Phase::Stage),
            Phase::RequireLive => self.release_goes(k, Phase::GiveUp),
            Phase::Stage => self.release_goes(k, Phase::Candidate),
            Phase::Unstage => self.release_goes(k, Phase::CoolDown),
            Phase::Move => self.release_goes(k, Phase::Arrive),
            Phase::Look if place == Place::On(it.standby) => self.looked_at(k),
            Phase::Look => {
                self.release(k).overtaken = true;
                self.release_goes(k, Phase::GiveUp);
            }
            Phase::GiveUp => {
                let back = place == Place::On(it.standby) && it.switched && !it.overtaken;
                self.release_goes(k, if back { Phase::GoBack } else { Phase::Settle });
            }
            Phase::GoBack => self.release_goes(k, Phase::ArriveBack),
            Phase::Settle => self.release_ends(k, Outcome::GivenUp),
            Phase::Candidate | Phase::CoolDown | Phase::Arrive | Phase::ArriveBack => {}
        }
    }

    fn checked(&mut self, k: usize, place: Place) {
        let (Place::On(live), true, true) = (place, self.is_ready(0), self.is_ready(1)) else {
            self.release_ends(k, Outcome::Unfit);
            return;
        };
        let it = self.release(k);
        (it.live, it.standby) = (live, 3 - live);
        self.release_goes(k, Phase::RequireLive);
    }

    fn looked_at(&mut self, k: usize) {
        let it = self.release(k);
        it.looks += 1;
        match (it.looks < LOOKS, it.version) {
            (true, _) => self.release_waits(k, 1_000, Phase::Look),
            (false, Version::Bad) => self.release_goes(k, Phase::GiveUp),
            (false, Version::Good) => self.release_ends(k, Outcome::Confirmed),
        }
    }

    /// The runner is killed. A call that it has sent may still be carried out.
    pub fn runner_dies(&mut self, k: usize) {
        let actor = &mut self.actors[k];
        if actor.over {
            return;
        }
        actor.interrupt();
        self.say(&format!("the runner of release {k} is killed"));
        let wait = self.rng.between(500, 10_000);
        self.after(wait, Event::RunnerResumes { k });
    }

    /// Another runner takes it over, from what the journal has and where the live IP is.
    pub fn runner_resumes(&mut self, k: usize) {
        let holder = self.cloud.holder[LIVE];
        let it = self.release(k);
        if it.live == 0 {
            self.release_ends(k, Outcome::Unfit);
            return;
        }
        it.overtaken = false;
        it.looks = 0;
        let new_is_live = holder == Some(it.standby) && it.switched;
        let phase = match it.phase {
            phase if phase > Phase::GiveUp => Phase::Settle,
            _ if new_is_live => Phase::Arrive,
            phase if phase >= Phase::Arrive || holder != Some(it.live) => Phase::Settle,
            _ => Phase::RequireLive,
        };
        self.release_goes(k, phase);
    }

    /// What must hold when a release sends a call that moves an IP to a droplet.
    pub fn release_calls(&mut self, k: usize, ip: usize, to: Option<u64>) {
        if ip != LIVE {
            return;
        }
        let it = self.release(k).clone();
        let from = if it.phase == Phase::Move {
            it.live
        } else {
            it.standby
        };
        if it.read != Some(Place::On(from)) {
            self.wrong(&format!(
                "release {k} moves the live IP, which its record has {:?}, not on {from}",
                it.read
            ));
        }
        if it.refused {
            self.wrong(&format!(
                "release {k} moves the live IP after a 422 without having read the record"
            ));
        }
        let cooled = to.is_none_or(|to| {
            self.staged_at[index(to)].is_none_or(|at| self.now >= at + it.cool_down)
        });
        if it.phase == Phase::Move && !cooled && !self.is_disturbed() {
            self.wrong(&format!(
                "release {k} moves the live IP before the cool-down is over"
            ));
        }
    }

    /// What must hold when a release has ended, if nobody else moves addresses and no call is still on its way.
    fn release_ended(&mut self, k: usize, outcome: Outcome) {
        let staged = self.cloud.holder[STAGE];
        if !matches!(outcome, Outcome::Confirmed | Outcome::GivenUp) || self.is_disturbed() {
            return;
        }
        if staged.is_some() {
            self.wrong(&format!("release {k} leaves the stage IP on {staged:?}"));
        }
    }
}

fn index(droplet: u64) -> usize {
    (0..2).find(|i| id(*i) == droplet).unwrap_or(0)
}
