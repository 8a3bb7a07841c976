//! Parses the command line, runs the command, and exits with the code that `--help` lists.

use std::process::ExitCode;

use clap::Parser;
use release::cli::Cli;
use release::command;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match command::execute(&cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("release: {error}");
            error.exit_code()
        }
    }
}
