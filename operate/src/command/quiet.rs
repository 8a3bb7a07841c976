//! `minitwitctl quiet`: light traffic, during which no alert may fire. Prometheus keeps the series `ALERTS`, so alerts
//! that have ended are seen too.

use std::collections::BTreeSet;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use dashboards::prometheus::Labels;
use operate::environment::{Cloud, Environment, repository};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::monitor;
use crate::cli::Quiet;
use crate::error::{BAD_RESULT, Error, Result};

/// Requests of each run of the simulator.
const REQUESTS: u32 = 200;
const BETWEEN_RUNS: Duration = Duration::from_secs(20);
/// Labels that identify the alert, or belong to Prometheus.
const NOT_SHOWN: [&str; 4] = ["__name__", "alertname", "alertstate", "severity"];

pub async fn run(environment: &Environment, options: &Quiet) -> Result<ExitCode> {
    monitor::droplet(environment)?;
    if !options.look {
        send_traffic(environment, options).await?;
    }
    let reached = monitor::prometheus(environment).await?;
    // Rules are evaluated every 5 s.
    let query = format!(
        "sort_desc(count_over_time(ALERTS{{alertname!=\"Watchdog\"}}[{}m]) * 5)",
        options.minutes
    );
    let alerts = reached.prometheus.instant(&query).await;
    let alerts = alerts.map_err(|error| monitor::no_answer(&error))?;
    for (labels, seconds) in &alerts {
        println!("{}", line(labels, *seconds));
    }
    let judgement = Judgement::of(&alerts, environment.cloud);
    println!("{} minutes: {judgement}", options.minutes);
    Ok(if judgement.fired.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BAD_RESULT)
    })
}

async fn send_traffic(environment: &Environment, options: &Quiet) -> Result<()> {
    let drill = repository()?.join("target/release/drill");
    let end = Instant::now() + Duration::from_mins(options.minutes);
    let first = options.seed.unwrap_or_else(std::process::id);
    let (mut runs, mut failed) = (0_u32, 0_u32);
    while Instant::now() < end {
        runs += 1;
        let seed = first.wrapping_add(runs).to_string();
        // The simulator waits 0.3 s only. On a busy machine a few requests are late; the alerts decide what that means.
        let status = Command::new(&drill)
            .args([
                "simulate",
                "--fast",
                "--seed",
                &seed,
                "--requests",
                &REQUESTS.to_string(),
            ])
            .env("LIVE_URL", environment.live_url())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .status()
            .await
            .map_err(|error| {
                Error::Failed(format!(
                    "{} can't be started ({error}): run `make build`.",
                    drill.display()
                ))
            })?;
        failed += u32::from(!status.success());
        sleep(BETWEEN_RUNS.min(end.saturating_duration_since(Instant::now()))).await;
    }
    println!(
        "traffic: {runs} simulator runs of {REQUESTS} requests; in {failed} of them a request failed or was late"
    );
    Ok(())
}

fn line(labels: &Labels, seconds: f64) -> String {
    let label = |name: &str| labels.get(name).map_or("", String::as_str);
    let others: Vec<String> = labels
        .iter()
        .filter(|(name, _)| !NOT_SHOWN.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{:8} {:32} {seconds:>5} s  {}",
        label("alertstate"),
        label("alertname"),
        others.join(" ")
    )
}

/// Names of alerts that fired, and of those that were only pending.
#[derive(Debug, PartialEq, Eq)]
struct Judgement {
    fired: BTreeSet<String>,
    pending: BTreeSet<String>,
}

impl Judgement {
    fn of(alerts: &[(Labels, f64)], cloud: Cloud) -> Self {
        // In localcloud droplets share this machine's processors with everything else that runs here.
        let excused = |name: &str| cloud == Cloud::Localcloud && name == "CpuBusy";
        let in_state = |state: &str| -> BTreeSet<String> {
            alerts
                .iter()
                .filter(|(labels, _)| labels.get("alertstate").is_some_and(|it| it == state))
                .filter_map(|(labels, _)| labels.get("alertname").cloned())
                .filter(|name| !excused(name))
                .collect()
        };
        let fired = in_state("firing");
        let pending = in_state("pending").difference(&fired).cloned().collect();
        Self { fired, pending }
    }
}

impl std::fmt::Display for Judgement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |names: &BTreeSet<String>| match names.len() {
            0 => "-".to_owned(),
            _ => names
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(","),
        };
        write!(
            f,
            "{} alerts fired ({}), {} were only pending ({})",
            self.fired.len(),
            names(&self.fired),
            self.pending.len(),
            names(&self.pending)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(name: &str, state: &str) -> (Labels, f64) {
        let labels = [
            ("alertname", name),
            ("alertstate", state),
            ("severity", "page"),
            ("instance", "a"),
        ];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        (Labels::from(labels), 15.0)
    }

    #[test]
    fn an_alert_that_fired_counts_once() {
        let alerts = [
            alert("AppDown", "firing"),
            alert("AppDown", "pending"),
            alert("DiskNearlyFull", "pending"),
        ];
        let judgement = Judgement::of(&alerts, Cloud::Digitalocean);
        assert_eq!(
            judgement.to_string(),
            "1 alerts fired (AppDown), 1 were only pending (DiskNearlyFull)"
        );
    }

    #[test]
    fn a_busy_processor_is_excused_in_localcloud_only() {
        let alerts = [alert("CpuBusy", "firing")];
        assert!(Judgement::of(&alerts, Cloud::Localcloud).fired.is_empty());
        assert!(!Judgement::of(&alerts, Cloud::Digitalocean).fired.is_empty());
        let quiet = Judgement::of(&[], Cloud::Localcloud);
        assert_eq!(
            quiet.to_string(),
            "0 alerts fired (-), 0 were only pending (-)"
        );
    }

    #[test]
    fn a_line_shows_state_name_time_and_other_labels() {
        let (labels, seconds) = alert("AppDown", "firing");
        let line = line(&labels, seconds);
        assert!(line.starts_with("firing   AppDown "), "{line}");
        assert!(line.ends_with("   15 s  instance=a"), "{line}");
    }
}
