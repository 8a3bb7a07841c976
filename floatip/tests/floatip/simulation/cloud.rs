//! DigitalOcean's record and its API, with their faults: what a call meets on its way, what it finds, and what becomes of actions.

use std::{net::Ipv4Addr, time::Duration};

use floatip::mover::api::{Action, Error, Holding, Progress};

use super::{rng::Rng, world::Ms};

/// Live and stage IP, by index.
pub const LIVE: usize = 0;
pub const STAGE: usize = 1;
pub const IPS: [Ipv4Addr; 2] = [Ipv4Addr::new(198, 18, 1, 1), Ipv4Addr::new(198, 18, 1, 2)];

/// What the API does with every call while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// 500.
    Broken,
    /// 500, every other time.
    Flaky,
    /// 429 with `retry-after`.
    Limited,
    /// No answer; calls that act may be carried out nevertheless.
    Silent,
    /// Answers after seconds.
    Slow,
    /// Carries out calls that act, and loses the answer.
    Loses,
    /// Accepts, and the action ends as errored.
    Errs,
    /// Calls that act arrive seconds late.
    Late,
}

/// What a call meets.
pub enum Fate {
    /// It is answered after so many milliseconds.
    Answered(Ms),
    /// It is refused after so many milliseconds.
    Refused(Ms, Error),
    /// It is never answered.
    Silence,
}

#[derive(Clone, Debug)]
struct Running {
    ip: usize,
    to: Option<u64>,
    ends: Ms,
    errs: bool,
    ended: bool,
}

#[derive(Clone, Debug)]
pub struct Cloud {
    pub holder: [Option<u64>; 2],
    /// Where packets to the live IP go; lags behind the record.
    pub data_plane: Option<u64>,
    pub mood: Mood,
    /// How long the data plane lags.
    pub lag: Ms,
    /// How long a move takes.
    pub move_takes: Ms,
    /// When a move of the live IP was accepted last that did not, or will not, end as errored.
    pub accepted_at: Ms,
    actions: Vec<Running>,
}

impl Cloud {
    pub fn new(live: Option<u64>, stage: Option<u64>) -> Self {
        Self {
            holder: [live, stage],
            data_plane: live,
            mood: Mood::Well,
            lag: 0,
            move_takes: 2_000,
            accepted_at: 0,
            actions: Vec::new(),
        }
    }

    pub fn fate(&self, rng: &mut Rng) -> Fate {
        let latency = rng.between(20, 150);
        match self.mood {
            Mood::Flaky if rng.percent(50) => Fate::Refused(latency, server()),
            Mood::Broken => Fate::Refused(latency, server()),
            Mood::Limited => {
                let retry_after = Some(Duration::from_secs(1));
                Fate::Refused(latency, Error::RateLimited { retry_after })
            }
            Mood::Silent => Fate::Silence,
            Mood::Slow => Fate::Answered(rng.between(300, 1_900)),
            _ => Fate::Answered(latency),
        }
    }

    pub fn holding(&self, ip: usize) -> Holding {
        Holding {
            holder: self.holder[ip],
            locked: self.is_locked(ip),
        }
    }

    pub fn is_locked(&self, ip: usize) -> bool {
        self.actions.iter().any(|it| it.ip == ip && !it.ended)
    }

    /// A call that acts has arrived. Tells the action and when it ends.
    pub fn act(
        &mut self,
        now: Ms,
        ip: usize,
        to: Option<u64>,
        rng: &mut Rng,
    ) -> Result<(Action, Ms), Error> {
        assert!(
            ip != LIVE || to.is_some(),
            "the live IP is being unassigned"
        );
        let refused = |message: &str| {
            Err(Error::Unprocessable {
                message: message.to_owned(),
            })
        };
        if self.is_locked(ip) {
            return refused("pending event");
        }
        let busy = |it: &Running| !it.ended && it.to == to && to.is_some();
        if self.actions.iter().any(busy) {
            return refused("the droplet has a pending event");
        }
        if to.is_some() && self.holder.contains(&to) {
            return refused("the droplet has a reserved IP");
        }
        let jitter = rng.between(0, 500);
        let ends = now + self.move_takes + jitter;
        self.actions.push(Running {
            ip,
            to,
            ends,
            errs: self.mood == Mood::Errs,
            ended: false,
        });
        if ip == LIVE && self.mood != Mood::Errs {
            self.accepted_at = now;
        }
        let id = self.actions.len() as u64;
        Ok((
            Action {
                id,
                status: Progress::InProgress,
            },
            ends,
        ))
    }

    /// Ends the action; tells when packets follow, if they have to.
    pub fn end(&mut self, id: u64) -> Option<Ms> {
        let action = &mut self.actions[usize::try_from(id - 1).unwrap_or(0)];
        action.ended = true;
        if action.errs {
            return None;
        }
        let action = action.clone();
        self.holder[action.ip] = action.to;
        (action.ip == LIVE).then_some(action.ends + self.lag)
    }

    pub fn poll(&self, id: u64, rng: &mut Rng) -> Result<Action, Error> {
        let action = &self.actions[usize::try_from(id - 1).unwrap_or(0)];
        let status = match (action.ended, action.errs) {
            (false, _) if rng.percent(10) => {
                return Err(Error::NotFound {
                    what: "action".into(),
                });
            }
            (false, _) => Progress::InProgress,
            (true, true) => Progress::Errored,
            (true, false) => Progress::Completed,
        };
        Ok(Action { id, status })
    }
}

pub fn server() -> Error {
    Error::Server {
        status: 500,
        message: String::new(),
    }
}

pub fn silent() -> Error {
    Error::Silent("timed out".into())
}
