//! The command line: `minitwit serve`, `minitwit migrate`, `minitwit migrations`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use minitwit::config::{Cli, Command, ServeConfig};
use minitwit::metrics::Metrics;
use minitwit::signals::StopSignals;
use minitwit::socket_handover::{self, Inherited};
use minitwit::{log, migrate, routes, server};
use slog::info;
use tikv_jemallocator::Jemalloc;

/// Returns the memory of a burst of connections within ten seconds (its `dirty_decay_ms`). The C library's allocator keeps
/// free memory between pieces in use, such as the buffers of thousands of idle connections.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    let inherited = socket_handover::take();
    let result = match Cli::parse().command {
        Command::Serve(config) => inherited
            .context("taking the listener over from systemd")
            .and_then(|inherited| serve(&config, inherited)),
        Command::Migrate(config) => migrate::command(&config),
        Command::Migrations => migrate::print_all(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("minitwit: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(config: &ServeConfig, inherited: Inherited) -> Result<()> {
    let metrics = Metrics::default();
    let (logger, _writer) =
        log::to_stdout(&metrics.log_lines_dropped).context("starting the log")?;
    log::report_panics(&logger);
    let mut signals = StopSignals::listen().context("listening for signals")?;
    let running = server::start(config, inherited, routes::table(), &logger, metrics)?;
    let signal = signals.next().await;
    info!(logger, "stopping: not ready, finishing what runs"; "process.signal" => signal);
    tokio::select! {
        open = running.stop(config.stop_limit) => info!(logger, "stopped"; "minitwit.connections.cut" => open),
        _ = signals.next() => info!(logger, "stopped at once on a second signal"),
    }
    Ok(())
}
