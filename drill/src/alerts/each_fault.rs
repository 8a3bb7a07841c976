//! Each lasting fault of docs/FAILOVER.md in turn, with the alerts that must fire.

use super::alertmanager::{FAILED_OVER, Snapshot, WATCHDOG};
use super::suite::Suite;
use crate::error::{CHECK_FAILED, Error, PASSED};
use crate::failover::fault::{Fault, Row};
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// How long the environment may take to be at rest before a fault.
const REST: Duration = Duration::from_mins(4);

/// The faults that last, and the alerts that must fire. Without alerts the fault is only observed.
const EXPECTED: &[(Fault, &[&str])] = &[
    (Fault::AppStop, &["FailedOver", "StandbyUnfit"]),
    (Fault::AppCrashing, &["FailedOver", "StandbyUnfit"]),
    (Fault::AppFrozen, &["FailedOver", "StandbyUnfit"]),
    (Fault::AppSlow, &["FailedOver", "StandbyUnfit"]),
    (Fault::PowerOff, &["FailedOver", "DropletDown"]),
    (Fault::DropletFrozen, &["FailedOver", "DropletCutOff"]),
    (Fault::DropletSlow, &["FailedOver"]),
    (Fault::StandbyOff, &["DropletDown"]),
    (Fault::BothOffLiveFirst, &["LiveIpDown", "DropletDown"]),
    (
        Fault::KeepalivedStopped,
        &["KeepalivedDown", "RecordAndVrrpDisagree"],
    ),
    (Fault::FloatipStopped, &["FloatipDown"]),
    (Fault::VpcCut, &["FailedOver", "DropletCutOff"]),
    (Fault::VpcCutIn, &["FailedOver", "DropletCutOff"]),
    (Fault::VpcCutOut, &["FailedOver", "DropletCutOff"]),
    (Fault::VpcCutStandby, &["DropletCutOff"]),
    (Fault::PeerCut, &["TwoMasters"]),
    (Fault::PeerCutOneWay, &["TwoMasters"]),
    (Fault::DatabaseCut, &["FailedOver", "StandbyUnfit"]),
    (Fault::DatabaseCutBoth, &["LiveIpDown", "NobodyFit"]),
    (Fault::DatabaseDown, &["LiveIpDown", "DatabaseDown"]),
    (Fault::DatabaseConnections, &[]),
    (Fault::DiskFull, &["DiskNearlyFull"]),
    (Fault::ApiSilent, &["LiveIpDown", "RecordUnreadable"]),
    (
        Fault::ApiStatus,
        &["LiveIpDown", "RecordUnreadable", "ClaimsFail"],
    ),
    (Fault::ApiRateLimit, &["LiveIpDown", "RecordUnreadable"]),
    (Fault::ApiAnswerLost, &["FailedOver", "RecordUnreadable"]),
    (Fault::ActionErrored, &["LiveIpDown", "ClaimsFail"]),
    (Fault::ActionEarly, &["LiveIpDown", "FailedOver"]),
];

/// The alerts of one fault.
pub struct Line {
    fault: Fault,
    /// New alerts, and how long each took.
    fired: Vec<(String, Duration)>,
    missing: Vec<&'static str>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fired: Vec<String> = self
            .fired
            .iter()
            .map(|(name, took)| format!("{name} {} s", took.as_secs()))
            .collect();
        write!(f, "{:<20} {}", self.fault.name(), fired.join(", "))?;
        if !self.missing.is_empty() {
            write!(f, "   NOT FIRED: {}", self.missing.join(" "))?;
        }
        Ok(())
    }
}

/// Injects the faults in turn; without a list, all that last. `print` gets each fault's line. Returns the exit code.
///
/// # Errors
/// If the environment is not at rest before a fault, or a fault can't be injected or undone.
pub async fn run(
    suite: &Suite,
    faults: &[Fault],
    mut print: impl FnMut(&Line),
) -> Result<u8, Error> {
    let mut code = PASSED;
    let lasts = |fault: &Fault| EXPECTED.iter().any(|(known, _)| known == fault);
    for fault in faults.iter().filter(|fault| !lasts(fault)) {
        eprintln!("{} is over before an alert could fire", fault.name());
        code = CHECK_FAILED;
    }
    for (fault, alerts) in EXPECTED {
        if faults.is_empty() || faults.contains(fault) {
            let line = observe(suite, *fault, alerts).await;
            suite.undo().await?;
            let line = line?;
            print(&line);
            if !line.missing.is_empty() {
                code = CHECK_FAILED;
            }
        }
    }
    Ok(code)
}

async fn observe(
    suite: &Suite,
    fault: Fault,
    alerts: &'static [&'static str],
) -> Result<Line, Error> {
    let roles = suite.drill.wait_until_ready().await?;
    let at_rest = |now: &Snapshot| {
        let fires = |name: &&str| *name != FAILED_OVER && now.alerts.contains(*name);
        !alerts.iter().any(fires)
    };
    let before = suite.alertmanager.wait_for(REST, at_rest).await;
    let before =
        before.map_err(|_| Error::NotReady(format!("alerts of {} already fire", fault.name())))?;
    let row = Row {
        lasts: Duration::ZERO,
        ..fault.row()
    };
    let started = Instant::now();
    suite.injector().inject(&row, &roles).await?;
    let mut fired: Vec<(String, Duration)> = Vec::new();
    let all_fired = |now: &Snapshot| {
        let names = now.alerts.iter().map(String::as_str);
        for name in names.filter(|name| *name != WATCHDOG) {
            let known = fired.iter().any(|(known, _)| known == name);
            let old = name != FAILED_OVER && before.alerts.contains(name);
            if !known && !old && now.has_fired_since(name, &before) {
                fired.push((name.to_owned(), started.elapsed()));
            }
        }
        let has_fired = |name: &&str| fired.iter().any(|(known, _)| known == name);
        !alerts.is_empty() && alerts.iter().all(has_fired)
    };
    // Alerts that are missing at the deadline are in the line.
    let _ = suite
        .alertmanager
        .wait_for(suite.limits.fires_within, all_fired)
        .await;
    let has_fired = |name: &&&str| fired.iter().any(|(known, _)| known == **name);
    let missing = alerts.iter().filter(|name| !has_fired(name));
    Ok(Line {
        fault,
        missing: missing.copied().collect(),
        fired,
    })
}
