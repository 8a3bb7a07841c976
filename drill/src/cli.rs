//! What the user types.

use crate::error::EXIT_CODES;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Sends load to the live IP, injects faults, and reports what clients saw of them.
#[derive(Debug, Parser)]
#[command(name = "drill", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// Which drill.
    #[command(subcommand)]
    pub command: Command,
}

/// The drills.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Replay a run of the simulator, and read back all that was acknowledged
    ///
    /// One request at a time, each on a new connection and with 0.3 s, as the simulator does it. The run is a
    /// recorded one (--scenario) or is made from a seed (--seed).
    #[command(after_help = EXIT_CODES)]
    Simulate(Simulate),
}

/// Options of every drill that sends requests.
#[derive(Debug, Args)]
pub struct Common {
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
    /// Let the drill go to addresses other than loopback and 198.18.0.0/15
    #[arg(long)]
    pub allow_remote_target: bool,
}

/// Options of `drill simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// A recorded run, tab-separated: id, delay in 10 ns, time in ms, type, user, …
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "seed",
        conflicts_with = "seed"
    )]
    pub scenario: Option<PathBuf>,
    /// Make a run from this number instead; the same number gives the same run
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many requests to make from --seed
    #[arg(long, value_name = "M", default_value_t = 2000, requires = "seed")]
    pub requests: usize,
    /// Use the same user names each time; without it names get the time of the run, so that they are new
    #[arg(long, requires = "seed")]
    pub repeatable: bool,
    /// Write the run made from --seed to this file (with repeatable names) instead of sending it
    #[arg(long, value_name = "FILE", requires = "seed")]
    pub write: Option<PathBuf>,
    /// Where to send it, `http://HOST` or `http://HOST:PORT`
    #[arg(
        long,
        env = "LIVE_URL",
        value_name = "URL",
        required_unless_present = "write"
    )]
    pub target: Option<String>,
    /// Leave out the pauses between requests
    #[arg(long)]
    pub fast: bool,
    /// Options that all drills share.
    #[command(flatten)]
    pub common: Common,
}
