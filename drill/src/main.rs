//! The command: parse, run one drill, print its report, say the result in the exit code.

use clap::{Parser, ValueEnum as _};
use drill::api::{Api, LIMIT};
use drill::cli::{Cli, Command, Common, Failover, Matrix, Page, Pair, Simulate, Soak};
use drill::error::{Error, PASSED};
use drill::failover::cloud::Cloud;
use drill::failover::environment::Environment;
use drill::failover::fault::Fault;
use drill::failover::hosts::Hosts;
use drill::failover::load::Traffic;
use drill::failover::{Drill, Plan};
use drill::scenario::{self, Generator, NameTag, Step};
use drill::simulate;
use drill::target::{Target, is_local};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Simulate(options) => run_simulate(&options).await,
        Command::Failover(options) => run_failover(&options).await,
        Command::Matrix(options) => run_matrix(&options).await,
        Command::Page(options) => write_page(&options),
        Command::Faults => list_faults(),
        Command::Soak(options) => run_soak(&options).await,
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
    let api = client(target, &options.common);
    let report = simulate::run(&api, &steps, options.fast).await?;
    print(&report, options.common.json)?;
    Ok(report.exit_code())
}

async fn run_failover(options: &Failover) -> Result<u8, Error> {
    let temporary = tempfile::tempdir().map_err(Error::NoTemporary)?;
    let drill = drill(&options.pair, options.max_outage, &temporary).await?;
    let result = tokio::select! {
        result = drill.run(options.fault) => result,
        () = interrupted() => Err(Error::Interrupted),
    };
    drill.undo().await?;
    let report = result?;
    print(&report, options.pair.common.json)?;
    Ok(report.exit_code())
}

async fn run_matrix(options: &Matrix) -> Result<u8, Error> {
    let temporary = tempfile::tempdir().map_err(Error::NoTemporary)?;
    let drill = drill(&options.pair, None, &temporary).await?;
    let faults = match options.faults.as_slice() {
        [] => Fault::value_variants(),
        some => some,
    };
    let result = tokio::select! {
        result = drill::matrix::run(&drill, faults, options.results.as_deref()) => result,
        () = interrupted() => Err(Error::Interrupted),
    };
    drill.undo().await?;
    let matrix = result?;
    print(&matrix, options.pair.common.json)?;
    Ok(matrix.exit_code())
}

fn write_page(options: &Page) -> Result<u8, Error> {
    let matrix = drill::matrix::together(&options.results)?;
    drill::matrix::write(&matrix, &options.write)?;
    print(&matrix, false)?;
    Ok(matrix.exit_code())
}

fn list_faults() -> Result<u8, Error> {
    for fault in Fault::value_variants() {
        writeln!(io::stdout(), "{}", fault.name()).map_err(Error::Output)?;
    }
    Ok(PASSED)
}

async fn run_soak(options: &Soak) -> Result<u8, Error> {
    let temporary = tempfile::tempdir().map_err(Error::NoTemporary)?;
    let drill = drill(&options.pair, None, &temporary).await?;
    let result = tokio::select! {
        result = drill.soak(options.minutes, options.seed, options.first_round, &options.faults) => result,
        () = interrupted() => Err(Error::Interrupted),
    };
    drill.undo().await?;
    let soak = result?;
    print(&soak, options.pair.common.json)?;
    Ok(soak.exit_code())
}

fn client(target: Target, options: &Common) -> Api {
    let limit = options.timeout.unwrap_or(LIMIT);
    Api::new(target, &options.credential, limit)
}

/// Checks that all of it may be broken, and breaks nothing yet.
async fn drill(
    options: &Pair,
    max_outage: Option<Duration>,
    temporary: &TempDir,
) -> Result<Drill, Error> {
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
    let known_hosts = options
        .known_hosts
        .clone()
        .unwrap_or_else(|| temporary.path().join("known_hosts"));
    Ok(Drill::new(
        client(target, &options.common),
        cloud,
        Hosts::new(options.ssh_key.as_deref(), &known_hosts),
        environment,
        Plan {
            runs: options.runs,
            traffic: Traffic {
                rate: options.rate,
                versions: options.expect_version.clone().into(),
            },
            max_outage,
            slack: options.slack,
            move_latency: options.move_latency,
            lasts_at_most: options.lasts_at_most,
            settle: options.settle,
            witness: options.witness,
            recover_within: options.recover_within,
            standby_within: options.standby_within,
        },
    ))
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
