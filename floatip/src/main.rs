//! Reads and moves the reserved IPs of a hot standby; `floatip watch` is the service, the rest is for its operator.

mod commands;
mod exit;

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use floatip::{
    cli::{Cli, Command},
    config::Values,
};

use commands::{claim, freeze, move_ip, show, swap, watch};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let values = cli.options.values();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&format!("can't start: {error}"), exit::FAILED),
    };
    let code = runtime.block_on(run(cli.command, &values));
    // Do not wait for a check of the local service that still runs.
    runtime.shutdown_background();
    code
}

async fn run(command: Command, values: &Values) -> ExitCode {
    match command {
        Command::Status { json } => show::status(values, json).await,
        Command::Explain { json } => show::explain(values, json).await,
        Command::Claim { force, timeout } => {
            claim::run(values, force, Duration::from_secs(timeout)).await
        }
        Command::Move(arguments) => move_ip::run(values, &arguments).await,
        Command::Swap(arguments) => swap::run(values, &arguments).await,
        Command::Freeze(arguments) => freeze::freeze(values, &arguments).await,
        Command::Unfreeze {
            why,
            who,
            json,
            dry_run,
        } => freeze::unfreeze(values, who, &why, dry_run, json).await,
        Command::Watch => watch::run(values).await,
    }
}
