//! `minitwitctl restore`: the newest backup, restored beside the live database by the monitor's `minitwit-restore`.

use std::process::ExitCode;

use operate::environment::Environment;

use super::sql::Owner;
use super::{monitor, passed_on};
use crate::error::{Error, Result};

pub async fn run(environment: &Environment, keep: bool, dump: Option<String>) -> Result<ExitCode> {
    let droplet = monitor::droplet(environment)?;
    let dump = dump.unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !dump.chars().all(allowed) {
        return Err(Error::Usage(format!(
            "DUMP is {dump:?}; give the name of a backup, such as minitwit-20261121T030000Z.dump."
        )));
    }
    let owner = Owner::parse(&environment.outputs.database.admin_uri).ok_or_else(|| {
        Error::NotInEnvironment(
            "The outputs have no usable admin_uri of the database: run `make up`.".to_owned(),
        )
    })?;
    let keep = if keep { "--keep" } else { "" };
    let command = format!("minitwit-restore {keep} {dump}");
    let input = format!("{}\n", owner.password);
    let code = environment
        .ssh
        .feed(droplet, &command, input.as_bytes())
        .await?;
    Ok(passed_on(code))
}
