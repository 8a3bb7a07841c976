//! Makes the calls of a move, for the operator's commands and for a release.

use std::{net::Ipv4Addr, pin::pin};

use tokio::time::{sleep_until, timeout_at};

use crate::{
    clock::{Clock, jitter},
    mover::{
        api::{Client, Error, Holding, ReservedIp},
        move_state::{Call, CallResult, Limits, MoveEvent, MoveState, Moved, NextCall},
        order::{MoveError, Order, Place},
    },
};

/// Carries out `order`, and reports its progress to `on`.
///
/// # Errors
/// See [`MoveError`]; after [`MoveError::NotInTime`] the move may still be carried out.
pub async fn execute_move(
    api: &Client,
    order: Order,
    limits: Limits,
    on: &mut (dyn FnMut(&MoveEvent) + Send),
) -> Result<Moved, MoveError> {
    let (ip, clock) = (order.ip, Clock::start());
    let state = MoveState::new(order, limits, clock.now());
    run(api, ip, state, limits, clock, on).await
}

/// Reads where a reserved IP is by the record, and retries within the same limits as a move.
///
/// # Errors
/// See [`MoveError`].
pub async fn locate(api: &Client, ip: Ipv4Addr, limits: Limits) -> Result<Place, MoveError> {
    let clock = Clock::start();
    let state = MoveState::locate(ip, limits, clock.now());
    let found = run(api, ip, state, limits, clock, &mut |_| {}).await?;
    Ok(found.from)
}

async fn run(
    api: &Client,
    ip: Ipv4Addr,
    mut state: MoveState,
    limits: Limits,
    clock: Clock,
    on: &mut (dyn FnMut(&MoveEvent) + Send),
) -> Result<Moved, MoveError> {
    let deadline = clock.instant(limits.deadline);
    loop {
        match state.next(clock.now()) {
            NextCall::End(result) => return result,
            NextCall::Wait(until) => sleep_until(clock.instant(until)).await,
            NextCall::Call(call) => {
                let answered = timeout_at(deadline, pin!(make(api, ip, call))).await;
                // The deadline passed: the next turn ends the move.
                let Ok(result) = answered else { continue };
                if let Some(event) = state.receive(clock.now(), result, jitter()) {
                    on(&event);
                }
            }
        }
    }
}

async fn make(api: &Client, ip: Ipv4Addr, call: Call) -> CallResult {
    match call {
        Call::List => CallResult::Listed(record(api).await),
        Call::Assign(droplet) => CallResult::Started(api.assign(ip, droplet).await),
        Call::Unassign => CallResult::Started(api.unassign(ip).await),
        Call::Poll(action) => CallResult::Polled(api.action(ip, action).await),
    }
}

/// Reads the record of all reserved IPs.
///
/// # Errors
/// If it can't be read.
pub async fn record(api: &Client) -> Result<Vec<(Ipv4Addr, Holding)>, Error> {
    let all = api.reserved_ips().await?;
    let pairs = all.iter().map(|it: &ReservedIp| (it.ip, Holding::from(it)));
    Ok(pairs.collect())
}
