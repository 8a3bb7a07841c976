//! The command line: `minitwit serve`, `minitwit migrate`, `minitwit migrations`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use minitwit::config::{Cli, Command, MigrateConfig, ServeConfig};
use minitwit::kept_socket::{self, Left};
use minitwit::{log, migrate, routes, server};
use slog::{Logger, info};
use tikv_jemallocator::Jemalloc;
use tokio::signal::unix::{SignalKind, signal};

/// Gives back what a burst of connections took, within ten seconds (its `dirty_decay_ms`) also when nothing else happens. The C
/// library's keeps free memory that lies between pieces in use, such as the buffers of thousands of idle connections.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    let left = kept_socket::take();
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Serve(config) => left
            .context("taking the listener over from systemd")
            .and_then(|left| serve(&config, left)),
        Command::Migrate(config) => run_migrations(&config),
        Command::Migrations => list_migrations(),
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
async fn serve(config: &ServeConfig, left: Left) -> Result<()> {
    let dropped = log::Dropped::default();
    let (logger, _writer) = log::to_stdout(&dropped).context("starting the log")?;
    log::report_panics(&logger);
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;

    let running = server::start(config, left, routes::table(), &logger, dropped)?;
    tokio::select! {
        _ = terminate.recv() => stopping(&logger, "SIGTERM"),
        _ = interrupt.recv() => stopping(&logger, "SIGINT"),
    }
    tokio::select! {
        left = running.stop(config.stop_limit) => info!(logger, "stopped"; "minitwit.connections.cut" => left),
        _ = terminate.recv() => info!(logger, "stopped at once on a second signal"),
        _ = interrupt.recv() => info!(logger, "stopped at once on a second signal"),
    }
    Ok(())
}

fn stopping(logger: &Logger, signal: &'static str) {
    info!(logger, "stopping: not ready, finishing what runs"; "process.signal" => signal);
}

#[tokio::main(flavor = "current_thread")]
async fn run_migrations(config: &MigrateConfig) -> Result<()> {
    let applied = migrate::run(config).await?;
    for name in &applied {
        println!("applied {name}");
    }
    if applied.is_empty() {
        println!("the schema is up to date");
    }
    Ok(())
}

fn list_migrations() -> Result<()> {
    let text = serde_json::to_string(migrate::MIGRATIONS).context("writing JSON")?;
    println!("{text}");
    Ok(())
}
