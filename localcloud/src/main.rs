//! The command `localcloud`.

use clap::{Parser, Subcommand};
use localcloud::cli::daemon::{self, Options};
use localcloud::cli::place::Place;
use localcloud::cli::{CliError, EXIT_CODES, backup, down, env, events, fault, status, up};
use std::process::ExitCode;

/// A DigitalOcean-compatible cloud on one Linux machine.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the cloud in the background; what it ran before, it runs again.
    Up(Options),
    /// End the cloud and remove all that it was, but for the droplet image and fetched packages.
    Down,
    /// Show the cloud at a glance.
    Status {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what happened, with times to the millisecond in UTC.
    Events(events::Options),
    /// Print what Terraform and other clients need, as shell assignments.
    Env,
    /// Make an API token with limited scopes, and print it.
    Token {
        /// What it is for.
        #[arg(long)]
        label: String,
        /// Scopes as on the platform, like droplet:read.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
    },
    /// Back a droplet up now, whatever its policy says.
    Backup {
        /// Its name or id.
        droplet: String,
    },
    /// Break something for a while, see what is broken, or mend it.
    Fault {
        #[command(subcommand)]
        command: fault::Command,
    },
    /// Serve the cloud in the foreground.
    Daemon(Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

async fn run(cli: Cli) -> Result<(), CliError> {
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
}
