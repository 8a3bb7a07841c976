//! Reads and moves the reserved IPs of a hot standby; `floatip watch` is the service, the rest is for its operator.

use std::{io::Write, process::ExitCode, time::Duration};

use clap::Parser;
use floatip::{
    api,
    by_hand::{self, Claimed, NotClaimed},
    cli::{Cli, Command},
    config::{ConfigError, Site, Values, WatchConfig, ready_url},
    log, table, watch,
};
use slog::{error, info};
use tokio::signal::unix::{SignalKind, signal};

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const TOKEN: u8 = 3;
const API: u8 = 4;
const UNKNOWN: u8 = 5;
const REFUSED: u8 = 6;
const LATE: u8 = 7;
const NO_STATUS: u8 = 8;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let values = cli.values();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("can't start: {error}"), FAILED),
    };
    let code = match cli.command {
        Command::Status { json } => runtime.block_on(show_status(&values, json)),
        Command::Claim { force, timeout } => {
            runtime.block_on(claim(&values, force, Duration::from_secs(timeout)))
        }
        Command::Watch => runtime.block_on(serve(&values)),
    };
    // A check of the local service that is still running is of no use to anyone.
    runtime.shutdown_background();
    code
}

async fn show_status(values: &Values, json: bool) -> ExitCode {
    let listeners = match values.listeners() {
        Ok(listeners) => listeners,
        Err(error) => return complain_config(&error),
    };
    let overview = match table::overview(listeners).await {
        Ok(overview) => overview,
        Err(error) => return complain(&error.to_string(), FAILED),
    };
    let text = if json {
        serde_json::to_string_pretty(&overview).unwrap_or_default() + "\n"
    } else {
        overview.text()
    };
    // A reader that has seen enough may close the pipe.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if overview.any() {
        return ExitCode::SUCCESS;
    }
    complain(
        "no droplet tells its status: is floatip.service running, and are FLOATIP_LISTEN and FLOATIP_PEERS right?",
        NO_STATUS,
    )
}

async fn claim(values: &Values, force: bool, deadline: Duration) -> ExitCode {
    let (site, ready) = match Site::new(values).and_then(|site| Ok((site, ready_url(values)?))) {
        Ok(config) => config,
        Err(error) => return complain_config(&error),
    };
    let ip = site.live_ip;
    match by_hand::claim(site, ready, force, deadline, &log::plain()).await {
        Ok(Claimed::AlreadyHere) => println!("the live IP {ip} is here already, and serves"),
        Ok(Claimed::Moved) => println!("the live IP {ip} is here now, and serves"),
        Err(error) => return complain(&error.to_string(), code_of(&error)),
    }
    ExitCode::SUCCESS
}

fn code_of(error: &NotClaimed) -> u8 {
    match error {
        NotClaimed::Unfit(_) | NotClaimed::Serves(_) => REFUSED,
        NotClaimed::NotInTime(_) => LATE,
        NotClaimed::Refused(api::Error::Unauthorized | api::Error::Forbidden) => TOKEN,
        NotClaimed::Refused(api::Error::NotFound { .. }) => UNKNOWN,
        NotClaimed::Refused(_) => API,
        NotClaimed::UnknownDroplet(_) | NotClaimed::Client(_) => FAILED,
    }
}

async fn serve(values: &Values) -> ExitCode {
    let log = log::to(std::io::stdout());
    let config = match WatchConfig::new(values) {
        Ok(config) => config,
        Err(error) => return complain_config(&error),
    };
    let signals =
        signal(SignalKind::terminate()).and_then(|t| Ok((t, signal(SignalKind::interrupt())?)));
    let Ok((mut terminate, mut interrupt)) = signals else {
        return complain("can't listen to signals", FAILED);
    };
    tokio::select! {
        result = watch::watch(config, log.clone()) => {
            let Err(problem) = result;
            error!(log, "{:#}", problem; "event.action" => "failed");
            ExitCode::from(FAILED)
        }
        _ = terminate.recv() => stopped(&log),
        _ = interrupt.recv() => stopped(&log),
    }
}

fn stopped(log: &slog::Logger) -> ExitCode {
    info!(log, "floatip stops"; "event.action" => "stopped");
    ExitCode::SUCCESS
}

fn complain_config(error: &ConfigError) -> ExitCode {
    complain(
        &error.to_string(),
        if matches!(error, ConfigError::Token(_)) {
            TOKEN
        } else {
            USAGE
        },
    )
}

fn complain(problem: &str, code: u8) -> ExitCode {
    eprintln!("floatip: {problem}");
    ExitCode::from(code)
}
