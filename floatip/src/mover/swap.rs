//! A swap: the live IP and the stage IP change droplets, for an operator with `floatip swap`.
//!
//! A droplet holds one reserved IP at most, so a swap takes three calls: the stage IP is released, the live IP moves from droplet to
//! droplet in one call, and the stage IP is assigned to the droplet that was live. The live IP is never unassigned. Between losing one
//! reserved IP and getting the other a droplet cools down, because the platform was seen to misbehave without a pause.

use std::{fmt, net::Ipv4Addr, time::Duration};

use tokio::time::sleep;

use crate::mover::{
    api::{Client, Holding},
    execute::execute_move,
    move_state::{Limits, MoveEvent, Moved},
    order::{Accepted, MoveError, Order, Place},
};

/// One step of a swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwapStep {
    /// Move a reserved IP.
    Move(Order),
    /// Wait.
    CoolDown(Duration),
    /// Check from outside that the live IP serves.
    Verify,
}

impl fmt::Display for SwapStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Move(order) => order.fmt(f),
            Self::CoolDown(time) => write!(f, "cool down for {} s", time.as_secs_f64()),
            Self::Verify => f.write_str("check from outside that the live IP serves"),
        }
    }
}

/// What a swap is to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapGoal {
    /// The live IP.
    pub live: Ipv4Addr,
    /// The stage IP, if there is one.
    pub stage: Option<Ipv4Addr>,
    /// The droplet that must hold the live IP now; `None` accepts any.
    pub from: Option<u64>,
    /// The droplet that is to be live; `None` is the one that holds the stage IP.
    pub to: Option<u64>,
    /// The stage IP is assigned to the droplet that was live; otherwise it stays unassigned.
    pub keep_stage: bool,
    /// Between losing one reserved IP and getting another.
    pub cool_down: Duration,
}

/// Why a swap can not be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The account lacks a reserved IP.
    #[error(
        "the API has no reserved IP {0}: check the address, and that the token is of the same account"
    )]
    UnknownIp(Ipv4Addr),
    /// No droplet is live.
    #[error(
        "no droplet holds the live IP {0}, so there is nothing to swap: assign it with `floatip move`"
    )]
    NobodyLive(Ipv4Addr),
    /// Another droplet is live.
    #[error(
        "the live IP is on droplet {found}, not on droplet {expected} as expected: someone else moved it"
    )]
    OtherLive {
        /// The droplet that was expected to be live.
        expected: u64,
        /// The droplet that is live.
        found: u64,
    },
    /// No droplet is named, and none holds the stage IP.
    #[error("the stage IP is nowhere: name with --to the droplet that is to be live")]
    NobodyStaged,
    /// It is done.
    #[error("droplet {0} is live already")]
    Already(u64),
}

/// Plans the steps from `record` to `goal`, one call at a time.
///
/// # Errors
/// See [`PlanError`].
pub fn plan(record: &[(Ipv4Addr, Holding)], goal: &SwapGoal) -> Result<Vec<SwapStep>, PlanError> {
    let holder = |ip: Ipv4Addr| {
        let found = record.iter().find(|(it, _)| *it == ip);
        found
            .map(|(_, it)| it.holder)
            .ok_or(PlanError::UnknownIp(ip))
    };
    let old = holder(goal.live)?.ok_or(PlanError::NobodyLive(goal.live))?;
    if let Some(expected) = goal.from.filter(|it| *it != old) {
        return Err(PlanError::OtherLive {
            expected,
            found: old,
        });
    }
    let staged = goal.stage.map(holder).transpose()?.flatten();
    let new = goal.to.or(staged).ok_or(PlanError::NobodyStaged)?;
    if new == old {
        return Err(PlanError::Already(new));
    }
    let mut steps = Vec::new();
    let order = |ip, from: Option<u64>, to: Option<u64>| {
        let (from, to) = (Place::from(from), Place::from(to));
        SwapStep::Move(Order {
            ip,
            from: Accepted::only(from),
            to,
        })
    };
    if let (Some(ip), Some(holder)) = (goal.stage, staged)
        && (holder == new || goal.keep_stage)
    {
        steps.push(order(ip, Some(holder), None));
        steps.push(SwapStep::CoolDown(goal.cool_down));
    }
    steps.push(order(goal.live, Some(old), Some(new)));
    steps.push(SwapStep::Verify);
    if let (Some(ip), true) = (goal.stage, goal.keep_stage) {
        steps.push(SwapStep::CoolDown(goal.cool_down));
        steps.push(order(ip, None, Some(old)));
    }
    Ok(steps)
}

/// Progress of a swap that is worth showing.
#[derive(Clone, Debug)]
pub enum SwapEvent {
    /// A step begins.
    Begins(SwapStep),
    /// Progress of a move.
    Move(MoveEvent),
    /// A move is done.
    Done(Moved),
    /// The live IP moves back, for this reason.
    Back(String),
}

/// Why a swap failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SwapError {
    /// A move failed; those before it stay done.
    #[error("{step}: {error}")]
    NotMoved {
        /// The step.
        step: Box<SwapStep>,
        /// Why.
        error: MoveError,
    },
    /// The live IP did not serve after its move, and was moved back.
    #[error("the live IP did not serve {to} ({why}), and is {from} again")]
    WentBack {
        /// The droplet that was to be live.
        to: Place,
        /// The droplet that is live again.
        from: Place,
        /// The result from outside.
        why: String,
    },
    /// The live IP did not serve after its move, and could not be moved back.
    #[error("the live IP did not serve {to} ({why}), and could not be moved back: {error}")]
    Stuck {
        /// The droplet that was to be live.
        to: Place,
        /// The result from outside.
        why: String,
        /// Why it could not be moved back.
        error: MoveError,
    },
}

/// Carries out the steps of a plan. `verify` checks from outside that the live IP serves, with its own time limit. If that fails, the live
/// IP is moved back at once.
///
/// # Errors
/// See [`SwapError`].
pub async fn swap(
    api: &Client,
    steps: &[SwapStep],
    limits: Limits,
    verify: impl AsyncFn() -> Result<(), String>,
    on: &mut (dyn FnMut(&SwapEvent) + Send),
) -> Result<(), SwapError> {
    let mut last: Option<&Order> = None;
    for step in steps {
        on(&SwapEvent::Begins(step.clone()));
        match step {
            SwapStep::CoolDown(time) => sleep(*time).await,
            SwapStep::Move(order) => {
                let mut show = |event: &MoveEvent| on(&SwapEvent::Move(event.clone()));
                let moved = execute_move(api, order.clone(), limits, &mut show).await;
                let moved = moved.map_err(|error| SwapError::NotMoved {
                    step: Box::new(step.clone()),
                    error,
                })?;
                on(&SwapEvent::Done(moved));
                last = Some(order);
            }
            SwapStep::Verify => {
                let Err(why) = verify().await else { continue };
                let Some(back) = last.and_then(Order::back) else {
                    continue;
                };
                on(&SwapEvent::Back(why.clone()));
                let (from, to) = (back.to, last.map_or(Place::Nowhere, |it| it.to));
                let mut show = |event: &MoveEvent| on(&SwapEvent::Move(event.clone()));
                return Err(match execute_move(api, back, limits, &mut show).await {
                    Ok(_) => SwapError::WentBack { to, from, why },
                    Err(error) => SwapError::Stuck { to, why, error },
                });
            }
        }
    }
    Ok(())
}
