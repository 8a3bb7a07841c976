//! Live and stage IP change droplets: the last step of a release, and of its rollback.
//!
//! A droplet holds one reserved IP at most, so it is never one call: the stage IP is released, the live IP moves from droplet to
//! droplet in one call, and the stage IP goes to the droplet that was live. At each moment the live IP is somewhere. Between losing one
//! reserved IP and getting the other a droplet cools down, since the platform has been seen to misbehave without.

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
    /// See from outside that the live IP serves.
    Verify,
}

impl fmt::Display for SwapStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Move(order) => order.fmt(f),
            Self::CoolDown(time) => write!(f, "cool down for {} s", time.as_secs_f64()),
            Self::Verify => f.write_str("see from outside that the live IP serves"),
        }
    }
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapGoal {
    /// The live IP.
    pub live: Ipv4Addr,
    /// The stage IP, if there is one.
    pub stage: Option<Ipv4Addr>,
    /// Who must hold the live IP now; without it, whoever does.
    pub from: Option<u64>,
    /// Who is to be live; without it, who holds the stage IP.
    pub to: Option<u64>,
    /// Whether the stage IP goes to the droplet that was live, or stays parked.
    pub keep_stage: bool,
    /// Between losing one reserved IP and getting another.
    pub cool_down: Duration,
}

/// Why there is no way from the record to the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The account lacks a reserved IP.
    #[error(
        "the API knows no reserved IP {0}: check the address, and that the token is of the same account"
    )]
    UnknownIp(Ipv4Addr),
    /// Nobody is live.
    #[error(
        "nobody holds the live IP {0}: assign it with `floatip move`, there is nothing to swap"
    )]
    NobodyLive(Ipv4Addr),
    /// Someone else is live.
    #[error(
        "the live IP is on droplet {found}, not on droplet {expected} as expected: someone else moved it"
    )]
    OtherLive {
        /// Who was to be live.
        expected: u64,
        /// Who is.
        found: u64,
    },
    /// Nobody is named, and nobody holds the stage IP.
    #[error("the stage IP is nowhere: say with --to which droplet is to be live")]
    NobodyStaged,
    /// It is done.
    #[error("droplet {0} is live already")]
    Already(u64),
}

/// The way from `record` to `wish`, one call at a time.
///
/// # Errors
/// If there is none; see [`PlanError`].
pub fn plan(record: &[(Ipv4Addr, Holding)], wish: &SwapGoal) -> Result<Vec<SwapStep>, PlanError> {
    let holder = |ip: Ipv4Addr| {
        let found = record.iter().find(|(it, _)| *it == ip);
        found
            .map(|(_, it)| it.holder)
            .ok_or(PlanError::UnknownIp(ip))
    };
    let old = holder(wish.live)?.ok_or(PlanError::NobodyLive(wish.live))?;
    if let Some(expected) = wish.from.filter(|it| *it != old) {
        return Err(PlanError::OtherLive {
            expected,
            found: old,
        });
    }
    let staged = wish.stage.map(holder).transpose()?.flatten();
    let new = wish.to.or(staged).ok_or(PlanError::NobodyStaged)?;
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
    if let (Some(ip), Some(holder)) = (wish.stage, staged)
        && (holder == new || wish.keep_stage)
    {
        steps.push(order(ip, Some(holder), None));
        steps.push(SwapStep::CoolDown(wish.cool_down));
    }
    steps.push(order(wish.live, Some(old), Some(new)));
    steps.push(SwapStep::Verify);
    if let (Some(ip), true) = (wish.stage, wish.keep_stage) {
        steps.push(SwapStep::CoolDown(wish.cool_down));
        steps.push(order(ip, None, Some(old)));
    }
    Ok(steps)
}

/// One thing worth showing.
#[derive(Clone, Debug)]
pub enum SwapEvent {
    /// A step begins.
    Begins(SwapStep),
    /// Something happened in it.
    Move(MoveEvent),
    /// A move is done.
    Done(Moved),
    /// The live IP goes back.
    Back(String),
}

/// How a swap failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SwapError {
    /// At a move; those before it stay done.
    #[error("{step}: {error}")]
    NotMoved {
        /// Which.
        step: Box<SwapStep>,
        /// Why.
        error: MoveError,
    },
    /// The live IP did not serve after its move, and went back.
    #[error("the live IP did not serve {to} ({why}), and is {from} again")]
    WentBack {
        /// Who was to be live.
        to: Place,
        /// Who is live again.
        from: Place,
        /// What was seen from outside.
        why: String,
    },
    /// The live IP did not serve after its move, and could not be moved back.
    #[error("the live IP did not serve {to} ({why}), and could not be moved back: {error}")]
    Stuck {
        /// Who was to be live.
        to: Place,
        /// What was seen from outside.
        why: String,
        /// Why it could not be moved back.
        error: MoveError,
    },
}

/// Carries out the steps of a plan. `verify` looks from outside whether the live IP serves, for as long as it thinks right; if it does
/// not, the live IP goes back at once.
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
