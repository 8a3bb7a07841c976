//! `minitwitctl shell`: a root shell on a droplet, or one command.

use std::process::ExitCode;

use operate::environment::Environment;

use super::{pair, passed_on};
use crate::error::Result;

pub async fn run(environment: &Environment, name: &str, command: &[String]) -> Result<ExitCode> {
    let droplet = pair::find(environment, name).await?;
    Ok(passed_on(environment.ssh.attach(droplet, command).await?))
}
