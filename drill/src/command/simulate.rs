//! `drill simulate`.

use super::print;
use crate::api::{Api, LIMIT};
use crate::cli::Simulate;
use crate::error::{Error, PASSED};
use crate::scenario::generate::{Generator, NameTag};
use crate::scenario::step::Step;
use crate::scenario::tsv;
use crate::simulate;
use crate::target;
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) async fn run(options: &Simulate) -> Result<u8, Error> {
    let steps = steps(options)?;
    if let Some(path) = &options.write {
        tsv::write(path, &steps)?;
        return Ok(PASSED);
    }
    let url = match &options.target {
        Some(url) => url.clone(),
        None => options.environment.open()?.live_url(),
    };
    let common = &options.common;
    let target = target::resolve(&url, common.allow_remote_target).await?;
    let limit = common.timeout.unwrap_or(LIMIT);
    let api = Api::new(target, &common.credential, limit);
    let report = simulate::run::run(&api, &steps, options.fast).await?;
    print::report(&report, common.json)?;
    Ok(report.exit_code())
}

fn steps(options: &Simulate) -> Result<Vec<Step>, Error> {
    if let Some(path) = &options.scenario {
        return tsv::read(path);
    }
    let tag = if options.repeatable || options.write.is_some() {
        NameTag::Seed
    } else {
        NameTag::Text(format!("t{}", milliseconds_since_epoch()))
    };
    let generator = Generator::new(options.seed.unwrap_or_default(), &tag);
    Ok(generator.run(options.requests))
}

fn milliseconds_since_epoch() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis())
}
