//! What the user types.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::error::EXIT_CODES;

/// Blue-green releases of MiniTwit: verified before anyone sees them, and back in seconds.
#[derive(Debug, Parser)]
#[command(name = "release", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Release a version: install, verify through the stage IP, move the live IP, watch, confirm
    #[command(after_help = EXIT_CODES)]
    Run(Run),
    /// Go on with a release whose runner is gone, or bring the pair to rest
    #[command(after_help = EXIT_CODES)]
    Resume(Resume),
    /// Make the previous version live again
    ///
    /// While a release is open that is one move. After it is confirmed it is a release of the version before, by the same path.
    #[command(after_help = EXIT_CODES)]
    Rollback(Resume),
    /// Confirm a release that was held open
    #[command(after_help = EXIT_CODES)]
    Confirm(Resume),
    /// Apply the contract migrations that the live version holds; refused while a release can be rolled back
    #[command(after_help = EXIT_CODES)]
    Contract(Where),
    /// Show the last releases
    #[command(after_help = EXIT_CODES)]
    Status(Status),
    /// Refuse releases from now on
    #[command(after_help = EXIT_CODES)]
    Freeze(Freeze),
    /// Allow releases again
    #[command(after_help = EXIT_CODES)]
    Thaw(Where),
    /// Describe a binary that was built: bill of materials, provenance, checksums beside it
    #[command(after_help = EXIT_CODES)]
    Seal(Seal),
}

/// The environment that is meant.
#[derive(Args, Clone, Debug)]
pub struct Where {
    /// The environment, as `terraform output -json` prints it
    #[arg(long, env = "MINITWIT_OUTPUTS", value_name = "FILE")]
    pub environment: PathBuf,
    /// The private key for root on the droplets
    #[arg(long, env = "MINITWIT_SSH_KEY", value_name = "FILE")]
    pub ssh_key: Option<PathBuf>,
    /// Where the droplets' host keys are kept
    #[arg(long, env = "MINITWIT_KNOWN_HOSTS", value_name = "FILE")]
    pub known_hosts: Option<PathBuf>,
    /// The cloud's API
    #[arg(
        long,
        env = "DIGITALOCEAN_API_URL",
        value_name = "URL",
        default_value = "https://api.digitalocean.com"
    )]
    pub api_url: String,
    /// The API's token; from the environment rather than typed, where the process list would show it
    #[arg(long, env = "DIGITALOCEAN_TOKEN", hide_env_values = true)]
    pub token: String,
    /// How long each change of a reserved IP may take, refusals and silence of the API included
    #[arg(long, env = "RELEASE_API_PATIENCE", value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub api_patience: Duration,
}

/// How careful to be. Durations are seconds.
#[derive(Args, Clone, Debug)]
pub struct Care {
    /// Between the stage IP leaving a droplet and the live IP coming to it
    #[arg(long, env = "RELEASE_COOL_DOWN", value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub cool_down: Duration,
    /// How long connections are let go before the move
    #[arg(long, env = "RELEASE_DRAIN", value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub drain: Duration,
    /// How long the candidate is watched through the stage IP
    #[arg(long, env = "RELEASE_WATCH", value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub watch: Duration,
    /// How long the new version is watched while it is live, before it is confirmed
    #[arg(long, env = "RELEASE_BAKE", value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub bake: Duration,
    /// Leave the release open after that: `confirm` and `rollback` are by hand
    #[arg(long, env = "RELEASE_HOLD", value_parser = clap::builder::FalseyValueParser::new())]
    pub hold: bool,
    /// The simulator's `user:password`
    #[arg(
        long,
        env = "MINITWIT_API_CREDENTIAL",
        default_value = "simulator:super_safe!",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub credential: String,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `release run`.
#[derive(Args, Clone, Debug)]
pub struct Run {
    /// The version, `vX.Y.Z`
    pub version: String,
    /// The directory of its artifact
    #[arg(long, value_name = "DIRECTORY")]
    pub artifact: PathBuf,
    /// Release what is neither tagged nor in the changelog, or what is committed beside uncommitted changes
    #[arg(long, env = "TRIAL", value_parser = clap::builder::FalseyValueParser::new())]
    pub trial: bool,
    /// The environment.
    #[command(flatten)]
    pub place: Where,
    /// How careful to be.
    #[command(flatten)]
    pub care: Care,
}

/// Options of what goes on with a release.
#[derive(Args, Clone, Debug)]
pub struct Resume {
    /// The directory of artifacts by version, should one be needed that the droplets have not got yet
    #[arg(long, value_name = "DIRECTORY")]
    pub artifacts: Option<PathBuf>,
    /// The environment.
    #[command(flatten)]
    pub place: Where,
    /// How careful to be.
    #[command(flatten)]
    pub care: Care,
}

/// Options of `release status`.
#[derive(Args, Clone, Debug)]
pub struct Status {
    /// The environment.
    #[command(flatten)]
    pub place: Where,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `release freeze`.
#[derive(Args, Clone, Debug)]
pub struct Freeze {
    /// Why, for those who are refused
    #[arg(long)]
    pub reason: String,
    /// The environment.
    #[command(flatten)]
    pub place: Where,
}

/// Options of `release seal`.
#[derive(Args, Clone, Debug)]
pub struct Seal {
    /// The directory with the binary
    pub directory: PathBuf,
    /// The version that was built
    #[arg(long)]
    pub version: String,
    /// The commit that was built
    #[arg(long)]
    pub commit: String,
    /// What `cargo metadata` says of the sources
    #[arg(long, value_name = "FILE")]
    pub metadata: PathBuf,
    /// When that commit was made, in seconds since 1970
    #[arg(long, env = "SOURCE_DATE_EPOCH")]
    pub epoch: i64,
    /// A compiler that built it, as it names itself; several may be given
    #[arg(long, value_name = "NAME")]
    pub compiler: Vec<String>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration
        .filter(|duration| *duration <= Duration::from_hours(24))
        .ok_or_else(|| "give a number of seconds up to a day, such as 20 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_seconds_up_to_a_day() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(seconds("-1").is_err() && seconds("x").is_err() && seconds("1e9").is_err());
    }
}
