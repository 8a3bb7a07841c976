//! Makes the calls of a move: what the operator's commands and a release share.

use std::{net::Ipv4Addr, pin::pin};

use tokio::time::{sleep_until, timeout_at};

use crate::{
    api::{Client, Error, ReservedIp},
    decision::Holding,
    moving::{Answer, Call, Limits, Moved, Moving, Next, Note},
    order::{NotMoved, Order},
    steps::{Clock, jitter},
};

/// Carries out `order`, and tells `on` every failed try and what else is worth showing.
///
/// # Errors
/// See [`NotMoved`]; after [`NotMoved::NotInTime`] the move may still come to pass.
pub async fn move_ip(
    api: &Client,
    order: Order,
    limits: Limits,
    on: &mut (dyn FnMut(&Note) + Send),
) -> Result<Moved, NotMoved> {
    let clock = Clock::start();
    let deadline = clock.instant(limits.deadline);
    let mut moving = Moving::new(order, limits, clock.now());
    loop {
        match moving.next(clock.now()) {
            Next::End(result) => return result,
            Next::Wait(until) => sleep_until(clock.instant(until)).await,
            Next::Call(call) => {
                let answered = timeout_at(deadline, pin!(make(api, order.ip, call))).await;
                // Too late: what is next says so.
                let Ok(answer) = answered else { continue };
                if let Some(note) = moving.told(clock.now(), answer, jitter()) {
                    on(&note);
                }
            }
        }
    }
}

async fn make(api: &Client, ip: Ipv4Addr, call: Call) -> Answer {
    match call {
        Call::List => Answer::Listed(record(api).await),
        Call::Assign(droplet) => Answer::Started(api.assign(ip, droplet).await),
        Call::Unassign => Answer::Started(api.unassign(ip).await),
        Call::Poll(action) => Answer::Polled(api.action(ip, action).await),
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
