//! Variants of MiniTwit beside the baseline in one run: each scenario is measured for all of them in turn, and each round gives
//! the ratio of a variant to the baseline.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Result, ensure};

use crate::scenario::{ALL, Scenario};
use crate::side::{Contents, Side};
use crate::target::AUTHORIZATION;
use crate::{RunConfig, check, paced, process, seed};

/// Connections of the measurement of memory.
const CONNECTIONS: u32 = 10_000;

/// A binary with a name.
#[derive(Clone, Debug)]
pub struct Variant {
    name: String,
    binary: PathBuf,
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, binary) = text.split_once('=').ok_or("write NAME=BINARY")?;
        Ok(Self {
            name: name.to_owned(),
            binary: binary.into(),
        })
    }
}

/// One measurement.
#[derive(Clone, Copy)]
struct Figures {
    rate: f64,
    p99: f64,
    /// Seconds per 1,000 requests, MiniTwit and PostgreSQL together.
    cpu: f64,
}

/// Measures the baseline and all variants, and prints a table for each scenario.
pub async fn run(config: &RunConfig, directory: &Path, postmaster: u32) -> Result<()> {
    let mut sides = Vec::new();
    let baseline = Variant {
        name: "baseline".to_owned(),
        binary: config.minitwit.clone(),
    };
    for (n, variant) in [baseline].iter().chain(&config.variant).enumerate() {
        let name = format!("variant_{n}");
        let place = (config.database_url.as_str(), name.as_str());
        let contents = Contents {
            users: seed::USERS,
            messages: config.messages,
            then: "",
        };
        let side = Side::start(&variant.binary, directory, place, contents).await?;
        sides.push((variant.name.clone(), side));
    }
    for scenario in ALL.iter().filter(|one| one.name.contains(&config.only)) {
        measure(config, directory, postmaster, &sides, scenario).await?;
    }
    if config.wants("check") {
        memory(&sides).await?;
    }
    Ok(())
}

async fn measure(
    config: &RunConfig,
    directory: &Path,
    postmaster: u32,
    sides: &[(String, Side)],
    scenario: &Scenario,
) -> Result<()> {
    let mut rounds = vec![Vec::new(); sides.len()];
    for round in 0..config.rounds.max(1) {
        // Each round starts with another side, as the machine can become slower or faster during a round.
        for turn in 0..sides.len() {
            let n = (round + turn) % sides.len();
            let (name, side) = &sides[n];
            let cpu = || side.server.cpu() + process::database_cpu(postmaster);
            let before = cpu();
            let outcome = if scenario.pace > 0 {
                let address = side.server.address.parse()?;
                paced::register(address, scenario.pace, config.seconds).await?
            } else {
                side.target(config.seconds)
                    .load(directory, scenario)
                    .await?
            };
            if outcome.errors > 0 {
                println!("{name}: {} errors of {}", outcome.errors, scenario.name);
            }
            rounds[n].push(Figures {
                rate: outcome.rate,
                p99: outcome.p99,
                cpu: (cpu() - before) / outcome.count * 1e3,
            });
        }
    }
    println!(
        "\n{}\n\n| variant | requests/s | ratio | p99 ms ratio | CPU ratio | ratio of each round |\n\
        | --- | ---: | ---: | ---: | ---: | --- |",
        scenario.name
    );
    for ((name, _), figures) in sides.iter().zip(&rounds) {
        let ratios = |of: fn(&Figures) -> f64| -> Vec<f64> {
            let pairs = figures.iter().zip(&rounds[0]);
            pairs.map(|(one, base)| of(one) / of(base)).collect()
        };
        let rates = ratios(|one| one.rate);
        let each: Vec<_> = rates.iter().map(|ratio| format!("{ratio:.2}")).collect();
        println!(
            "| {name} | {:.0} | **{:.2}** | {:.2} | {:.2} | {} |",
            median(figures.iter().map(|one| one.rate).collect()),
            median(rates),
            median(ratios(|one| one.p99)),
            least(figures) / least(&rounds[0]),
            each.join(" ")
        );
    }
    Ok(())
}

/// Resident memory with many open connections, before and after all of them have worked at once.
async fn memory(sides: &[(String, Side)]) -> Result<()> {
    println!(
        "\nMemory with {CONNECTIONS} connections\n\n| variant | MB idle | MB after work |\n| --- | ---: | ---: |"
    );
    for (name, side) in sides {
        let verdict = check::run(&side.server, &side.database, AUTHORIZATION, CONNECTIONS).await?;
        ensure!(verdict.wrong.is_empty(), "wrong answers of {name}");
        println!("| {name} | {:.0} | {:.0} |", verdict.idle, verdict.worked);
    }
    Ok(())
}

/// The CPU of the round that other programs have disturbed least.
fn least(figures: &[Figures]) -> f64 {
    figures.iter().map(|one| one.cpu).fold(f64::MAX, f64::min)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_has_a_name_and_a_binary() {
        let variant: Variant = "a=b/c=d".parse().expect("a variant");
        assert_eq!(variant.name, "a");
        assert_eq!(variant.binary, Path::new("b/c=d"));
        assert!("a".parse::<Variant>().is_err());
    }

    #[test]
    fn the_median_is_the_middle_value() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
