//! `localcloud up`: starts a cloud in the background, or finds it running.

use super::daemon::Options;
use super::error::{CliError, Failure};
use super::place::Place;
use crate::machine::image;
use crate::machine::process::Process;
use crate::preflight;
use anyhow::Context;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

/// Where Debian's packages for the image come from.
const MIRROR: &str = "http://deb.debian.org/debian";

/// Name of the file about the daemon's process in a cloud's directory.
pub const NOTE: &str = "daemon";

/// Starts the daemon unless it runs, and returns when its API answers.
///
/// # Errors
/// [`Failure::Machine`] before anything is made, if the machine lacks something.
pub async fn run(place: &Place, options: &Options) -> Result<(), CliError> {
    let directory = place.cloud()?;
    if let Some(daemon) = Process::recorded(&directory.join(NOTE)) {
        if daemon.runs_this_program() {
            // One that has just been killed may still be on its way out.
            let served = serves_within(place, &daemon, Duration::from_secs(3)).await;
            if served.is_some() || daemon.runs() {
                let (url, _) = place.api()?;
                println!("cloud {} runs already; its API is {url}", place.name);
                return Ok(());
            }
        } else {
            println!(
                "another build of localcloud serves {}; this one takes over",
                place.name
            );
            daemon.end(Duration::from_secs(8)).await?;
        }
    }
    if !options.record_only {
        preflight::check(&place.root()?)
            .map_err(|error| CliError::new(Failure::Machine, format!("{error:#}")))?;
        image::ensure(&place.images()?, MIRROR, |step| println!("{step}")).await?;
    }
    if let Some(port) = options.port {
        // The daemon would report this in its log only.
        TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
            let words =
                format!("can't listen on 127.0.0.1:{port} ({error}): choose another --port");
            CliError::new(Failure::Taken, words)
        })?;
    }
    place.choose_slot()?;
    let log = directory.join("daemon.log");
    let daemon = start(place, options, &log)?;
    if let Some(url) = serves_within(place, &daemon, Duration::from_secs(30)).await {
        println!("cloud {} is up; its API is {url}", place.name);
        return Ok(());
    }
    let text = fs::read_to_string(&log).unwrap_or_default();
    let last = text.lines().last().unwrap_or("nothing").to_owned();
    let words = format!(
        "the daemon does not serve; its last log line: {last} (see {})",
        log.display()
    );
    Err(CliError::new(Failure::Failed, words))
}

/// The API's URL once it answers; `None` if the daemon ends before, or the time is over.
async fn serves_within(place: &Place, daemon: &Process, limit: Duration) -> Option<String> {
    let deadline = Instant::now() + limit;
    while daemon.runs() && Instant::now() < deadline {
        if let Ok((url, token)) = place.api()
            && answers(&url, &token).await
        {
            return Some(url);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}

fn start(place: &Place, options: &Options, log: &Path) -> Result<Process, CliError> {
    let this = std::env::current_exe().context("finding this program's file")?;
    let mut args = vec![
        "daemon".to_owned(),
        format!("--name={}", place.name),
        format!("--root={}", place.root()?.display()),
        format!("--move-latency={}ms", options.move_latency.as_millis()),
        format!("--move-jitter={}ms", options.move_jitter.as_millis()),
        format!("--metadata-lag={}ms", options.metadata_lag.as_millis()),
        format!("--spaces-day={}ms", options.spaces_day.as_millis()),
    ];
    args.extend(options.port.map(|port| format!("--port={port}")));
    args.extend(options.record_only.then(|| "--record-only".to_owned()));
    let note = place.cloud()?.join(NOTE);
    Ok(Process::start(
        &this.display().to_string(),
        &args,
        log,
        &note,
    )?)
}

async fn answers(url: &str, token: &str) -> bool {
    let request = reqwest::Client::new()
        .get(format!("{url}/v2/account"))
        .bearer_auth(token)
        .timeout(Duration::from_secs(1));
    request
        .send()
        .await
        .is_ok_and(|answer| answer.status().is_success())
}
