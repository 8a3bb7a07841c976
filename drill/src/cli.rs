//! What the user types.

use crate::error::EXIT_CODES;
use crate::failover::fault::Fault;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

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
    /// One request at a time, each on a new connection and with --timeout, as the simulator does it. The run is a
    /// recorded one (--scenario) or is made from a seed (--seed).
    #[command(after_help = EXIT_CODES)]
    Simulate(Simulate),
    /// Inject all faults in turn, and print the table of their outages
    #[command(after_help = EXIT_CODES)]
    Matrix(Matrix),
    /// Write FAILOVER.md, the table of what matrices have kept, and failover.svg, its plot
    #[command(after_help = EXIT_CODES)]
    Page(Page),
    /// Inject random faults, one or two at once, until the time is up, and check from outside what must hold
    #[command(after_help = EXIT_CODES)]
    Soak(Soak),
    /// List the faults that `failover` knows, one a line
    Faults,
    /// Break the live droplet under a steady load, time the recovery, and mend it
    ///
    /// Each run needs a healthy pair and leaves one. The outage is what clients saw: from the first failed request to
    /// the first of the good answers that last. The phases come from the log of the agent that took over, as offsets
    /// from the fault; they are as exact as the clocks of the hosts agree.
    #[command(after_help = EXIT_CODES)]
    Failover(Failover),
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
    /// What each request has, in seconds [default: 0.3, as the simulator gives it]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
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

/// Options of `drill failover`.
#[derive(Debug, Args)]
pub struct Failover {
    /// What to break
    #[arg(long, value_enum)]
    pub fault: Fault,
    /// The longest outage that is allowed, in seconds, without the time that the cloud itself took for the move [default: the fault's own bound]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub max_outage: Option<Duration>,
    /// Options that drills of a pair share.
    #[command(flatten)]
    pub pair: Pair,
}

/// Options of `drill matrix`.
#[derive(Debug, Args)]
pub struct Matrix {
    /// Only these faults
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FAULT")]
    pub faults: Vec<Fault>,
    /// Keep the result of each run in this file, and do only what it does not hold yet
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
    /// Options that drills of a pair share.
    #[command(flatten)]
    pub pair: Pair,
}

/// Options of `drill page`.
#[derive(Debug, Args)]
pub struct Page {
    /// What `drill matrix --results` has kept, of one cloud or of several
    #[arg(required = true, value_name = "FILE")]
    pub results: Vec<PathBuf>,
    /// Write into this directory
    #[arg(long, value_name = "DIRECTORY")]
    pub write: PathBuf,
}

/// Options of `drill soak`.
#[derive(Debug, Args)]
pub struct Soak {
    /// How long; the round that is under way then is finished
    #[arg(long, value_name = "M", default_value = "60", value_parser = minutes)]
    pub minutes: Duration,
    /// The faults and their times follow from this number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Begin at this round of the seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub first_round: u64,
    /// Only these faults
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FAULT")]
    pub faults: Vec<Fault>,
    /// Options that drills of a pair share.
    #[command(flatten)]
    pub pair: Pair,
}

/// Options of drills that break something of a pair.
#[derive(Debug, Args)]
pub struct Pair {
    /// How often each fault is injected
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// Requests a second, sent by the clock whatever became of those before; half of them on new connections, half on kept ones
    #[arg(long, value_name = "R", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub rate: u32,
    /// The versions of `MiniTwit` that may answer; any other answer has failed [default: any]
    #[arg(long, value_delimiter = ',', value_name = "VERSION")]
    pub expect_version: Vec<String>,
    /// What the cloud takes for a move, in seconds, taken off the outage [default: what the agent's log shows]
    #[arg(long, env = "DRILL_MOVE_LATENCY", value_name = "SECONDS", value_parser = seconds)]
    pub move_latency: Option<Duration>,
    /// Allow outages that are so much longer than the bound, in seconds: for a machine too busy to measure well
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    pub slack: Duration,
    /// How long a fault lasts at most that ends by itself or is sat out, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    pub lasts_at_most: Duration,
    /// How long the pair is watched once it is healthy again, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub settle: Duration,
    /// How long clients may be without service before the run counts as not recovered, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub recover_within: Duration,
    /// How long a mended droplet may take to be a fit standby, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub standby_within: Duration,
    /// Watch a user too, signed in by the pages and with an open timeline: the session must hold, and no message be missed
    #[arg(long)]
    pub witness: bool,
    /// The environment, as `terraform output -json` prints it
    #[arg(long, env = "DRILL_ENVIRONMENT", value_name = "FILE")]
    pub environment: PathBuf,
    /// Where the live IP is reached, if not at `http://LIVE_IP`
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
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
    /// The private key for root on the droplets
    #[arg(long, env = "DRILL_SSH_KEY", value_name = "FILE")]
    pub ssh_key: Option<PathBuf>,
    /// Where the droplets' host keys are kept; without it, they are accepted anew by each drill
    #[arg(long, env = "DRILL_KNOWN_HOSTS", value_name = "FILE")]
    pub known_hosts: Option<PathBuf>,
    /// Options that all drills share.
    #[command(flatten)]
    pub common: Common,
}

fn minutes(text: &str) -> Result<Duration, String> {
    seconds(text)
        .map(|seconds| seconds * 60)
        .map_err(|_| "give a number of minutes, such as 60 or 0.5".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "give a number of seconds, such as 5 or 2.5".to_owned())
}
