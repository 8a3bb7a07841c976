//! `minitwitctl status`: the table of `floatip status`.

use std::process::ExitCode;

use operate::environment::Environment;

use super::pair;
use crate::error::Result;

pub async fn run(environment: &Environment, arguments: &[String]) -> Result<ExitCode> {
    print!("{}", pair::status(environment, arguments).await?);
    Ok(ExitCode::SUCCESS)
}
