//! Two droplets, the cloud, and everyone who moves IPs, on a virtual clock in milliseconds; what happens next is in one queue.

use std::{cmp::Reverse, collections::BinaryHeap, fmt::Write as _};

use floatip::{
    decide::{agent::Observation, log_event::LogEvent, settings::Settings},
    mover::api::{Action, Error},
    observe::vrrp::Vrrp,
};

use super::{
    actors::Actor,
    cloud::{Cloud, LIVE, STAGE, server, silent},
    event::{Caller, Event, Served},
    faults::Fault,
    flaw::Flaw,
    node::{App, Node},
    rng::Rng,
};

/// Milliseconds since the world began.
pub type Ms = u64;

/// The droplet's id in the API.
pub fn id(i: usize) -> u64 {
    i as u64 + 1
}

/// [`Vrrp`], in an order.
pub type State = u8;

pub struct Post {
    pub caller: Caller,
    pub ip: usize,
    pub to: Option<u64>,
    pub answers: bool,
    pub result: Option<Result<Action, Error>>,
}

pub struct World {
    pub now: Ms,
    pub rng: Rng,
    pub settings: Settings,
    /// A bug on purpose.
    pub flaw: Option<Flaw>,
    pub nodes: [Node; 2],
    pub cloud: Cloud,
    /// No packet passes from this droplet to the other.
    pub cut: [bool; 2],
    pub loses_lines: u64,
    pub frozen: bool,
    pub posts: Vec<Post>,
    pub actors: Vec<Actor>,
    pub faults: Vec<Fault>,
    pub notes: Vec<LogEvent>,
    /// Since when the live IP has served without a break.
    pub serving_since: Option<Ms>,
    /// Since when the live IP has been with a fit droplet without a break, by record and data plane.
    pub well_since: Option<Ms>,
    pub last_claim: Ms,
    /// The action that packets to the live IP follow.
    packets_by: u64,
    /// When the stage IP left each droplet last.
    pub staged_at: [Option<Ms>; 2],
    /// When the record of the live IP changed last.
    pub moved_at: Ms,
    /// When a fault other than of the data plane began or ended last.
    pub trouble_at: Ms,
    pub claims: usize,
    pub shows: bool,
    pub story: String,
    pub broken: Option<String>,
    queue: BinaryHeap<Reverse<(Ms, u64, Event)>>,
    sequence: u64,
    waits_for_thaw: [Vec<Event>; 2],
}

impl World {
    pub fn new(seed: u64, settings: Settings, shows: bool) -> Self {
        let mut rng = Rng::new(seed);
        let live = rng.pick(&[Some(1), Some(1), Some(1), Some(2), None]);
        let stage = if rng.percent(15) && live.is_some() {
            live.map(|it| 3 - it)
        } else {
            None
        };
        Self {
            now: 0,
            settings,
            flaw: None,
            nodes: [Node::new(), Node::new()],
            cloud: Cloud::new(live, stage),
            cut: [false; 2],
            loses_lines: rng.pick(&[0, 0, 5, 50]),
            frozen: false,
            posts: Vec::new(),
            actors: Vec::new(),
            faults: Vec::new(),
            notes: Vec::new(),
            serving_since: None,
            well_since: None,
            last_claim: 0,
            packets_by: 0,
            staged_at: [None; 2],
            moved_at: 0,
            trouble_at: 0,
            claims: 0,
            shows,
            story: String::new(),
            broken: None,
            queue: BinaryHeap::new(),
            sequence: 0,
            waits_for_thaw: [Vec::new(), Vec::new()],
            rng,
        }
    }

    pub fn after(&mut self, wait: Ms, event: Event) {
        self.at(self.now + wait, event);
    }

    pub fn at(&mut self, at: Ms, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse((at, self.sequence, event)));
    }

    pub fn say(&mut self, text: &str) {
        if self.shows {
            let _ = writeln!(self.story, "{:>7} ms  {text}", self.now);
        }
    }

    /// Runs until `end`, or until something is wrong.
    pub fn run_until(&mut self, end: Ms) {
        while self.broken.is_none() {
            let Some(Reverse((at, _, event))) = self.queue.peek().copied() else {
                break;
            };
            if at > end {
                break;
            }
            self.queue.pop();
            self.now = at;
            self.meets(event);
            self.watch();
        }
        self.now = end.max(self.now);
    }

    /// What a frozen droplet would do waits until it thaws; what one without power would do is lost.
    fn meets(&mut self, event: Event) {
        if let Some(i) = event.on() {
            if !self.nodes[i].on {
                return;
            }
            if self.nodes[i].frozen_since.is_some() {
                self.waits_for_thaw[i].push(event);
                return;
            }
        }
        self.happens(event);
    }

    pub fn thaw(&mut self, i: usize) {
        self.nodes[i].frozen_since = None;
        self.nodes[i].thawed_at = self.now;
        for event in std::mem::take(&mut self.waits_for_thaw[i]) {
            let wait = self.rng.between(0, 3);
            self.after(wait, event);
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::AgentStarts { i } => self.start_agent(i),
            Event::AgentDies { i } => self.agent_dies(i),
            Event::Fit { i, life, again } => self.ask_fitness(i, life, again),
            Event::Wake { i, turn } if self.nodes[i].turn == turn => self.turn(i, Vec::new()),
            Event::Wake { .. } => {}
            Event::AddressSeen { i } => self.see_vrrp(i),
            Event::Line { i, state } => {
                self.nodes[i].told = vrrp(state);
                self.see_vrrp(i);
            }
            Event::Check { i, life, tries } => self.check(i, life, tries),
            Event::VrrpTimer { i, timer } => self.vrrp_timer(i, timer),
            Event::Packet { to, priority } => self.packet(to, priority),
            Event::Read { i, run } => self.read(i, run),
            Event::ReadAnswered { i, run } => self.read_answered(i, run),
            Event::ReadFailed { i, run, limited } => self.read_is(i, run, Err(failure(limited))),
            Event::Ask { i, run, first } => self.ask_live(i, run, first),
            Event::Asked {
                i,
                run,
                since,
                serves,
            } => self.asked(i, run, since, serves),
            Event::PostArrives { post } => self.post_arrives(post),
            Event::PostAnswered { post } => {
                let it = &mut self.posts[post];
                if let Some(result) = it.result.take() {
                    let caller = it.caller;
                    self.post_is(caller, result);
                }
            }
            Event::PollAnswered {
                caller,
                action,
                fails,
            } => {
                let result = if fails {
                    Err(server())
                } else {
                    self.cloud.poll(action, &mut self.rng)
                };
                match caller {
                    Caller::Agent { i, run } => self.answered(i, run, Observation::Polled(result)),
                    Caller::Actor { k, call } => self.actor_polled(k, call, result),
                }
            }
            Event::TimedOut {
                caller: Caller::Agent { i, run },
            } => {
                let polls = matches!(
                    self.nodes[i].run.as_ref().map(|it| it.step),
                    Some(floatip::decide::decision::Decision::Poll { .. })
                );
                let kind = self.kind(i);
                let news = if polls {
                    Observation::Polled(Err(silent()))
                } else {
                    Observation::Started(kind, Err(silent()))
                };
                self.answered(i, run, news);
            }
            Event::TimedOut {
                caller: Caller::Actor { k, call },
            } => self.actor_timed_out(k, call),
            Event::ActionEnds { action } => {
                let staged = self.cloud.holder[STAGE];
                let follow_at = self.cloud.end(action);
                if let Some(droplet) = staged.filter(|_| self.cloud.holder[STAGE] != staged) {
                    self.staged_at[usize::from(droplet == id(1))] = Some(self.now);
                }
                if let Some(at) = follow_at {
                    self.moved_at = self.now;
                    // While it lags, packets go where they went, or nowhere.
                    if at > self.now && self.rng.percent(50) {
                        self.cloud.data_plane = None;
                    }
                    let to = self.cloud.holder[LIVE].unwrap_or(0);
                    self.at(at, Event::PacketsFollow { to, action });
                }
                self.say(&format!("action {action} ends: {:?}", self.cloud.holder));
            }
            // Packets never go back to where an earlier move sent them.
            Event::PacketsFollow { to, action } => {
                if action >= self.packets_by {
                    self.packets_by = action;
                    self.cloud.data_plane = Some(to);
                }
            }
            Event::ActorActs { k, turn } => self.actor_acts(k, turn),
            Event::Listed { k, call, fails } => self.actor_listed(k, call, fails),
            Event::RunnerDies { k } => self.runner_dies(k),
            Event::RunnerResumes { k } => self.runner_resumes(k),
            Event::Begins { fault } => self.begins(fault),
            Event::Ends { fault } => self.ends(fault),
            Event::Flaps { fault } => self.flaps(fault),
            Event::Frozen { i } => self.turn(i, vec![Observation::Frozen(self.frozen)]),
        }
    }

    fn agent_dies(&mut self, i: usize) {
        if self.nodes[i].driver.is_some() {
            self.say(&format!("the agent of {} is killed", id(i)));
            self.kill_agent(i);
            self.after(1_000, Event::AgentStarts { i });
        }
    }

    /// Is the service on this droplet ready?
    pub fn is_ready(&self, i: usize) -> bool {
        let node = &self.nodes[i];
        node.on && node.frozen_since.is_none() && node.app == App::Up && node.database
    }

    /// What a try to reach the live IP meets.
    pub fn served(&self) -> Served {
        let Some(holder) = self.cloud.data_plane else {
            return Served::Silence;
        };
        let i = usize::try_from(holder - 1).unwrap_or(0);
        let node = &self.nodes[i];
        match node.app {
            _ if !node.on || node.is_silent() => Served::Silence,
            App::Up if node.database => Served::Answered,
            _ => Served::Refused,
        }
    }
}

pub fn failure(limited: bool) -> Error {
    if limited {
        let retry_after = Some(std::time::Duration::from_secs(1));
        Error::RateLimited { retry_after }
    } else {
        server()
    }
}

pub fn state(vrrp: Vrrp) -> State {
    match vrrp {
        Vrrp::Unknown => 0,
        Vrrp::Backup => 1,
        Vrrp::Fault => 2,
        Vrrp::Master => 3,
    }
}

fn vrrp(state: State) -> Vrrp {
    [Vrrp::Unknown, Vrrp::Backup, Vrrp::Fault, Vrrp::Master][usize::from(state)]
}
