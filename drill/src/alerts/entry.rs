//! An entry of the suite: a situation or another check, and the parts of the environment that it uses.

use super::situation::Situation;

/// A part of the environment that two entries can't use at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The cloud's API.
    Api,
    /// The backup service on the monitor, and its metrics.
    Backup,
    /// Dumps of the database and the bucket for them.
    Dumps,
    /// The certificate that Prometheus probes.
    Certificate,
    /// The database and its connections.
    Database,
    /// The standby's disk.
    Disk,
    /// Keepalived, and the health checks that it depends on.
    Vrrp,
}

/// What an entry uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    /// These parts. Entries without a common part run at the same time.
    Parts(&'static [Part]),
    /// Everything: no other entry runs meanwhile.
    Everything,
}

impl Uses {
    /// Whether two entries can't run at the same time.
    pub fn conflicts_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Parts(mine), Self::Parts(others)) => {
                mine.iter().any(|part| others.contains(part))
            }
            _ => true,
        }
    }
}

/// How an entry is checked.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// A fault is injected. Its alerts must fire, and resolve when it is undone.
    Situation(Situation),
    /// Simulator runs, so that every metric has values.
    Traffic,
    /// No alert fires but the Watchdog.
    Quiet,
    /// Every query of dashboards and rules returns a value of the right unit.
    Queries,
    /// The newest dump is restored and counted.
    Restore,
    /// Log lines arrive.
    LogLines,
    /// The cost of monitoring is within its limits.
    Cost,
    /// The monitor is off, and clients notice nothing.
    MonitorOff,
}

/// An entry of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name on the command line.
    pub name: &'static str,
    /// A sentence for the report.
    pub about: &'static str,
    /// The parts that it uses.
    pub uses: Uses,
    /// It can't be checked while logs are off.
    pub needs_logs: bool,
    /// How it is checked.
    pub work: Work,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_conflict_over_a_common_part_or_over_everything() {
        let backup = Uses::Parts(&[Part::Backup, Part::Dumps]);
        let stale = Uses::Parts(&[Part::Backup]);
        let api = Uses::Parts(&[Part::Api]);
        assert!(backup.conflicts_with(stale));
        assert!(!backup.conflicts_with(api));
        assert!(!Uses::Parts(&[]).conflicts_with(api));
        assert!(Uses::Everything.conflicts_with(Uses::Parts(&[])));
    }
}
