//! `minitwitctl live-url`: the address that users reach.

use std::process::ExitCode;

use operate::environment::Environment;

use crate::error::Result;

#[expect(clippy::unnecessary_wraps, reason = "all commands have this shape")]
pub fn run(environment: &Environment) -> Result<ExitCode> {
    println!("{}", environment.live_url());
    Ok(ExitCode::SUCCESS)
}
