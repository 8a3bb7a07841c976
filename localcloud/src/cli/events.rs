//! `localcloud events`: past events and, with `--follow`, new ones.

use super::error::{CliError, Failure};
use super::place::Place;
use super::status::call;
use crate::journal::Event;
use anyhow::Context;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use std::io::{ErrorKind, Write as _};

/// Seconds that a call waits for news; less than a call may take.
const WAIT: u64 = 4;

/// Which events, and how.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// From when on: as long ago as in 10m, or a time as in 2026-11-21T08:30:00Z.
    #[arg(long, value_parser = since)]
    since: Option<Timestamp>,
    /// Continue with new events, until interrupted.
    #[arg(long, short)]
    follow: bool,
    /// Print a JSON object for each event.
    #[arg(long)]
    json: bool,
}

fn since(text: &str) -> anyhow::Result<Timestamp> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let ago: SignedDuration = text.parse()?;
    Ok(Timestamp::now().checked_sub(ago.abs())?)
}

/// Prints events, oldest first.
///
/// # Errors
/// [`Failure::NoCloud`] when the daemon does not answer; with `follow`, a daemon that was there is
/// waited for.
pub async fn run(place: &Place, options: &Options) -> Result<(), CliError> {
    let mut after = 0;
    let mut query = String::new();
    if let Some(since) = options.since {
        query = format!("&since={since}");
    }
    loop {
        let wait = if options.follow && after > 0 { WAIT } else { 0 };
        let path = format!("events?after={after}&wait={wait}{query}");
        let answer = match call(place, Method::GET, &path, None).await {
            Err(error) if options.follow && after > 0 && error.is(Failure::NoCloud) => {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                continue;
            }
            answer => answer?,
        };
        let events: Vec<Event> = serde_json::from_value(answer["events"].clone())
            .context("reading the cloud's events")?;
        for event in &events {
            if !print(event, options.json)? {
                return Ok(());
            }
        }
        after = events.last().map_or(after.max(1), |event| event.seq);
        if !options.follow {
            return Ok(());
        }
    }
}

/// Prints one event; returns whether standard output is still open.
fn print(event: &Event, as_json: bool) -> anyhow::Result<bool> {
    let line = if as_json {
        serde_json::to_string(event).context("printing JSON")?
    } else {
        let at = event.at.strftime("%Y-%m-%d %H:%M:%S%.3f");
        let Event {
            kind,
            subject,
            text,
            ..
        } = event;
        format!("{at}  {kind:<20} {subject:<18} {text}")
    };
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).context("printing"),
    }
}
