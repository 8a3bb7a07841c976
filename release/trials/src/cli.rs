//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use operate::environment::Options;

/// Trials of releases in a localcloud
///
/// `quick` is part of `make test`. `full --runs 20 --write docs/RELEASES.md` produces the figures of that page.
#[derive(Debug, Parser)]
#[command(name = "release-trials", version)]
pub struct Cli {
    /// Which trials to run
    pub suite: Suite,
    /// How many good releases; the other trials are repeated in proportion
    #[arg(long, default_value_t = 1)]
    pub runs: u32,
    /// Run only trials whose name contains this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub only: String,
    /// Two good versions, released in turn; their artifacts are in .cache/releases
    #[arg(long, num_args = 2, default_values = ["v0.0.1-trial", "v0.0.2-trial"])]
    pub good: Vec<String>,
    /// Requests per second
    #[arg(long, default_value_t = 200)]
    pub rate: u32,
    /// The share of requests that may fail besides, on a machine that does other work meanwhile
    #[arg(long, default_value_t = 0.0)]
    pub tolerance: f64,
    /// How long a candidate is loaded through the stage IP, in seconds
    #[arg(long, default_value_t = 5)]
    pub watch: u32,
    /// Append each result to this file, and make the table of all results in it
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
    /// Write the table between its marks in this file
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// The program `release` to try
    #[arg(
        long,
        env = "RELEASE_PROGRAM",
        value_name = "FILE",
        default_value = "target/release/release"
    )]
    pub program: PathBuf,
    /// The program that makes bad versions out of good ones
    #[arg(
        long,
        value_name = "FILE",
        default_value = "target/release/faulty-minitwit"
    )]
    pub faulty_minitwit: PathBuf,
    /// The program `localcloud`, which injects faults into its API
    #[arg(long, value_name = "FILE", default_value = "target/release/localcloud")]
    pub localcloud: PathBuf,
    /// Which environment.
    #[command(flatten)]
    pub environment: Options,
}

/// A set of trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// Both rollbacks, a release by a runner that is killed, the refusals, one bad version
    Quick,
    /// No release: how many requests fail on this machine anyway
    Nothing,
    /// Good releases only
    Good,
    /// Bad versions only
    Bad,
    /// Runners killed at each step
    Kill,
    /// The API fails at each step
    Api,
    /// A droplet dies at each step
    Dead,
    /// All trials
    Full,
    /// No trial: make the table of earlier results
    Table,
}
