//! `minitwitctl dashboards draw`: each dashboard as an SVG picture.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use dashboards::dashboard::Kind;
use dashboards::prometheus::Span;
use dashboards::{picture, sample};
use operate::environment::Options;

use super::monitor;
use crate::cli::Source;
use crate::error::{Error, Result};

/// Values of each line.
const POINTS: u16 = 240;

pub async fn run(
    options: &Options,
    source: &Source,
    directory: &Path,
    caption: &str,
) -> Result<ExitCode> {
    let dashboards = monitor::dashboards_of(source)?;
    let reached = monitor::prometheus_of(options, source).await?;
    let span = Span::until_now(Duration::from_mins(source.minutes), POINTS);
    for dashboard in &dashboards {
        let mut lines = Vec::new();
        for panel in &dashboard.panels {
            lines.push(match panel.kind {
                Kind::Row => Vec::new(),
                _ => sample::of(panel, &reached.prometheus, span)
                    .await
                    .map_err(|error| monitor::no_answer(&error))?,
            });
        }
        let path = directory.join(format!("{}.svg", dashboard.uid));
        let svg = picture::draw(dashboard, &lines, span, caption);
        std::fs::write(&path, svg).map_err(|error| {
            Error::Usage(format!("{} can't be written: {error}", path.display()))
        })?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
