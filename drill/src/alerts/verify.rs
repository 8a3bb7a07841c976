//! Verifies one situation: its alerts fire, and they resolve once the fault is undone.

use super::alertmanager::{FAILED_OVER, Snapshot, WATCHDOG};
use super::checks;
use super::entry::Entry;
use super::report::Check;
use super::situation::Situation;
use super::suite::Suite;
use crate::error::Error;
use crate::failover::fault::Row;
use crate::failover::injection::Injector;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep};

/// An undo may need a service that another fault holds back, so it is retried.
const UNDO: Duration = Duration::from_mins(1);
const UNDO_RETRY: Duration = Duration::from_secs(2);
/// The site must respond within this time after the alerts of a fault that moves the live IP.
const SITE_RESPONDS: Duration = Duration::from_secs(10);

/// Two checks: the alerts fire, and they resolve.
pub(super) async fn situation(
    suite: &Suite,
    entry: &Entry,
    situation: &Situation,
    sender: &UnboundedSender<Check>,
) {
    let injector = suite.injector();
    let started = Instant::now();
    let fired = fire(suite, situation, &injector).await;
    let times = fired.as_ref().map_or_else(
        |_| situation.alerts.join(", "),
        |times| {
            let times: Vec<String> = times
                .iter()
                .map(|(name, took)| format!("{name} {} s", took.as_secs()))
                .collect();
            times.join(", ")
        },
    );
    let name = format!("{}: {}: {times}", entry.name, entry.about);
    let result = fired.map(drop);
    let _ = sender.send(Check::new(name, started.elapsed(), result));
    let undone = Instant::now();
    let result = resolve(suite, situation, &injector).await;
    let name = format!("{}: the alerts resolve", entry.name);
    let _ = sender.send(Check::new(name, undone.elapsed(), result));
}

/// How long each alert took.
type Times = BTreeMap<&'static str, Duration>;

async fn fire(suite: &Suite, situation: &Situation, injector: &Injector) -> Result<Times, String> {
    let text = |error: Error| error.to_string();
    let limits = suite.limits;
    let before = suite
        .alertmanager
        .next(limits.fires_within)
        .await
        .map_err(text)?;
    let early = situation
        .alerts
        .iter()
        .find(|name| **name != FAILED_OVER && before.alerts.contains(**name));
    if let Some(name) = early {
        return Err(format!("{name} fired before the fault was injected"));
    }
    let roles = suite.roles().await.map_err(text)?;
    let started = Instant::now();
    injector
        .inject(&Row::until_undone(situation.steps), &roles)
        .await
        .map_err(text)?;
    let mut times = Times::new();
    let all_fired = |now: &Snapshot| {
        for name in situation.alerts {
            if now.has_fired_since(name, &before) {
                times.entry(*name).or_insert_with(|| started.elapsed());
            }
        }
        times.len() == situation.alerts.len()
    };
    let last = suite
        .alertmanager
        .wait_for(limits.fires_within, all_fired)
        .await;
    let now = last.map_err(|last| {
        let missing = situation
            .alerts
            .iter()
            .filter(|name| !times.contains_key(**name));
        format!(
            "not fired within {} s: {}\nfiring: {}",
            limits.fires_within.as_secs(),
            missing.copied().collect::<Vec<_>>().join(" "),
            last.map_or_else(|| "unknown".to_owned(), |last| last.names())
        )
    })?;
    let loud = situation
        .held_back
        .iter()
        .find(|name| now.alerts.contains(**name));
    if let Some(name) = loud {
        return Err(format!("{name} is not inhibited; firing: {}", now.names()));
    }
    if situation.site_responds {
        checks::site_responds(suite, SITE_RESPONDS).await?;
    }
    Ok(times)
}

async fn resolve(suite: &Suite, situation: &Situation, injector: &Injector) -> Result<(), String> {
    let deadline = Instant::now() + UNDO;
    while let Err(error) = injector.undo().await {
        if Instant::now() >= deadline {
            return Err(error.to_string());
        }
        sleep(UNDO_RETRY).await;
    }
    let gone = |now: &Snapshot| {
        let mut names = situation.alerts.iter().chain(situation.also_resolve);
        now.alerts.contains(WATCHDOG)
            && names.all(|name| *name == FAILED_OVER || !now.alerts.contains(*name))
    };
    let within = suite.limits.resolves_within;
    match suite.alertmanager.wait_for(within, gone).await {
        Ok(_) => Ok(()),
        Err(last) => Err(format!(
            "not resolved within {} s; firing: {}",
            within.as_secs(),
            last.map_or_else(|| "unknown".to_owned(), |last| last.names())
        )),
    }
}
