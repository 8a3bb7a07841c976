//! The table of the suite, in the order in which entries start.

use super::entry::{Entry, Part, Uses, Work};
use super::situation::Situation;
use super::steps::{
    FORGOTTEN_SESSIONS, KILLED, OLD_BACKUP, SHORT_CERTIFICATE, STOP_ON_STANDBY, WRONG_BACKUP_KEY,
};
use crate::failover::fault::{Object, Step, Which};
use crate::failover::step_table::{CUT, DOWN, FULL, STATUS, STOP_KEEPALIVED};

const API_FAILS: Step = Step::Localcloud(Object::Api, STATUS);
const STANDBY_DISK_FULL: Step = Step::Localcloud(Object::Droplet(Which::Standby), FULL);
const DATABASE_DOWN: Step = Step::Localcloud(Object::Database, DOWN);
const STANDBY_CUT_OFF: Step = Step::Localcloud(Object::Droplet(Which::Standby), CUT);
const LIVE_DIES: Step = Step::Localcloud(Object::Droplet(Which::Live), KILLED);

/// The suite.
pub const ENTRIES: &[Entry] = &[
    entry(
        "traffic",
        "simulator runs, so that every metric has values",
        Uses::Everything,
        Work::Traffic,
    ),
    entry(
        "quiet",
        "no alert but the Watchdog",
        Uses::Everything,
        Work::Quiet,
    ),
    entry(
        "queries",
        "every query of dashboards and rules returns values of the right unit",
        Uses::Parts(&[]),
        Work::Queries,
    ),
    entry(
        "restore",
        "the newest dump is restored beside the live database, and its rows counted",
        Uses::Parts(&[Part::Backup, Part::Dumps, Part::Database]),
        Work::Restore,
    ),
    situation(
        "keepalived-stopped",
        "Keepalived is stopped on the live droplet",
        &[Part::Vrrp],
        Situation::new(
            &[STOP_KEEPALIVED],
            &["KeepalivedDown", "RecordAndVrrpDisagree"],
        ),
    ),
    situation(
        "api-fails",
        "the cloud's API responds 500",
        &[Part::Api],
        Situation::new(&[API_FAILS], &["RecordUnreadable"]),
    ),
    situation(
        "disk-full",
        "the standby's disk is full",
        &[Part::Disk],
        Situation::new(&[STANDBY_DISK_FULL], &["DiskNearlyFull"]),
    ),
    situation(
        "certificate-ends",
        "a certificate ends in five days",
        &[Part::Certificate],
        Situation::new(&[SHORT_CERTIFICATE], &["CertificateEnds"]),
    ),
    situation(
        "sessions",
        "forgotten sessions take all connections of the database but one",
        &[Part::Database],
        Situation::new(&[FORGOTTEN_SESSIONS], &["DatabaseConnectionsNearLimit"]),
    ),
    situation(
        "backup-fails",
        "the bucket refuses the backup's key",
        &[Part::Backup, Part::Dumps],
        Situation::new(&[WRONG_BACKUP_KEY], &["BackupFailed"]),
    ),
    // BackupStale inhibits BackupFailed, so they can't be checked at the same time.
    situation(
        "backup-stale",
        "the newest dump is two days old",
        &[Part::Backup],
        Situation::new(&[OLD_BACKUP], &["BackupStale"]),
    ),
    // An unfit standby does not become VRRP master, so record and VRRP would not disagree.
    situation(
        "standby-unfit",
        "MiniTwit is stopped on the standby",
        &[Part::Vrrp],
        Situation {
            also_resolve: &["AppDown"],
            ..Situation::new(&[STOP_ON_STANDBY], &["StandbyUnfit"])
        },
    ),
    situation(
        "outage",
        "the database is down and the standby's VPC link is cut",
        &[
            Part::Api,
            Part::Dumps,
            Part::Database,
            Part::Disk,
            Part::Vrrp,
        ],
        Situation {
            held_back: &[
                "NobodyFit",
                "AppDown",
                "FloatipDown",
                "AvailabilityBudgetBurnsFast",
            ],
            ..Situation::new(
                &[DATABASE_DOWN, STANDBY_CUT_OFF],
                &["DatabaseDown", "LiveIpDown", "DropletCutOff"],
            )
        },
    ),
    situation(
        "live-dies",
        "the live droplet dies",
        &[
            Part::Api,
            Part::Dumps,
            Part::Database,
            Part::Disk,
            Part::Vrrp,
        ],
        Situation {
            also_resolve: &["DropletCutOff"],
            site_responds: true,
            ..Situation::new(&[LIVE_DIES], &["DropletDown", "FailedOver"])
        },
    ),
    Entry {
        needs_logs: true,
        ..entry(
            "log-lines",
            "log lines arrive",
            Uses::Everything,
            Work::LogLines,
        )
    },
    entry(
        "watch-cost",
        "monitoring costs less than 3 % of a processor, and 150 MB",
        Uses::Everything,
        Work::Cost,
    ),
    entry(
        "monitor-off",
        "the monitor dies, and no request fails",
        Uses::Everything,
        Work::MonitorOff,
    ),
];

const fn entry(name: &'static str, about: &'static str, uses: Uses, work: Work) -> Entry {
    Entry {
        name,
        about,
        uses,
        needs_logs: false,
        work,
    }
}

const fn situation(
    name: &'static str,
    about: &'static str,
    parts: &'static [Part],
    situation: Situation,
) -> Entry {
    entry(name, about, Uses::Parts(parts), Work::Situation(situation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_each_situation_alerts() {
        let names: BTreeSet<_> = ENTRIES.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), ENTRIES.len());
        for entry in ENTRIES {
            if let Work::Situation(situation) = entry.work {
                assert!(!situation.alerts.is_empty(), "{}", entry.name);
                assert!(!situation.steps.is_empty(), "{}", entry.name);
            }
        }
    }

    #[test]
    fn an_alert_that_inhibits_another_is_not_checked_with_it() {
        let uses = |name: &str| ENTRIES.iter().find(|it| it.name == name).unwrap().uses;
        for (one, other) in [
            ("backup-stale", "backup-fails"),
            ("outage", "keepalived-stopped"),
            ("outage", "api-fails"),
            ("outage", "standby-unfit"),
            ("outage", "backup-fails"),
            ("live-dies", "standby-unfit"),
            ("live-dies", "outage"),
        ] {
            assert!(uses(one).conflicts_with(uses(other)), "{one} {other}");
        }
    }
}
