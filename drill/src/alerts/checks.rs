//! The checks of the suite that inject no fault.

use super::alertmanager::WATCHDOG;
use super::suite::Suite;
use crate::error::Error;
use crate::scenario::generate::{Generator, NameTag};
use crate::simulate;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep};

const ROUNDS: u64 = 3;
const REQUESTS: usize = 300;
/// Longer than Prometheus' interval, so that each round changes a sample.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(6);
const PAGE: Duration = Duration::from_secs(2);
const QUIET_WITHIN: Duration = Duration::from_mins(1);
const QUERIES_WITHIN: Duration = Duration::from_mins(1);
const LOG_LINES_WITHIN: Duration = Duration::from_mins(2);
const RETRY: Duration = Duration::from_secs(2);
const READ: Duration = Duration::from_secs(10);
/// In localcloud a droplet has this machine's processors, which other work may occupy.
const NOT_OURS: &str = "CpuBusy";
/// Series that exist only during a fault or with a certificate.
const ABSENT: &str = "floatip_failures_total,probe_ssl_earliest_cert_expiry";

/// A simulator run with new user names.
pub(super) fn run_of(seed: u64, requests: usize) -> Vec<crate::scenario::step::Step> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let tag = NameTag::Text(format!("t{}", now.map_or(0, |since| since.as_millis())));
    Generator::new(seed, &tag).run(requests)
}

/// Other checks judge the responses.
pub(super) async fn traffic(suite: &Suite) -> Result<(), String> {
    let api = &suite.drill.api;
    for round in 0..ROUNDS {
        let steps = run_of(suite.limits.seed.wrapping_add(round), REQUESTS);
        let run = simulate::run::run(api, &steps, true).await;
        run.map_err(|error| error.to_string())?;
        // A 404, for the panels of errors.
        let _ = api.page("/nobody-of-this-name", PAGE).await;
        sleep(BETWEEN_ROUNDS).await;
    }
    Ok(())
}

pub(super) async fn quiet(suite: &Suite) -> Result<(), String> {
    let quiet = |now: &super::alertmanager::Snapshot| {
        now.alerts.contains(WATCHDOG)
            && now
                .alerts
                .iter()
                .all(|name| name == WATCHDOG || name == NOT_OURS)
    };
    match suite.alertmanager.wait_for(QUIET_WITHIN, quiet).await {
        Ok(_) => Ok(()),
        Err(Some(last)) => Err(format!("firing: {}", last.names())),
        Err(None) => Err("the alerts on the monitor can't be read".to_owned()),
    }
}

pub(super) async fn queries(suite: &Suite) -> Result<(), String> {
    let command = ["dashboards", "check", "--minutes", "10", "--absent", ABSENT];
    retry(QUERIES_WITHIN, || async {
        suite.tool.run(&command).await.map(drop)
    })
    .await
}

pub(super) async fn cost(suite: &Suite) -> Result<(), String> {
    let costs = suite.tool.run(&["watch-cost"]).await?;
    let with_filebeat = costs
        .lines()
        .any(|line| line.starts_with("filebeat ") && line.ends_with(" kB of memory"));
    let logs = has_logs(suite).await.map_err(|error| error.to_string())?;
    if logs && !with_filebeat {
        return Err(format!("{costs}\nlogs are on, but Filebeat is not counted"));
    }
    Ok(())
}

pub(super) async fn log_lines(suite: &Suite) -> Result<(), String> {
    retry(LOG_LINES_WITHIN, || async {
        let probe = log_probe(suite).await.map_err(|error| error.to_string())?;
        match probe {
            Some(true) => Ok(()),
            Some(false) => Err("Elasticsearch returned no line of the last minutes".to_owned()),
            None => Err("Prometheus has no probe of logs".to_owned()),
        }
    })
    .await
}

/// Whether the environment's logs are on.
pub(super) async fn has_logs(suite: &Suite) -> Result<bool, Error> {
    Ok(log_probe(suite).await?.is_some())
}

/// Whether log lines arrive, if logs are on.
async fn log_probe(suite: &Suite) -> Result<Option<bool>, Error> {
    let command = "curl -fsS --max-time 5 --get http://127.0.0.1:9090/api/v1/query \
                   --data-urlencode 'query=probe_success{job=\"logs\"}'";
    let droplets = &suite.drill.droplets;
    let output = droplets.run(&suite.monitor, command, READ).await?;
    let response: Value = serde_json::from_str(&output).unwrap_or_default();
    let series = response["data"]["result"].get(0);
    Ok(series.map(|series| series["value"][1] == "1"))
}

pub(super) async fn site_responds(suite: &Suite, within: Duration) -> Result<(), String> {
    retry(within, || async {
        let page = suite.drill.api.page("/public", PAGE).await;
        let page = page.map_err(|failure| format!("GET /public: {failure}"))?;
        if page.contains("Public Timeline") {
            Ok(())
        } else {
            Err("GET /public is not the public timeline".to_owned())
        }
    })
    .await
}

/// Repeats a check until it succeeds. Returns the last error when the time is up.
async fn retry<F: Future<Output = Result<(), String>>>(
    within: Duration,
    check: impl Fn() -> F,
) -> Result<(), String> {
    let deadline = Instant::now() + within;
    loop {
        match check().await {
            Err(_) if Instant::now() < deadline => sleep(RETRY).await,
            result => return result,
        }
    }
}
