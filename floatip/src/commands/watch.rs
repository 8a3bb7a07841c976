//! `floatip watch`: the service.

use std::process::ExitCode;

use floatip::{
    config::{Values, WatchConfig},
    serve::{log, watch},
};
use slog::{error, info};
use tokio::signal::unix::{SignalKind, signal};

use crate::exit;

pub async fn run(values: &Values) -> ExitCode {
    let log = log::to(std::io::stdout());
    let config = match WatchConfig::new(values) {
        Ok(config) => config,
        Err(error) => return exit::report_config(&error),
    };
    let signals =
        signal(SignalKind::terminate()).and_then(|t| Ok((t, signal(SignalKind::interrupt())?)));
    let Ok((mut terminate, mut interrupt)) = signals else {
        return exit::report("can't listen to signals", exit::FAILED);
    };
    tokio::select! {
        result = watch::watch(config, log.clone()) => {
            let Err(problem) = result;
            error!(log, "{:#}", problem; "event.action" => "failed");
            ExitCode::from(exit::FAILED)
        }
        _ = terminate.recv() => stopped(&log),
        _ = interrupt.recv() => stopped(&log),
    }
}

fn stopped(log: &slog::Logger) -> ExitCode {
    info!(log, "floatip stops"; "event.action" => "stopped");
    ExitCode::SUCCESS
}
