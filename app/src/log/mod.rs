//! The log: JSON lines on stdout with the names of the Elastic Common Schema.

mod lines;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt::Write;
use std::io;

use jiff::Timestamp;
use prometheus::IntCounter;
use slog::{Drain, FnValue, Level, Logger, PushFnValue, Record, error, o};
use slog_json::Json;
use tokio_postgres::error::DbError;

pub use lines::Writer;

use crate::version::version;

/// A logger to stdout. The writer writes the gathered lines when it is dropped; `dropped` counts lost lines.
///
/// # Errors
/// If the writer's thread can't be started.
pub fn to_stdout(dropped: &IntCounter) -> io::Result<(Logger, Writer)> {
    let (drain, writer) = lines::start(io::stdout(), dropped.clone())?;
    let logger = Logger::root(
        drain.filter_level(Level::Info).fuse(),
        o!("service.name" => "minitwit", "service.version" => version()),
    );
    Ok((logger, writer))
}

/// Writes records as lines of JSON.
fn json<W: io::Write>(to: W) -> Json<W> {
    Json::new(to)
        .add_key_value(o!(
            "@timestamp" => PushFnValue(|_: &Record<'_>, value| {
                value.emit(format_args!("{:.3}", Timestamp::now()))
            }),
            "log.level" => FnValue(|record: &Record<'_>| level_name(record.level())),
            "message" => PushFnValue(|record: &Record<'_>, value| value.emit(record.msg())),
        ))
        .build()
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Critical => "critical",
        Level::Error => "error",
        Level::Warning => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}

/// Logs panics as lines like all others, with their place in the code; there is no backtrace on stderr.
pub fn report_panics(logger: &Logger) {
    let logger = logger.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string);
        error!(logger, "panic";
            "error.type" => "panic",
            "error.message" => panic_text(panic.payload()),
            "log.origin.file.name" => place);
    }));
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown")
}

/// An error with its causes, outermost first.
///
/// A database error is shown with severity, text and code only: its detail can quote stored values.
#[must_use]
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let shown = match error.downcast_ref::<DbError>() {
            Some(db) => format!("{}: {} ({})", db.severity(), db.message(), db.code().code()),
            None => error.to_string(),
        };
        // Some libraries repeat their cause in their own text.
        if !text.ends_with(&shown) {
            let separator = if text.is_empty() { "" } else { ": " };
            write!(text, "{separator}{shown}").expect("a String takes any text");
        }
        next = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::chain;

    #[derive(Debug, thiserror::Error)]
    #[error("could not store the message")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_chain_contains_every_cause() {
        let error = Outer(std::io::Error::other("connection closed"));
        assert_eq!(
            chain(&error),
            "could not store the message: connection closed"
        );
    }
}
