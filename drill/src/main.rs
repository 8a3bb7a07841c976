//! The command: parse, run one drill, print its report, say the result in the exit code.

use clap::Parser;
use drill::api::Api;
use drill::cli::{Cli, Command, Failover, Simulate};
use drill::error::{Error, PASSED};
use drill::failover::cloud::Cloud;
use drill::failover::environment::Environment;
use drill::failover::hosts::Hosts;
use drill::failover::{Drill, Plan};
use drill::scenario::{self, Generator, NameTag, Step};
use drill::simulate;
use drill::target::{Target, is_local};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Simulate(options) => run_simulate(&options).await,
        Command::Failover(options) => run_failover(&options).await,
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

async fn run_failover(options: &Failover) -> Result<u8, Error> {
    let allow_remote = options.common.allow_remote_target;
    let environment = Environment::read(&options.environment)?;
    for droplet in &environment.droplets {
        if !allow_remote && !is_local(droplet.public_ip) {
            return Err(Error::Remote(format!(
                "droplet {} at {}",
                droplet.name, droplet.public_ip
            )));
        }
    }
    let url = options
        .target
        .clone()
        .unwrap_or_else(|| match environment.live_ip {
            IpAddr::V4(v4) => format!("http://{v4}"),
            IpAddr::V6(v6) => format!("http://[{v6}]"),
        });
    let target = Target::resolve(&url, allow_remote).await?;
    let cloud = Cloud::new(&options.api_url, &options.token, allow_remote).await?;
    let temporary = tempfile::tempdir().map_err(Error::NoTemporary)?;
    let known_hosts = options
        .known_hosts
        .clone()
        .unwrap_or_else(|| temporary.path().join("known_hosts"));
    let drill = Drill::new(
        Api::new(target, &options.common.credential),
        cloud,
        Hosts::new(options.ssh_key.as_deref(), &known_hosts),
        environment,
        Plan {
            fault: options.fault,
            runs: options.runs,
            rate: options.rate,
            max_outage: options.max_outage,
            recover_within: options.recover_within,
            standby_within: options.standby_within,
        },
    );
    let result = tokio::select! {
        result = drill.run() => result,
        () = interrupted() => Err(Error::Interrupted),
    };
    drill.undo().await?;
    let report = result?;
    print(&report, options.common.json)?;
    Ok(report.exit_code())
}

/// Returns when the user or the system asks this process to end.
async fn interrupted() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
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
