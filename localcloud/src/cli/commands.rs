//! The subcommands of `localcloud`, and what each runs.

use super::daemon::{self, Options};
use super::error::{CliError, EXIT_CODES};
use super::place::Place;
use super::{backup, down, env, events, fault, status, up};
use clap::{Parser, Subcommand};
use std::future::Future;
use std::pin::Pin;

/// A DigitalOcean-compatible cloud on one Linux machine.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the cloud in the background, with the hosts that it had before.
    Up(Options),
    /// Stop the cloud and remove everything except the droplet image and cached packages.
    Down,
    /// Show the state of the cloud.
    Status {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the journal of events, with times to the millisecond in UTC.
    Events(events::Options),
    /// Print what Terraform and other clients need, as shell assignments.
    Env,
    /// Create an API token with limited scopes, and print it.
    Token {
        /// What it is for.
        #[arg(long)]
        label: String,
        /// Scopes as on the platform, like droplet:read.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
    },
    /// Back up a droplet now, independent of its policy.
    Backup {
        /// Its name or id.
        droplet: String,
    },
    /// Start, list or end faults.
    Fault {
        #[command(subcommand)]
        command: fault::Command,
    },
    /// Run the cloud in the foreground.
    Daemon(Options),
}

/// Runs one subcommand.
///
/// # Errors
/// As the subcommand.
#[must_use]
pub fn run(cli: Cli) -> Pin<Box<dyn Future<Output = Result<(), CliError>>>> {
    Box::pin(async {
        let place = cli.place;
        match cli.command {
            Command::Up(options) => up::run(&place, &options).await,
            Command::Down => down::run(&place).await,
            Command::Status { json } => status::run(&place, json).await,
            Command::Events(options) => events::run(&place, &options).await,
            Command::Env => env::run(&place),
            Command::Token { label, scopes } => status::token(&place, &label, &scopes).await,
            Command::Backup { droplet } => backup::run(&place, &droplet).await,
            Command::Fault { command } => fault::run(&place, command).await,
            Command::Daemon(options) => daemon::run(&place, options).await,
        }
    })
}
