//! Backup policies.

use jiff::Timestamp;
use localcloud::cloud::resources::backups::BackupPolicy;

#[test]
fn the_next_window_is_the_next_fitting_hour() {
    let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
    let next = |plan: &str, weekday: Option<&str>, hour| {
        let policy = BackupPolicy {
            plan: plan.to_owned(),
            weekday: weekday.map(str::to_owned),
            hour,
        };
        policy.check().unwrap();
        policy.next_window(now).unwrap().0.to_string()
    };
    assert_eq!(next("daily", None, 12), "2026-11-21T12:00:00Z");
    assert_eq!(next("daily", None, 8), "2026-11-22T08:00:00Z");
    assert_eq!(next("weekly", Some("SAT"), 8), "2026-11-28T08:00:00Z");
    assert_eq!(next("weekly", Some("SUN"), 0), "2026-11-22T00:00:00Z");
}

#[test]
fn odd_policies_are_refused() {
    for (plan, weekday, hour) in [
        ("hourly", None, 0),
        ("daily", Some("SUN"), 0),
        ("weekly", None, 0),
        ("weekly", Some("SUNDAY"), 0),
        ("daily", None, 5),
    ] {
        let weekday = weekday.map(str::to_owned);
        let policy = BackupPolicy {
            plan: plan.to_owned(),
            weekday,
            hour,
        };
        assert!(policy.check().is_err(), "{policy:?}");
    }
}
