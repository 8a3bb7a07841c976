//! The command line.

mod options;
mod values;

pub use options::{Common, Pair, Place};

use crate::error::EXIT_CODES;
use crate::failover::fault::Fault;
use clap::{Args, Parser, Subcommand};
use operate::environment;
use std::path::PathBuf;
use std::time::Duration;
use values::{minutes, seconds};

/// Sends load to the live IP, injects faults, and reports what clients measured.
#[derive(Debug, Parser)]
#[command(name = "drill", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Replay a run of the simulator, and read every acknowledged write back
    ///
    /// One request at a time, each on a new connection and with --timeout, as the simulator does it. The run is
    /// recorded (--scenario) or generated from a seed (--seed).
    #[command(after_help = EXIT_CODES)]
    Simulate(Simulate),
    /// Inject all faults in turn, and print the table of their outages
    #[command(after_help = EXIT_CODES)]
    Matrix(Matrix),
    /// Write FAILOVER.md, the table of the results of matrices, and failover.svg, its plot
    #[command(after_help = EXIT_CODES)]
    Page(Page),
    /// Inject random faults, one or two at once, until the time is up, and check the invariants from outside
    #[command(after_help = EXIT_CODES)]
    Soak(Soak),
    /// Print a line for each fault of a suite: passed, failed, or not drilled
    #[command(after_help = EXIT_CODES)]
    Summary(Summary),
    /// Check that faults alert in time and their alerts resolve, that backups restore, and what monitoring costs
    ///
    /// The environment must have a monitor and be at rest. Independent faults are in place at the same time. Each check
    /// prints a line.
    #[command(after_help = EXIT_CODES)]
    Alerts(Alerts),
    /// Print the names of all faults, one a line
    Faults,
    /// Inject a fault under a steady load, measure the recovery, and undo the fault
    ///
    /// Each run needs a healthy pair and leaves one. The outage is measured by clients: from the first failed request to
    /// the first of the good responses that last. The phases are from the log of the agent that took over, as offsets
    /// from the fault; they are as exact as the clocks of the hosts.
    #[command(after_help = EXIT_CODES)]
    Failover(Failover),
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
    /// Generate a run from this number instead; the same number gives the same run
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many requests to generate from --seed
    #[arg(long, value_name = "M", default_value_t = 2000, requires = "seed")]
    pub requests: usize,
    /// Use the same user names each time; without it, names contain the time of the run, so that they are new
    #[arg(long, requires = "seed")]
    pub repeatable: bool,
    /// Write the generated run to this file (with repeatable names) instead of sending it
    #[arg(long, value_name = "FILE", requires = "seed")]
    pub write: Option<PathBuf>,
    /// Where to send it, `http://HOST` or `http://HOST:PORT` [default: the environment's live IP]
    #[arg(long, env = "LIVE_URL", value_name = "URL")]
    pub target: Option<String>,
    /// Leave out the pauses between requests
    #[arg(long)]
    pub fast: bool,
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub environment: environment::Options,
}

/// Options of `drill failover`.
#[derive(Debug, Args)]
pub struct Failover {
    /// Which fault
    #[arg(long, value_enum)]
    pub fault: Fault,
    /// The longest outage allowed, in seconds, without the cloud's time for the move [default: the fault's own bound]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub max_outage: Option<Duration>,
    #[command(flatten)]
    pub pair: Pair,
}

/// Options of `drill matrix`.
#[derive(Debug, Args)]
pub struct Matrix {
    /// Only these faults
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FAULT")]
    pub faults: Vec<Fault>,
    /// Add the result of each run to this file, and make only the runs that it does not contain
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
    #[command(flatten)]
    pub pair: Pair,
}

/// Options of `drill page`.
#[derive(Debug, Args)]
pub struct Page {
    /// Files that `drill matrix --results` wrote
    #[arg(required = true, value_name = "FILE")]
    pub results: Vec<PathBuf>,
    /// Write into this directory
    #[arg(long, value_name = "DIRECTORY")]
    pub write: PathBuf,
}

/// Options of `drill soak`.
#[derive(Debug, Args)]
pub struct Soak {
    /// How long; the last round is finished
    #[arg(long, value_name = "M", default_value = "60", value_parser = minutes)]
    pub minutes: Duration,
    /// Seed of the faults and their times
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Start with this round of the seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub first_round: u64,
    /// Only these faults
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FAULT")]
    pub faults: Vec<Fault>,
    #[command(flatten)]
    pub pair: Pair,
}

/// Options of `drill summary`.
#[derive(Debug, Args)]
pub struct Summary {
    /// The directory with the results and logs of matrices
    #[arg(value_name = "DIRECTORY")]
    pub directory: PathBuf,
    /// The faults that were to be drilled [default: all]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FAULT")]
    pub faults: Vec<Fault>,
    /// Append a line to this file if a fault was not drilled
    #[arg(long, env = "LEFT_OUT", value_name = "FILE")]
    pub left_out: Option<PathBuf>,
}

/// Options of `drill alerts`.
#[derive(Debug, Args)]
pub struct Alerts {
    /// Only these checks [default: all that the environment allows]
    #[arg(value_name = "CHECK")]
    pub checks: Vec<String>,
    /// Print the names of the checks and end
    #[arg(long)]
    pub list: bool,
    /// Inject each lasting fault of docs/FAILOVER.md in turn instead, and print which alerts fire and when
    #[arg(long, conflicts_with = "checks")]
    pub each_fault: bool,
    /// With --each-fault: only these faults
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "FAULT",
        requires = "each_fault"
    )]
    pub faults: Vec<Fault>,
    /// How long an alert may take to fire, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub fires_within: Duration,
    /// How long an alert may take to resolve once its fault is undone, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "150", value_parser = seconds)]
    pub resolves_within: Duration,
    /// Seed of the simulator runs [default: different each time]
    #[arg(long, env = "SEED", value_name = "N")]
    pub seed: Option<u64>,
    /// The program for queries, restores and costs [default: the one beside drill]
    #[arg(long, value_name = "FILE")]
    pub minitwitctl: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
}
