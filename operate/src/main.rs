//! `minitwitctl`: what operators type. Chooses the environment, runs one command, and exits with its code.
mod cli;
mod command;
mod error;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command, DashboardsCommand};
use error::Result;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("minitwitctl: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let environment = || cli.environment.open();
    match cli.command {
        Command::Status { arguments } => command::status::run(&environment()?, &arguments).await,
        Command::LiveUrl => command::live_url::run(&environment()?),
        Command::Shell { droplet, command } => {
            command::shell::run(&environment()?, &droplet, &command).await
        }
        Command::Sql {
            statement,
            database,
        } => command::sql::run(&environment()?, statement, database).await,
        Command::Promql { query } => command::promql::run(&environment()?, &query).await,
        Command::PowerOn { droplet } => command::power_on::run(&environment()?, &droplet).await,
        Command::Watch { once, source } => {
            command::watch::run(&cli.environment, &source, once).await
        }
        Command::Dashboards { command, source } => match command {
            DashboardsCommand::Draw { directory, caption } => {
                command::draw::run(&cli.environment, &source, &directory, &caption).await
            }
            DashboardsCommand::Check { absent } => {
                command::check::run(&cli.environment, &source, absent).await
            }
        },
        Command::Quiet(options) => command::quiet::run(&environment()?, &options).await,
        Command::Restore { keep, dump } => command::restore::run(&environment()?, keep, dump).await,
        Command::WatchCost { scrapes } => command::watch_cost::run(&environment()?, scrapes).await,
        Command::WatchThroughput(options) => {
            command::watch_throughput::run(&environment()?, &options).await
        }
        Command::Inventory { host, .. } => {
            command::inventory::run(&environment()?, host.as_deref())
        }
    }
}
