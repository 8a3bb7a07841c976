//! The daemon's log: one JSON object a line, with the field names of the Elastic Common Schema.

use jiff::Timestamp;
use slog::{Discard, Drain as _, FnValue, Logger, PushFnValue, Record, o};
use slog_json::Json;
use std::sync::Mutex;

/// A logger that writes to standard error. `localcloud up` sends that to the cloud's `daemon.log`.
pub fn to_stderr() -> Logger {
    let level = |record: &Record<'_>| record.level().as_str().to_ascii_lowercase();
    let drain = Json::new(std::io::stderr())
        .set_newlines(true)
        .set_flush(true)
        .add_key_value(o!(
            "@timestamp" => FnValue(|_: &Record<'_>| timestamp()),
            "log.level" => FnValue(level),
            "message" => PushFnValue(|record: &Record<'_>, to| to.emit(record.msg())),
        ))
        .build();
    Logger::root(
        Mutex::new(drain).ignore_res(),
        o!("service.name" => "localcloud"),
    )
}

/// A logger that writes nothing, for tests.
pub fn discard() -> Logger {
    Logger::root(Discard, o!())
}

fn timestamp() -> String {
    Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}
