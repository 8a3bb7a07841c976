//! The command: parse, run one drill, print its report, say the result in the exit code.

use clap::Parser;
use drill::api::Api;
use drill::cli::{Cli, Command, Simulate};
use drill::error::{Error, PASSED};
use drill::scenario::{self, Generator, NameTag, Step};
use drill::simulate;
use drill::target::Target;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Simulate(options) => run_simulate(&options).await,
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("drill: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

async fn run_simulate(options: &Simulate) -> Result<u8, Error> {
    let steps = steps(options)?;
    if let Some(path) = &options.write {
        scenario::write(path, &steps)?;
        return Ok(PASSED);
    }
    let url = options.target.as_deref().unwrap_or_default();
    let target = Target::resolve(url, options.common.allow_remote_target).await?;
    let api = Api::new(target, &options.common.credential);
    let report = simulate::run(&api, &steps, options.fast).await?;
    print(&report, options.common.json)?;
    Ok(report.exit_code())
}

fn steps(options: &Simulate) -> Result<Vec<Step>, Error> {
    match (&options.scenario, options.seed) {
        (Some(path), _) => scenario::read(path),
        (None, seed) => {
            let tag = if options.repeatable || options.write.is_some() {
                NameTag::Seed
            } else {
                NameTag::Text(format!("t{}", milliseconds_since_epoch()))
            };
            Ok(Generator::new(seed.unwrap_or_default(), &tag).run(options.requests))
        }
    }
}

fn milliseconds_since_epoch() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis())
}

fn print<T: Serialize + Display>(report: &T, json: bool) -> Result<(), Error> {
    let text = if json {
        serde_json::to_string_pretty(report).map_err(io::Error::from)
    } else {
        Ok(report.to_string())
    };
    text.and_then(|text| writeln!(io::stdout(), "{text}"))
        .map_err(Error::Output)
}
