//! Actors that move IPs: an operator with `floatip move` or `floatip swap`, and a release. Moves and plans are the real ones.

use std::{collections::VecDeque, net::Ipv4Addr, time::Duration};

use floatip::mover::{
    api::{Action, Error},
    move_state::{Call, CallResult, Limits, MoveState, NextCall},
    order::{Accepted, Order, Place},
    swap::{SwapGoal, SwapStep, plan},
};

use super::{
    cloud::{Fate, IPS, LIVE, STAGE, silent},
    event::{Caller, Event, Served},
    flaw::Flaw,
    release::{Phase, Release, Version},
    world::{Ms, World, failure},
};

/// What an actor wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Move the live IP there, whoever holds it.
    Move(u64),
    /// Swap live and stage IP, with this cool-down.
    Swap(Ms),
    /// Release a new version, with this cool-down; a bad one is moved back.
    Release { cool_down: Ms, version: Version },
}

#[derive(Clone, Debug)]
pub struct Actor {
    pub intent: Intent,
    steps: VecDeque<SwapStep>,
    moving: Option<(MoveState, Ipv4Addr)>,
    doing: Option<Call>,
    call: u32,
    turn: u32,
    verify_until: Option<Ms>,
    good: u32,
    /// The last move that was done, as `swap.rs` remembers it.
    last: Option<Order>,
    pub over: bool,
    pub release: Option<Release>,
}

impl Actor {
    pub fn new(intent: Intent) -> Self {
        Self {
            intent,
            steps: VecDeque::new(),
            moving: None,
            doing: None,
            call: 0,
            turn: 0,
            verify_until: None,
            good: 0,
            last: None,
            over: false,
            release: match intent {
                Intent::Release { cool_down, version } => Some(Release::new(cool_down, version)),
                _ => None,
            },
        }
    }
}

impl Actor {
    /// Its process is killed; responses to its calls are lost.
    pub fn interrupt(&mut self) {
        self.moving = None;
        self.doing = None;
        self.call += 1;
        self.turn += 1;
    }
}

impl World {
    pub fn clock(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    /// Begins, once the record can be read.
    pub fn actor_begins(&mut self, k: usize) {
        let intent = self.actors[k].intent;
        self.say(&format!("actor {k} begins: {intent:?}"));
        match intent {
            Intent::Move(to) => {
                let order = Order {
                    ip: IPS[LIVE],
                    from: Accepted::WhereFound,
                    to: Place::On(to),
                };
                self.actors[k].steps = [SwapStep::Move(order)].into();
            }
            Intent::Swap(cool_down) => {
                let live = self.cloud.holder[LIVE];
                let wish = SwapGoal {
                    live: IPS[LIVE],
                    stage: Some(IPS[STAGE]),
                    from: live,
                    to: live.map(|it| 3 - it),
                    keep_stage: true,
                    cool_down: Duration::from_millis(cool_down),
                };
                match plan(&self.list(), &wish) {
                    Ok(steps) => self.actors[k].steps = steps.into(),
                    Err(_) => self.actors[k].over = true,
                }
            }
            Intent::Release { .. } => {}
        }
        if self.actors[k].release.is_some() && self.rng.percent(40) {
            let wait = self.rng.between(0, 40_000);
            self.after(wait, Event::RunnerDies { k });
        }
        self.wake_actor(k, 0);
    }

    pub fn wake_actor(&mut self, k: usize, wait: Ms) {
        self.actors[k].turn += 1;
        let turn = self.actors[k].turn;
        self.after(wait, Event::ActorActs { k, turn });
    }

    pub fn actor_acts(&mut self, k: usize, turn: u32) {
        if self.actors[k].turn != turn || self.actors[k].over {
            return;
        }
        if self.actors[k].moving.is_some() {
            self.moves_on(k);
            return;
        }
        if self.actors[k].release.is_some() {
            self.release_acts(k);
            return;
        }
        match self.actors[k].steps.front().cloned() {
            None => self.actors[k].over = true,
            Some(SwapStep::Move(order)) => {
                let limits = Limits {
                    deadline: Duration::from_secs(20),
                    ..Limits::default()
                };
                let ip = order.ip;
                let state = MoveState::new(order, limits, self.clock());
                self.begins_move(k, state, ip);
            }
            Some(SwapStep::CoolDown(time)) => {
                self.actors[k].steps.pop_front();
                self.wake_actor(k, u64::try_from(time.as_millis()).unwrap_or(0));
            }
            Some(SwapStep::Verify) => self.verifies(k),
        }
    }

    /// Three good answers within ten seconds, or the live IP goes back.
    fn verifies(&mut self, k: usize) {
        let served = self.served() == Served::Answered;
        let now = self.now;
        let actor = &mut self.actors[k];
        let until = *actor.verify_until.get_or_insert(now + 15_000);
        actor.good = if served { actor.good + 1 } else { 0 };
        if actor.good == 3 {
            actor.steps.pop_front();
        } else if now >= until {
            let Some(order) = actor.last.as_ref().and_then(Order::back) else {
                return;
            };
            actor.steps = [SwapStep::Move(order)].into();
            self.say(&format!("actor {k} moves back"));
        }
        self.wake_actor(k, 100);
    }

    pub fn begins_move(&mut self, k: usize, state: MoveState, ip: Ipv4Addr) {
        self.actors[k].moving = Some((state, ip));
        self.moves_on(k);
    }

    fn moves_on(&mut self, k: usize) {
        let now = self.clock();
        let Some((moving, ip)) = &self.actors[k].moving else {
            return;
        };
        let (next, ip) = (moving.next(now), *ip);
        match next {
            NextCall::End(result) => {
                self.say(&format!("actor {k}: the move of {ip} ended: {result:?}"));
                self.actors[k].moving = None;
                if self.actors[k].release.is_some() {
                    self.release_moved(k, result);
                    return;
                }
                let step = self.actors[k].steps.pop_front();
                match (result, step) {
                    (Ok(_), Some(SwapStep::Move(order))) => self.actors[k].last = Some(order),
                    _ => self.actors[k].over = true,
                }
                self.wake_actor(k, 1);
            }
            NextCall::Wait(until) => {
                let wait = u64::try_from(until.saturating_sub(now).as_millis()).unwrap_or(0) + 1;
                self.wake_actor(k, wait);
            }
            NextCall::Call(call) => self.calls(k, call, ip),
        }
    }

    fn calls(&mut self, k: usize, call: Call, ip: Ipv4Addr) {
        let actor = &mut self.actors[k];
        actor.call += 1;
        actor.doing = Some(call);
        let caller = Caller::Actor {
            k,
            call: actor.call,
        };
        let number = actor.call;
        let ip = usize::from(ip != IPS[LIVE]);
        match call {
            Call::List => {
                if let Some(release) = &self.actors[k].release
                    && release.refused
                    && release.phase == Phase::Move
                    && self.flaw == Some(Flaw::CachesRecord)
                {
                    let record = release.record.clone();
                    self.actor_told(k, number, CallResult::Listed(Ok(record)));
                    return;
                }
                match self.cloud.fate(&mut self.rng) {
                    Fate::Answered(wait) => self.after(
                        wait,
                        Event::Listed {
                            k,
                            call: number,
                            fails: false,
                        },
                    ),
                    Fate::Refused(wait, _) => self.after(
                        wait,
                        Event::Listed {
                            k,
                            call: number,
                            fails: true,
                        },
                    ),
                    Fate::Silence => {}
                }
                self.after(2_000, Event::TimedOut { caller });
            }
            Call::Assign(to) => {
                if self.actors[k].release.is_some() {
                    self.release_calls(k, ip, Some(to));
                }
                self.post(caller, ip, Some(to), 1_200);
            }
            Call::Unassign => self.post(caller, ip, None, 1_200),
            Call::Poll(action) => self.poll(caller, action),
        }
    }

    fn actor_told(&mut self, k: usize, call: u32, answer: CallResult) {
        let (now, jitter) = (self.clock(), self.rng.fraction());
        let actor = &mut self.actors[k];
        if actor.call != call || actor.doing.take().is_none() {
            return;
        }
        if let Some((moving, _)) = &mut actor.moving {
            let note = moving.receive(now, answer, jitter);
            if let Some(note) = note {
                self.say(&format!("actor {k}: {note}"));
            }
            self.moves_on(k);
        }
    }

    pub fn actor_listed(&mut self, k: usize, call: u32, fails: bool) {
        let record = if fails {
            Err(failure(false))
        } else {
            Ok(self.list())
        };
        let actor = &mut self.actors[k];
        if let (Some(release), Ok(record), true) = (&mut actor.release, &record, actor.call == call)
        {
            release.reads(record);
        }
        self.actor_told(k, call, CallResult::Listed(record));
    }

    pub fn actor_started(&mut self, k: usize, call: u32, result: Result<Action, Error>) {
        let actor = &mut self.actors[k];
        if let Some(release) = &mut actor.release
            && actor.call == call
            && matches!(result, Err(Error::Unprocessable { .. }))
        {
            release.refused = true;
        }
        self.actor_told(k, call, CallResult::Started(result));
    }

    pub fn actor_polled(&mut self, k: usize, call: u32, result: Result<Action, Error>) {
        self.actor_told(k, call, CallResult::Polled(result));
    }

    pub fn actor_timed_out(&mut self, k: usize, call: u32) {
        let answer = match self.actors[k].doing {
            Some(Call::List) => CallResult::Listed(Err(silent())),
            Some(Call::Poll(_)) => CallResult::Polled(Err(silent())),
            _ => CallResult::Started(Err(silent())),
        };
        self.actor_told(k, call, answer);
    }
}
