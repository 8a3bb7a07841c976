//! Settings of PostgreSQL that clients of the platform may choose, and their limits.
//!
//! After the public description of the API (`database_config`). They are kept and listed only.

use super::Refusal;
use serde_json::Value;

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
    /// Some text.
    Text,
    /// An object of further settings.
    Group,
}

use Limit::{Group, Real, Switch, Text, Whole, Word};

const INT: i64 = 2_147_483_647;

const SETTINGS: &[(&str, Limit)] = &[
    ("autovacuum_analyze_scale_factor", Real(0.0, 1.0)),
    ("autovacuum_analyze_threshold", Whole(0, INT)),
    (
        "autovacuum_freeze_max_age",
        Whole(200_000_000, 1_500_000_000),
    ),
    ("autovacuum_max_workers", Whole(1, 20)),
    ("autovacuum_naptime", Whole(0, 86_400)),
    ("autovacuum_vacuum_cost_delay", Whole(-1, 100)),
    ("autovacuum_vacuum_cost_limit", Whole(-1, 10_000)),
    ("autovacuum_vacuum_scale_factor", Real(0.0, 1.0)),
    ("autovacuum_vacuum_threshold", Whole(0, INT)),
    ("backup_hour", Whole(0, 23)),
    ("backup_minute", Whole(0, 59)),
    ("bgwriter_delay", Whole(10, 10_000)),
    ("bgwriter_flush_after", Whole(0, 2_048)),
    ("bgwriter_lru_maxpages", Whole(0, 1_073_741_823)),
    ("bgwriter_lru_multiplier", Real(0.0, 10.0)),
    ("deadlock_timeout", Whole(500, 1_800_000)),
    ("default_toast_compression", Word(&["lz4", "pglz"])),
    ("idle_in_transaction_session_timeout", Whole(0, 604_800_000)),
    ("jit", Switch),
    ("log_autovacuum_min_duration", Whole(-1, INT)),
    (
        "log_error_verbosity",
        Word(&["TERSE", "DEFAULT", "VERBOSE"]),
    ),
    ("log_line_prefix", Text),
    ("log_min_duration_statement", Whole(-1, 86_400_000)),
    ("max_connections", Whole(25, 10_000)),
    ("max_failover_replication_time_lag", Whole(10, INT)),
    ("max_files_per_process", Whole(1_000, 4_096)),
    ("max_locks_per_transaction", Whole(64, 640)),
    ("max_logical_replication_workers", Whole(4, 64)),
    ("max_parallel_workers", Whole(0, 96)),
    ("max_parallel_workers_per_gather", Whole(0, 96)),
    ("max_pred_locks_per_transaction", Whole(64, 640)),
    ("max_prepared_transactions", Whole(0, 10_000)),
    ("max_replication_slots", Whole(8, 64)),
    ("max_slot_wal_keep_size", Whole(-1, INT)),
    ("max_stack_depth", Whole(2_097_152, 6_291_456)),
    ("max_standby_archive_delay", Whole(1, 43_200_000)),
    ("max_standby_streaming_delay", Whole(1, 43_200_000)),
    ("max_wal_senders", Whole(20, 64)),
    ("max_worker_processes", Whole(8, 96)),
    ("pg_partman_bgw.interval", Whole(3_600, 604_800)),
    ("pg_partman_bgw.role", Text),
    ("pg_stat_statements.track", Word(&["all", "top", "none"])),
    ("pgbouncer", Group),
    ("shared_buffers_percentage", Real(20.0, 60.0)),
    ("stat_monitor_enable", Switch),
    ("synchronous_replication", Word(&["off", "quorum"])),
    ("temp_file_limit", Whole(-1, INT)),
    ("timescaledb", Group),
    ("timezone", Text),
    ("track_activity_query_size", Whole(1_024, 10_240)),
    ("track_commit_timestamp", Word(&["off", "on"])),
    ("track_functions", Word(&["all", "pl", "none"])),
    ("track_io_timing", Word(&["off", "on"])),
    ("wal_sender_timeout", Whole(0, 10_800_000)),
    ("wal_writer_delay", Whole(10, 200)),
    ("work_mem", Whole(1, 1_024)),
];

/// Refuses settings that there are not, and values that they can't have.
///
/// # Errors
/// The sentence that says which.
pub fn check(name: &str, value: &Value) -> Result<(), Refusal> {
    let known = SETTINGS.iter().find(|(known, _)| *known == name);
    let Some((_, limit)) = known else {
        return Err(Refusal::unprocessable(format!("unknown setting {name:?}")));
    };
    let fits = match limit {
        Whole(from, to) => value.as_i64().is_some_and(|n| (*from..=*to).contains(&n)),
        Real(from, to) => value.as_f64().is_some_and(|n| (*from..=*to).contains(&n)),
        Switch => value.is_boolean(),
        Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Text => value.is_string(),
        Group => value.is_object(),
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::unprocessable(format!(
        "invalid value {value} for setting {name}"
    )))
}
