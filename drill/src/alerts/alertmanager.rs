//! The alerts that fire now, read again and again from the monitor's Alertmanager.

use crate::error::Error;
use crate::failover::droplets::Droplets;
use operate::environment::Droplet;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

const READ: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_secs(2);
/// Inhibited and silenced alerts are not returned. The second line has the number of moves by each agent.
const COMMAND: &str = "curl -fsS --max-time 5 'http://127.0.0.1:9093/api/v2/alerts?inhibited=false&silenced=false' && echo && \
     curl -fsS --max-time 5 'http://127.0.0.1:9090/api/v1/query?query=floatip_moves_total'";
pub(super) const FAILED_OVER: &str = "FailedOver";
pub(super) const WATCHDOG: &str = "Watchdog";

/// The alerts at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Snapshot {
    /// Names of firing alerts.
    pub(super) alerts: BTreeSet<String>,
    /// Moves of the live IP by each agent.
    moves: BTreeMap<String, f64>,
}

impl Snapshot {
    /// Whether the alert has fired since an earlier snapshot. `FailedOver` fires for ten minutes, so a second failover in
    /// that time counts by its move.
    pub(super) fn has_fired_since(&self, name: &str, before: &Self) -> bool {
        if name == FAILED_OVER && before.alerts.contains(name) {
            let moved = |(agent, moves): (&String, &f64)| {
                before.moves.get(agent).is_some_and(|before| moves > before)
            };
            return self.moves.iter().any(moved);
        }
        self.alerts.contains(name)
    }

    /// Names for a report.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.alerts.iter().map(String::as_str).collect();
        names.join(" ")
    }
}

/// Reads alerts until it is dropped.
pub(super) struct Alertmanager {
    latest: watch::Receiver<Option<Snapshot>>,
    _reading: JoinSet<()>,
}

impl Alertmanager {
    pub(super) fn start(droplets: Droplets, monitor: Droplet) -> Self {
        let (sender, latest) = watch::channel(None);
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            loop {
                match read(&droplets, &monitor).await {
                    Ok(snapshot) => drop(sender.send_replace(Some(snapshot))),
                    Err(error) => eprintln!("alerts can't be read: {error}"),
                }
                sleep(POLL).await;
            }
        });
        Self {
            latest,
            _reading: reading,
        }
    }

    /// The first snapshot read from now on for which `wanted` holds; at the deadline the last one read, if any.
    pub(super) async fn wait_for(
        &self,
        within: Duration,
        mut wanted: impl FnMut(&Snapshot) -> bool,
    ) -> Result<Snapshot, Option<Snapshot>> {
        let deadline = Instant::now() + within;
        let mut latest = self.latest.clone();
        latest.mark_unchanged();
        let mut last = None;
        while let Ok(Ok(())) = timeout_at(deadline, latest.changed()).await {
            let snapshot = latest.borrow_and_update().clone();
            if let Some(snapshot) = snapshot {
                if wanted(&snapshot) {
                    return Ok(snapshot);
                }
                last = Some(snapshot);
            }
        }
        Err(last)
    }

    /// The next snapshot.
    pub(super) async fn next(&self, within: Duration) -> Result<Snapshot, Error> {
        let next = self.wait_for(within, |_| true).await;
        next.map_err(|_| Error::NotReady("the alerts on the monitor can't be read".to_owned()))
    }
}

async fn read(droplets: &Droplets, monitor: &Droplet) -> Result<Snapshot, Error> {
    let output = droplets.run(monitor, COMMAND, READ).await?;
    parse(&output).ok_or_else(|| {
        Error::Ssh(format!(
            "Alertmanager or Prometheus on {} did not return JSON as expected",
            monitor.name
        ))
    })
}

#[derive(Deserialize)]
struct Alert {
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Moves {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

fn parse(output: &str) -> Option<Snapshot> {
    let (alerts, moves) = output.trim().split_once('\n')?;
    let alerts: Vec<Alert> = serde_json::from_str(alerts).ok()?;
    let mut names = alerts.into_iter();
    let moves: Moves = serde_json::from_str(moves).ok()?;
    let moves = moves.data.result.into_iter().filter_map(|series| {
        let agent = series.metric.get("instance")?.clone();
        Some((agent, series.value.1.parse().ok()?))
    });
    Some(Snapshot {
        alerts: names
            .by_ref()
            .filter_map(|alert| alert.labels.get("alertname").cloned())
            .collect(),
        moves: moves.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(alerts: &str, moves: &str) -> Snapshot {
        let alerts = format!(
            r#"[{{"labels":{{"alertname":"Watchdog"}},"status":{{"state":"active"}}}}{alerts}]"#
        );
        let moves = format!(
            r#"{{"status":"success","data":{{"resultType":"vector","result":[
            {{"metric":{{"__name__":"floatip_moves_total","instance":"b"}},"value":[1.5,"{moves}"]}}]}}}}"#
        );
        parse(&format!("{alerts}\n{}\n", moves.replace('\n', ""))).unwrap()
    }

    #[test]
    fn alerts_and_moves_are_read() {
        let disk = r#",{"labels":{"alertname":"DiskNearlyFull","instance":"a"}}"#;
        let now = snapshot(disk, "0");
        assert_eq!(now.names(), "DiskNearlyFull Watchdog");
        assert!(now.has_fired_since("DiskNearlyFull", &Snapshot::default()));
        assert!(!now.has_fired_since("AppDown", &Snapshot::default()));
        assert_eq!(parse("[]"), None);
        assert_eq!(parse("no\n{}"), None);
    }

    #[test]
    fn a_second_failover_counts_by_its_move() {
        let fired = r#",{"labels":{"alertname":"FailedOver"}}"#;
        let before = snapshot(fired, "1");
        assert!(!snapshot(fired, "1").has_fired_since(FAILED_OVER, &before));
        assert!(snapshot(fired, "2").has_fired_since(FAILED_OVER, &before));
        assert!(snapshot(fired, "2").has_fired_since(FAILED_OVER, &snapshot("", "1")));
    }
}
