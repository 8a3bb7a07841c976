//! Registrations at a steady rate, each on a connection of its own. Each is sent when it is due, whether earlier ones were
//! answered or not, and the delay of a late start counts.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use hyper::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::client::Connection;
use crate::load::Outcome;

/// Sends `rate` registrations a second.
pub async fn register(to: SocketAddr, rate: u32, seconds: u64) -> Result<Outcome> {
    let mark = jiff::Timestamp::now().as_millisecond();
    let begin = Instant::now();
    let count = u64::from(rate) * seconds;
    let mut calls = JoinSet::new();
    for n in 0..count {
        let due = begin + Duration::from_secs(n) / rate;
        sleep_until(due).await;
        calls.spawn(async move {
            let done = one(to, &format!("r{mark}x{n}"), n).await;
            (due.elapsed(), done.unwrap_or(false))
        });
    }
    let (mut times, mut errors) = (Vec::new(), 0);
    while let Some(outcome) = calls.join_next().await {
        let (took, done) = outcome?;
        times.push(took.as_secs_f64() * 1e3);
        errors += u64::from(!done);
    }
    times.sort_by(f64::total_cmp);
    let at = |hundredths: usize| {
        let index = (times.len() * hundredths).div_ceil(100).saturating_sub(1);
        times.get(index).copied().unwrap_or(0.0)
    };
    // A count that is far from 2^52.
    #[expect(clippy::cast_precision_loss)]
    let count = count as f64;
    Ok(Outcome {
        rate: count / begin.elapsed().as_secs_f64(),
        count,
        p50: at(50),
        p99: at(99),
        errors,
    })
}

async fn one(to: SocketAddr, name: &str, n: u64) -> Result<bool> {
    let mut connection = Connection::open(to, 0).await?;
    let user = json!({"username": name, "email": "a@example.com", "pwd": "secret"});
    let path = format!("/register?latest={n}");
    let sent = connection.send((Method::POST, &path), None, user.to_string());
    Ok(sent.await?.0 == StatusCode::NO_CONTENT)
}
