//! Options that several commands share.

use super::values::seconds;
use clap::Args;
use operate::environment;
use std::time::Duration;

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
    /// The time limit of each request, in seconds [default: 0.3, the simulator's]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Allow addresses other than loopback and 198.18.0.0/15
    #[arg(long)]
    pub allow_remote_target: bool,
}

/// Options of drills of a pair.
#[derive(Debug, Args)]
pub struct Pair {
    /// How often each fault is injected
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// Requests a second, sent on schedule whether or not earlier ones have a response; half of them on new connections, half on open ones
    #[arg(long, value_name = "R", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub rate: u32,
    /// The versions of `MiniTwit` that may respond; a response of another version has failed [default: any]
    #[arg(long, value_delimiter = ',', value_name = "VERSION")]
    pub expect_version: Vec<String>,
    /// How long the cloud takes for a move, in seconds; subtracted from the outage [default: localcloud's 2 s, else by the agent's log]
    #[arg(long, env = "DRILL_MOVE_LATENCY", value_name = "SECONDS", value_parser = seconds)]
    pub move_latency: Option<Duration>,
    /// Add this to the longest outage allowed, in seconds: for a machine too busy to measure well
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    pub slack: Duration,
    /// The longest duration of a fault that ends after its time, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    pub lasts_at_most: Duration,
    /// How long the pair is observed once it is healthy again, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub settle: Duration,
    /// How long clients may be without service before the run counts as not recovered, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub recover_within: Duration,
    /// How long the pair may take to be healthy once a fault is undone, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub standby_within: Duration,
    /// Observe a user too, signed in by the pages and with an open timeline: the session must stay valid and no message be missed
    #[arg(long)]
    pub witness: bool,
    #[command(flatten)]
    pub place: Place,
}

/// Options of every drill that uses the environment's droplets.
#[derive(Debug, Args)]
pub struct Place {
    /// Where the live IP is reached, if not at `http://LIVE_IP`
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub environment: environment::Options,
}
