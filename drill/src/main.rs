//! Parses the command line, runs one drill, and returns its result as the exit code.

use clap::Parser;
use drill::cli::Cli;
use drill::command;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match command::run(&cli.command).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("drill: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
