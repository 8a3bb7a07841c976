//! Settings of PostgreSQL and PgBouncer that clients of the platform may choose, their limits, and
//! what the servers make of them.
//!
//! After the public description of the API (`database_config`), which names most of them as
//! PostgreSQL does and counts some in other units.

use crate::cloud::refusal::Refusal;
use crate::machine::spec::ChosenSettings;
use Effect::{Kept, Now, Start};
use Limit::{Group, Real, Switch, Text, Whole, Word, Words, Zone};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a setting may be.
enum Limit {
    /// A whole number, from and to.
    Whole(i64, i64),
    /// A number, from and to.
    Real(f64, f64),
    /// Yes or no.
    Switch,
    /// One of these.
    Word(&'static [&'static str]),
    /// Some of these.
    Words(&'static [&'static str]),
    /// Some text.
    Text,
    /// A time zone, like `Europe/Copenhagen`.
    Zone,
    /// An object of further settings.
    Group(&'static [Setting]),
}

/// How a setting takes effect.
#[derive(Clone, Copy)]
enum Effect {
    /// The running server applies it. The unit is given where the server's own differs.
    Now(&'static str),
    /// The server restarts to apply it. Its unit, likewise.
    Start(&'static str),
    /// It is stored and returned, with no effect: it belongs to the platform or to an absent extension.
    Kept,
}

type Setting = (&'static str, Limit, Effect);

const INT: i64 = 2_147_483_647;

const NOW: Effect = Now("");

const START: Effect = Start("");

const SETTINGS: &[Setting] = &[
    ("autovacuum_analyze_scale_factor", Real(0.0, 1.0), NOW),
    ("autovacuum_analyze_threshold", Whole(0, INT), NOW),
    (
        "autovacuum_freeze_max_age",
        Whole(200_000_000, 1_500_000_000),
        START,
    ),
    ("autovacuum_max_workers", Whole(1, 20), START),
    ("autovacuum_naptime", Whole(0, 86_400), NOW),
    ("autovacuum_vacuum_cost_delay", Whole(-1, 100), NOW),
    ("autovacuum_vacuum_cost_limit", Whole(-1, 10_000), NOW),
    ("autovacuum_vacuum_scale_factor", Real(0.0, 1.0), NOW),
    ("autovacuum_vacuum_threshold", Whole(0, INT), NOW),
    ("backup_hour", Whole(0, 23), Kept),
    ("backup_minute", Whole(0, 59), Kept),
    ("bgwriter_delay", Whole(10, 10_000), NOW),
    ("bgwriter_flush_after", Whole(0, 2_048), Now("kB")),
    ("bgwriter_lru_maxpages", Whole(0, 1_073_741_823), NOW),
    ("bgwriter_lru_multiplier", Real(0.0, 10.0), NOW),
    ("deadlock_timeout", Whole(500, 1_800_000), NOW),
    ("default_toast_compression", Word(&["lz4", "pglz"]), NOW),
    (
        "idle_in_transaction_session_timeout",
        Whole(0, 604_800_000),
        NOW,
    ),
    ("jit", Switch, NOW),
    ("log_autovacuum_min_duration", Whole(-1, INT), NOW),
    (
        "log_error_verbosity",
        Word(&["TERSE", "DEFAULT", "VERBOSE"]),
        NOW,
    ),
    ("log_line_prefix", Word(PREFIXES), NOW),
    ("log_min_duration_statement", Whole(-1, 86_400_000), NOW),
    // The size defines the number; the platform grants more on request only.
    ("max_connections", Whole(25, 10_000), Kept),
    ("max_failover_replication_time_lag", Whole(10, INT), Kept),
    ("max_files_per_process", Whole(1_000, 4_096), START),
    ("max_locks_per_transaction", Whole(64, 640), START),
    ("max_logical_replication_workers", Whole(4, 64), START),
    ("max_parallel_workers", Whole(0, 96), NOW),
    ("max_parallel_workers_per_gather", Whole(0, 96), NOW),
    ("max_pred_locks_per_transaction", Whole(64, 640), START),
    ("max_prepared_transactions", Whole(0, 10_000), START),
    ("max_replication_slots", Whole(8, 64), START),
    ("max_slot_wal_keep_size", Whole(-1, INT), NOW),
    ("max_stack_depth", Whole(2_097_152, 6_291_456), Now("B")),
    ("max_standby_archive_delay", Whole(1, 43_200_000), NOW),
    ("max_standby_streaming_delay", Whole(1, 43_200_000), NOW),
    ("max_wal_senders", Whole(20, 64), START),
    ("max_worker_processes", Whole(8, 96), START),
    ("pg_partman_bgw.interval", Whole(3_600, 604_800), Kept),
    ("pg_partman_bgw.role", Text, Kept),
    (
        "pg_stat_statements.track",
        Word(&["all", "top", "none"]),
        Kept,
    ),
    ("pgbouncer", Group(POOLER), Kept),
    // Memory here is the machine's, independent of the size.
    ("shared_buffers_percentage", Real(20.0, 60.0), Kept),
    ("stat_monitor_enable", Switch, Kept),
    // Commits wait for a standby in any case.
    ("synchronous_replication", Word(&["off", "quorum"]), Kept),
    ("temp_file_limit", Whole(-1, INT), NOW),
    ("timescaledb", Group(TIMESCALE), Kept),
    ("timezone", Zone, NOW),
    ("track_activity_query_size", Whole(1_024, 10_240), START),
    ("track_commit_timestamp", Word(&["off", "on"]), START),
    ("track_functions", Word(&["all", "pl", "none"]), NOW),
    ("track_io_timing", Word(&["off", "on"]), NOW),
    ("wal_sender_timeout", Whole(0, 10_800_000), NOW),
    ("wal_writer_delay", Whole(10, 200), NOW),
    ("work_mem", Whole(1, 1_024), Now("MB")),
];

const PREFIXES: &[&str] = &[
    "pid=%p,user=%u,db=%d,app=%a,client=%h",
    "%m [%p] %q[user=%u,db=%d,app=%a]",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h",
];

/// Those of PgBouncer; `autodb` is about pools that it makes by itself, and none are.
const POOLER: &[Setting] = &[
    ("autodb_idle_timeout", Whole(0, 86_400), Kept),
    ("autodb_max_db_connections", Whole(0, INT), Kept),
    (
        "autodb_pool_mode",
        Word(&["session", "transaction", "statement"]),
        Kept,
    ),
    ("autodb_pool_size", Whole(0, 10_000), Kept),
    (
        "ignore_startup_parameters",
        Words(&["extra_float_digits", "search_path"]),
        NOW,
    ),
    ("min_pool_size", Whole(0, 10_000), NOW),
    ("server_idle_timeout", Whole(0, 86_400), NOW),
    ("server_lifetime", Whole(60, 86_400), NOW),
    ("server_reset_query_always", Switch, NOW),
];

const TIMESCALE: &[Setting] = &[("max_background_workers", Whole(1, 4_096), Kept)];

/// Refuses unknown settings and values out of range.
///
/// # Errors
/// The refusal names the setting.
pub fn check(settings: &Map<String, Value>) -> Result<(), Refusal> {
    settings
        .iter()
        .try_for_each(|(name, value)| check_one(SETTINGS, name, value))
}

fn check_one(known: &[Setting], name: &str, value: &Value) -> Result<(), Refusal> {
    let Some((_, limit, _)) = known.iter().find(|(known, ..)| *known == name) else {
        return Err(Refusal::unprocessable(format!("unknown setting {name:?}")));
    };
    let word = |words: &[&str], value: &Value| value.as_str().is_some_and(|w| words.contains(&w));
    let fits = match limit {
        Whole(from, to) => value.as_i64().is_some_and(|n| (*from..=*to).contains(&n)),
        Real(from, to) => value.as_f64().is_some_and(|n| (*from..=*to).contains(&n)),
        Switch => value.is_boolean(),
        Word(words) => word(words, value),
        Words(words) => {
            let list = value.as_array();
            list.is_some_and(|list| list.iter().all(|one| word(words, one)))
        }
        Text => value.is_string(),
        Zone => value.as_str().is_some_and(is_zone),
        Group(inner) => match value.as_object() {
            Some(group) => {
                let mut parts = group.iter();
                return parts.try_for_each(|(name, value)| check_one(inner, name, value));
            }
            None => false,
        },
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::unprocessable(format!(
        "invalid value {value} for setting {name}"
    )))
}

/// Whether a server would start with it: it takes names of this machine's time zones, but for those
/// that count leap seconds.
fn is_zone(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
    name.bytes().all(plain) && !name.starts_with("right/") && TimeZone::get(name).is_ok()
}

/// The chosen settings in the servers' own names and units.
#[must_use]
pub fn chosen(config: &BTreeMap<String, Value>) -> ChosenSettings {
    let mut chosen = ChosenSettings::default();
    for (name, _, effect) in SETTINGS {
        let (unit, list) = match effect {
            Now(unit) => (unit, &mut chosen.at_once),
            Start(unit) => (unit, &mut chosen.at_start),
            Kept => continue,
        };
        if let Some(value) = config.get(*name) {
            // The platform's minimum is 0, the server's is one second.
            let value = match *name {
                "autovacuum_naptime" if value == 0 => "1".to_owned(),
                _ => text(value),
            };
            list.push(((*name).to_owned(), format!("{value}{unit}")));
        }
    }
    let group = config.get("pgbouncer").and_then(Value::as_object);
    for (name, value) in group.into_iter().flatten() {
        let known = POOLER.iter().find(|(known, ..)| known == name);
        if known.is_some_and(|(.., effect)| !matches!(effect, Kept)) {
            chosen.pooler.push((name.clone(), text(value)));
        }
    }
    chosen
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => u8::from(*yes).to_string(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
