//! Runs the suite: entries that use different parts of the environment at the same time.

use super::entry::{Entry, Work};
use super::report::{Check, Report};
use super::schedule::schedule;
use super::suite::Suite;
use super::table::ENTRIES;
use super::{backups, checks, monitor_off, verify};
use crate::error::Error;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The names of all checks.
pub fn names() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.name)
}

/// The entries of these names, in the order of the table. Without names all of them; those that need logs only if
/// `with_logs`.
///
/// # Errors
/// [`Error::UnknownCheck`].
pub fn select(names: &[String], with_logs: bool) -> Result<Vec<Entry>, Error> {
    let unknown = names
        .iter()
        .find(|name| ENTRIES.iter().all(|entry| entry.name != *name));
    if let Some(name) = unknown {
        return Err(Error::UnknownCheck(name.clone()));
    }
    let wanted = |entry: &&Entry| {
        if names.is_empty() {
            with_logs || !entry.needs_logs
        } else {
            names.iter().any(|name| name == entry.name)
        }
    };
    Ok(ENTRIES.iter().filter(wanted).copied().collect())
}

/// Whether the environment's logs are on.
///
/// # Errors
/// If Prometheus can't be read.
pub async fn has_logs(suite: &Suite) -> Result<bool, Error> {
    checks::has_logs(suite).await
}

/// Runs the entries. `print` gets each check when it ends.
pub async fn run(suite: Arc<Suite>, entries: &[Entry], mut print: impl FnMut(&Check)) -> Report {
    // Before a fault of the API can prevent it. A situation that needs the roles reports an error itself.
    let _ = suite.roles().await;
    let (sender, mut ended) = mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    for scheduled in schedule(entries) {
        let (suite, sender) = (suite.clone(), sender.clone());
        running.spawn(async move {
            let (entry, end) = scheduled.start().await;
            perform(&suite, &entry, &sender).await;
            drop(end);
        });
    }
    drop(sender);
    let mut report = Report::default();
    while let Some(check) = ended.recv().await {
        print(&check);
        report.checks.push(check);
    }
    report
}

async fn perform(suite: &Suite, entry: &Entry, sender: &mpsc::UnboundedSender<Check>) {
    let started = Instant::now();
    let result = match entry.work {
        Work::Situation(situation) => {
            return verify::situation(suite, entry, &situation, sender).await;
        }
        Work::Traffic => checks::traffic(suite).await,
        Work::Quiet => checks::quiet(suite).await,
        Work::Queries => checks::queries(suite).await,
        Work::Restore => backups::restore(suite).await,
        Work::LogLines => checks::log_lines(suite).await,
        Work::Cost => checks::cost(suite).await,
        Work::MonitorOff => monitor_off::check(suite).await,
    };
    let name = format!("{}: {}", entry.name, entry.about);
    // The receiver ends last.
    let _ = sender.send(Check::new(name, started.elapsed(), result));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_selected_by_name_in_the_order_of_the_table() {
        let select = |names: &[&str], with_logs| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let entries = select(&names, with_logs)?;
            Ok::<Vec<_>, Error>(entries.iter().map(|entry| entry.name).collect())
        };
        assert_eq!(
            select(&["watch-cost", "log-lines"], false).unwrap(),
            ["log-lines", "watch-cost"]
        );
        assert_eq!(select(&[], true).unwrap().len(), ENTRIES.len());
        assert!(!select(&[], false).unwrap().contains(&"log-lines"));
        assert_eq!(select(&["disk"], true).unwrap_err().exit_code(), 2);
    }
}
