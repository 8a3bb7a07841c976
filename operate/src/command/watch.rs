//! `minitwitctl watch`: the dashboards in this terminal.

use std::process::ExitCode;
use std::time::Duration;

use dashboards::terminal;
use operate::environment::Options;

use super::monitor;
use crate::cli::Source;
use crate::error::{Error, Result};

/// Columns and rows of a dashboard that is printed.
const PAGE: (u16, u16) = (170, 60);

pub async fn run(options: &Options, source: &Source, once: Option<String>) -> Result<ExitCode> {
    let dashboards = monitor::dashboards_of(source)?;
    let wanted = once.map(|name| {
        let found = dashboards
            .iter()
            .position(|dashboard| dashboard.uid == name);
        found.ok_or_else(|| {
            let names: Vec<_> = dashboards
                .iter()
                .map(|dashboard| dashboard.uid.as_str())
                .collect();
            Error::Usage(format!(
                "There is no dashboard {name}; there are {}.",
                names.join(", ")
            ))
        })
    });
    let wanted = wanted.transpose()?;
    let reached = monitor::prometheus_of(options, source).await?;
    let prometheus = &reached.prometheus;
    let length = Duration::from_mins(source.minutes);
    if let Some(wanted) = wanted {
        let page = terminal::page(prometheus, &dashboards, wanted, length, PAGE).await;
        print!("{}", page.map_err(|error| monitor::no_answer(&error))?);
    } else {
        let shown = terminal::run(prometheus, &dashboards, length).await;
        shown.map_err(|error| Error::Failed(format!("{error:#}")))?;
    }
    Ok(ExitCode::SUCCESS)
}
