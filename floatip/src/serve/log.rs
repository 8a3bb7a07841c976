//! JSON lines on stdout, with ECS names.

use std::{io::Write, sync::Mutex};

use jiff::Timestamp;
use slog::{Drain, FnValue, Logger, PushFnValue, Record, o};

/// The present time, RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn timestamp() -> String {
    format!("{:.3}", Timestamp::now())
}

/// A logger that writes to `out` line by line, without a queue: queued lines would be lost with the process.
pub fn to<W: Write + Send + 'static>(out: W) -> Logger {
    let drain = slog_json::Json::new(out)
        .set_newlines(true)
        .set_flush(true)
        .add_key_value(o!(
            "@timestamp" => FnValue(|_: &Record<'_>| timestamp()),
            "log.level" => FnValue(|record: &Record<'_>| record.level().as_str().to_ascii_lowercase()),
            "message" => PushFnValue(|record: &Record<'_>, to| to.emit(record.msg())),
        ))
        .build();
    Logger::root(
        Mutex::new(drain).ignore_res(),
        o!("service.name" => "floatip"),
    )
}

/// A logger for a person's terminal: the messages alone, on stderr.
pub fn plain() -> Logger {
    Logger::root(Plain, o!())
}

struct Plain;

impl Drain for Plain {
    type Ok = ();
    type Err = slog::Never;

    fn log(&self, record: &Record<'_>, _: &slog::OwnedKVList) -> Result<(), slog::Never> {
        // If stderr is closed, there is nowhere to report it.
        let _ = writeln!(std::io::stderr(), "{} {}", timestamp(), record.msg());
        Ok(())
    }
}
