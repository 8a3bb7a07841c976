//! Commands that inject faults into a pair: `drill failover`, `drill matrix`, `drill soak`.

use super::opened::Opened;
use super::print;
use super::signals::unless_interrupted;
use crate::cli::{Failover, Matrix, Pair, Soak};
use crate::error::Error;
use crate::failover::fault::Fault;
use crate::failover::load::Traffic;
use crate::failover::plan::Plan;
use crate::matrix;
use clap::ValueEnum as _;
use std::time::Duration;

pub(super) async fn failover(options: &Failover) -> Result<u8, Error> {
    let opened = Opened::new(&options.pair.place).await?;
    let drill = opened.drill(plan(&options.pair, options.max_outage, &opened));
    let result = unless_interrupted(drill.run(options.fault)).await;
    drill.undo().await?;
    let report = result?;
    print::report(&report, options.pair.place.common.json)?;
    Ok(report.exit_code())
}

pub(super) async fn matrix(options: &Matrix) -> Result<u8, Error> {
    let opened = Opened::new(&options.pair.place).await?;
    let drill = opened.drill(plan(&options.pair, None, &opened));
    let faults = match options.faults.as_slice() {
        [] => Fault::value_variants(),
        some => some,
    };
    let results = options.results.as_deref();
    let result = unless_interrupted(matrix::run::run(&drill, faults, results)).await;
    drill.undo().await?;
    let matrix = result?;
    print::report(&matrix, options.pair.place.common.json)?;
    Ok(matrix.exit_code())
}

pub(super) async fn soak(options: &Soak) -> Result<u8, Error> {
    let opened = Opened::new(&options.pair.place).await?;
    let drill = opened.drill(plan(&options.pair, None, &opened));
    let rounds = drill.soak(
        options.minutes,
        options.seed,
        options.first_round,
        &options.faults,
    );
    let result = unless_interrupted(rounds).await;
    drill.undo().await?;
    let soak = result?;
    print::report(&soak, options.pair.place.common.json)?;
    Ok(soak.exit_code())
}

fn plan(options: &Pair, max_outage: Option<Duration>, opened: &Opened) -> Plan {
    Plan {
        runs: options.runs,
        traffic: Traffic {
            rate: options.rate,
            versions: options.expect_version.clone().into(),
        },
        max_outage,
        slack: options.slack,
        move_latency: options.move_latency.or(opened.move_latency),
        lasts_at_most: options.lasts_at_most,
        settle: options.settle,
        witness: options.witness,
        recover_within: options.recover_within,
        standby_within: options.standby_within,
    }
}
