//! The command line: every option and every environment variable that the program reads.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand};
use operate::environment::Options;

use crate::error::EXIT_CODES;

/// Blue-green releases of MiniTwit: a new version is verified before users reach it, and the previous one is back in seconds
#[derive(Debug, Parser)]
#[command(name = "release", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
    /// Which environment.
    #[command(flatten)]
    pub environment: Options,
    /// How long each move of a reserved IP may take, including retries after errors and timeouts of the API
    #[arg(long, env = "RELEASE_API_PATIENCE", value_name = "SECONDS", default_value = "60", value_parser = seconds, global = true)]
    pub api_patience: Duration,
    /// Who runs the release; the journal records it.
    #[command(flatten)]
    pub operator: Operator,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Release a version: install, verify through the stage IP, move the live IP, watch, confirm
    #[command(after_help = EXIT_CODES)]
    Run(Run),
    /// Continue a release whose runner has died, or bring both droplets to the same version
    #[command(after_help = EXIT_CODES)]
    Resume(Resume),
    /// Make the previous version live again
    ///
    /// While a release is open, this moves the live IP once. After it is confirmed, this releases the previous version by the normal
    /// steps.
    #[command(after_help = EXIT_CODES)]
    Rollback(Resume),
    /// Confirm a release that was held open
    #[command(after_help = EXIT_CODES)]
    Confirm(Resume),
    /// Apply the live version's contract migrations; refused while a release is open
    #[command(after_help = EXIT_CODES)]
    Contract,
    /// Show the last releases
    #[command(after_help = EXIT_CODES)]
    Status(Status),
    /// Refuse releases from now on
    #[command(after_help = EXIT_CODES)]
    Freeze(Freeze),
    /// Allow releases again
    #[command(after_help = EXIT_CODES)]
    Thaw,
    /// Write an artifact's bill of materials, provenance and checksums beside its binary
    #[command(after_help = EXIT_CODES)]
    Manifest(Manifest),
}

/// The name under which a release is recorded.
#[derive(Args, Clone, Debug)]
pub struct Operator {
    /// The person, in a GitHub workflow
    #[arg(long, env = "GITHUB_ACTOR", hide = true, global = true)]
    pub github_actor: Option<String>,
    /// The person, on a machine
    #[arg(long, env = "USER", hide = true, global = true)]
    pub user: Option<String>,
}

/// How careful a release is. Durations are in seconds.
#[derive(Args, Clone, Debug)]
pub struct Care {
    /// Pause between taking the stage IP off a droplet and moving the live IP to it [default: 20, in localcloud 1]
    #[arg(long, env = "RELEASE_COOL_DOWN", value_name = "SECONDS", value_parser = seconds)]
    pub cool_down: Option<Duration>,
    /// How long the live droplet closes its connections before the move
    #[arg(long, env = "RELEASE_DRAIN", value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub drain: Duration,
    /// How long requests are sent to the candidate through the stage IP
    #[arg(long, env = "RELEASE_WATCH", value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub watch: Duration,
    /// How long the new version is watched while it is live, before it is confirmed
    #[arg(long, env = "RELEASE_BAKE", value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub bake: Duration,
    /// Leave the release open after that, until `confirm` or `rollback`
    #[arg(long, env = "RELEASE_HOLD", value_parser = FalseyValueParser::new())]
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
    /// The directory of its artifact [default: .cache/releases/VERSION in the repository]
    #[arg(long, value_name = "DIRECTORY")]
    pub artifact: Option<PathBuf>,
    /// Accept a version without a tag and changelog section, and uncommitted changes in the working tree
    #[arg(long, env = "TRIAL", value_parser = FalseyValueParser::new())]
    pub trial: bool,
    /// How careful to be.
    #[command(flatten)]
    pub care: Care,
}

/// Options of the commands that continue or undo a release.
#[derive(Args, Clone, Debug)]
pub struct Resume {
    /// The directory of artifacts by version; used if a droplet lacks the version [default: .cache/releases in the repository]
    #[arg(long, value_name = "DIRECTORY")]
    pub artifacts: Option<PathBuf>,
    /// How careful to be.
    #[command(flatten)]
    pub care: Care,
}

/// Options of `release status`.
#[derive(Args, Clone, Copy, Debug)]
pub struct Status {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `release freeze`.
#[derive(Args, Clone, Debug)]
pub struct Freeze {
    /// Shown to everybody whose release is refused
    #[arg(long)]
    pub reason: String,
}

/// Options of `release manifest`.
#[derive(Args, Clone, Debug)]
pub struct Manifest {
    /// The directory with the binary
    pub directory: PathBuf,
    /// The version that was built
    #[arg(long)]
    pub version: String,
    /// The commit that was built
    #[arg(long)]
    pub commit: String,
    /// The output of `cargo metadata` for the sources
    #[arg(long, value_name = "FILE")]
    pub metadata: PathBuf,
    /// When that commit was made, in seconds since 1970
    #[arg(long, env = "SOURCE_DATE_EPOCH")]
    pub epoch: i64,
    /// A compiler that was used, by the name and version that it prints; may be repeated
    #[arg(long, value_name = "NAME")]
    pub compiler: Vec<String>,
    /// The workflow that built it, if one did.
    #[command(flatten)]
    pub workflow: Workflow,
}

/// A run of a GitHub workflow, which sets these variables.
#[derive(Args, Clone, Debug, Default)]
pub struct Workflow {
    /// GitHub's address
    #[arg(long, env = "GITHUB_SERVER_URL", hide = true)]
    pub server: Option<String>,
    /// The workflow and its commit
    #[arg(long, env = "GITHUB_WORKFLOW_REF", hide = true)]
    pub workflow: Option<String>,
    /// The number of its run
    #[arg(long, env = "GITHUB_RUN_ID", hide = true)]
    pub run: Option<String>,
    /// The number of the attempt of that run
    #[arg(long, env = "GITHUB_RUN_ATTEMPT", hide = true)]
    pub attempt: Option<String>,
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
