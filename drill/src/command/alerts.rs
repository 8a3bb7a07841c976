//! `drill alerts`.

use super::opened::Opened;
use super::print;
use super::signals::unless_interrupted;
use crate::alerts::suite::{Limits, Suite};
use crate::alerts::{each_fault, runner};
use crate::cli::Alerts;
use crate::error::{Error, PASSED};
use crate::failover::load::Traffic;
use crate::failover::plan::Plan;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(super) async fn run(options: &Alerts) -> Result<u8, Error> {
    if options.list {
        for name in runner::names() {
            print::line(name)?;
        }
        return Ok(PASSED);
    }
    // Wrong names are reported before the environment is used.
    runner::select(&options.checks, true)?;
    let opened = Opened::new(&options.place).await?;
    let limits = Limits {
        fires_within: options.fires_within,
        resolves_within: options.resolves_within,
        seed: options.seed.unwrap_or_else(any_seed),
    };
    let environment = environment(options, &opened);
    let program = options.minitwitctl.as_deref();
    let suite = Suite::new(opened.drill(plan()), program, environment, limits)?;
    let suite = Arc::new(suite);
    let result = unless_interrupted(check(options, suite.clone())).await;
    suite.undo().await?;
    result
}

async fn check(options: &Alerts, suite: Arc<Suite>) -> Result<u8, Error> {
    let mut printed = Ok(());
    if options.each_fault {
        let code = each_fault::run(&suite, &options.faults, |line| {
            printed = print::line(line);
        })
        .await?;
        return printed.map(|()| code);
    }
    let with_logs = options.checks.is_empty() && runner::has_logs(&suite).await?;
    let entries = runner::select(&options.checks, with_logs)?;
    let json = options.place.common.json;
    let report = runner::run(suite, &entries, |check| {
        if !json {
            printed = print::line(check);
        }
    })
    .await;
    printed?;
    print::report(&report, json)?;
    Ok(report.exit_code())
}

/// The arguments by which `minitwitctl` finds the same environment.
fn environment(options: &Alerts, opened: &Opened) -> Vec<OsString> {
    let given = &options.place.environment;
    let mut arguments: Vec<OsString> = vec![
        "--cloud".into(),
        given.cloud.as_str().into(),
        "--name".into(),
        given.name.clone().into(),
    ];
    if given.environment.is_some() {
        arguments.push("--environment".into());
        arguments.push(opened.outputs_file.clone().into());
        for (option, file) in [
            ("--ssh-key", &given.ssh_key),
            ("--known-hosts", &given.known_hosts),
        ] {
            if let Some(file) = file {
                arguments.extend([option.into(), file.clone().into()]);
            }
        }
    }
    arguments
}

/// Only the time for the pair to be healthy matters.
fn plan() -> Plan {
    Plan {
        runs: 1,
        traffic: Traffic {
            rate: 1,
            versions: [].into(),
        },
        max_outage: None,
        slack: Duration::ZERO,
        move_latency: None,
        lasts_at_most: Duration::MAX,
        settle: Duration::ZERO,
        witness: false,
        recover_within: Duration::from_mins(1),
        standby_within: Duration::from_mins(4),
    }
}

/// The report does not depend on it; the run's requests do.
fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| u64::from(since.subsec_nanos()))
}
