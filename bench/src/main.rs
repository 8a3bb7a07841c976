//! The command line: `bench run` measures MiniTwit beside its floors, `bench floor` is one of the floors.

mod check;
mod client;
mod floor;
mod load;
mod paced;
mod process;
mod report;
mod run;
mod scale;
mod scenario;
mod seed;
mod side;
mod target;
mod variants;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Measures MiniTwit beside its floor: a bare hyper server, or PostgreSQL alone.
#[derive(Parser)]
#[command(after_help = "Exit codes: 0 done, 1 failed or a wrong answer, 2 wrong usage.")]
enum Cli {
    /// Measure, print the ratios and write them to a file
    Run(RunConfig),
    /// Answer every GET with a file's bytes and every POST with 204, until killed
    Floor {
        /// The file
        body: PathBuf,
    },
}

/// Settings of `bench run`.
#[derive(clap::Args)]
pub struct RunConfig {
    /// An empty PostgreSQL database
    #[arg(long, env = "DATABASE_URL")]
    pub database_url: String,
    /// The server under test
    #[arg(long, default_value = "target/release/minitwit")]
    pub minitwit: PathBuf,
    /// Seconds per measurement
    #[arg(long, env = "BENCH_SECONDS", default_value_t = 4)]
    pub seconds: u64,
    /// Measurements of each scenario; the ratio is their median
    #[arg(long, env = "BENCH_ROUNDS", default_value_t = 1)]
    pub rounds: usize,
    /// Messages in the database at the start
    #[arg(long, env = "BENCH_MESSAGES", default_value_t = 200_000)]
    pub messages: u32,
    /// Only the scenarios whose name contains this; `check`: only correctness and memory with many
    /// connections; `scale`: only the cost of reads with more messages
    #[arg(long, env = "BENCH_ONLY", default_value = "")]
    pub only: String,
    /// Compare with this binary instead of the floors, as NAME=BINARY; can be repeated. `--only check`: only memory
    #[arg(long)]
    pub variant: Vec<variants::Variant>,
    /// The file for the report
    #[arg(long)]
    pub write: Option<PathBuf>,
}

impl RunConfig {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only == part
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new();
    let outcome = match (Cli::parse(), runtime) {
        (_, Err(error)) => Err(error.into()),
        (Cli::Run(config), Ok(runtime)) => runtime.block_on(run::run(&config)),
        (Cli::Floor { body }, Ok(runtime)) => runtime.block_on(floor::serve(&body)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
