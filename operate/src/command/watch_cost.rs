//! `minitwitctl watch-cost`: what monitoring costs the live droplet. Counted are the processor time of scrapes in the
//! services that answer them, what Filebeat can take of a busy processor, and the memory of what runs for monitoring
//! alone. Processor time, not elapsed time, is measured, so the figures hold on a busy machine.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use operate::environment::Environment;

use super::pair;
use crate::error::{BAD_RESULT, Error, Result};

const MEASURE: &str = include_str!("watch_cost.sh");
const LIMIT: Duration = Duration::from_mins(10);
/// Percent of one processor.
const MOST_PERCENT: f64 = 3.0;
const MOST_MEGABYTES: f64 = 150.0;
/// The weight of a control group that sets none.
const DEFAULT_WEIGHT: f64 = 100.0;
/// By how much a process's share shrinks with each level of nice.
const NICE_LEVEL: f64 = 1.25;

pub async fn run(environment: &Environment, scrapes: u32) -> Result<ExitCode> {
    let live = pair::find(environment, "live").await?;
    let command = format!("bash -s {} {scrapes}", live.private_ip);
    let output = environment
        .ssh
        .run(live, &command, MEASURE.as_bytes(), LIMIT)
        .await?;
    let cost = Cost::parse(&output).ok_or_else(|| {
        Error::Failed(format!(
            "The droplet's measurements can't be read:\n{output}"
        ))
    })?;
    print!("{}", cost.table());
    let within = cost.percent() <= MOST_PERCENT && cost.megabytes() <= MOST_MEGABYTES;
    println!(
        "monitoring takes {:.2} % of a busy processor (at most {MOST_PERCENT}) and {:.0} MB of memory (at most {MOST_MEGABYTES})",
        cost.percent(),
        cost.megabytes()
    );
    Ok(if within {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BAD_RESULT)
    })
}

/// What the droplet measured.
#[derive(Debug, Default)]
struct Cost {
    scrapes: Vec<Scrape>,
    /// Services and kilobytes.
    memory: Vec<(String, f64)>,
    filebeat: Option<Filebeat>,
}

#[derive(Debug)]
struct Scrape {
    service: String,
    nanoseconds: f64,
    bytes: f64,
    every_seconds: f64,
}

/// What Filebeat gets of a processor that the service wants too.
#[derive(Debug)]
struct Filebeat {
    percent: f64,
    by: String,
}

impl Scrape {
    fn percent(&self) -> f64 {
        self.nanoseconds / self.every_seconds / 1e7
    }
}

impl Cost {
    fn parse(output: &str) -> Option<Self> {
        let mut cost = Self::default();
        for line in output.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["scrape", service, nanoseconds, bytes, every] => cost.scrapes.push(Scrape {
                    service: service.to_owned(),
                    // Less than the service's own work varies by.
                    nanoseconds: nanoseconds.parse::<f64>().ok()?.max(0.0),
                    bytes: bytes.parse().ok()?,
                    every_seconds: every.parse().ok()?,
                }),
                ["memory", service, kilobytes] => {
                    cost.memory
                        .push((service.to_owned(), kilobytes.parse().ok()?));
                }
                ["weight", weight] => {
                    cost.filebeat = Some(Filebeat::of_weight(weight.parse().ok()?));
                }
                ["nice", nice, by] => {
                    cost.filebeat = Some(Filebeat::of_nice(nice.parse().ok()?, by));
                }
                _ => return None,
            }
        }
        (!cost.scrapes.is_empty()).then_some(cost)
    }

    fn percent(&self) -> f64 {
        let scrapes: f64 = self.scrapes.iter().map(Scrape::percent).sum();
        scrapes
            + self
                .filebeat
                .as_ref()
                .map_or(0.0, |filebeat| filebeat.percent)
    }

    fn megabytes(&self) -> f64 {
        self.memory
            .iter()
            .map(|(_, kilobytes)| kilobytes)
            .sum::<f64>()
            / 1024.0
    }

    fn table(&self) -> String {
        let mut table = format!(
            "{:<26} {:>16} {:>12} {:>16} {:>10}\n",
            "SERVICE", "CPU PER SCRAPE", "SIZE", "EVERY", "OF A CPU"
        );
        for scrape in &self.scrapes {
            let _ = writeln!(
                table,
                "{:<26} {:>13.0} µs {:>9.0} kB {:>14} s {:>8.3} %",
                scrape.service,
                scrape.nanoseconds / 1e3,
                scrape.bytes / 1e3,
                scrape.every_seconds,
                scrape.percent()
            );
        }
        for (service, kilobytes) in &self.memory {
            let _ = writeln!(table, "{service:<26} {kilobytes:>13} kB of memory");
        }
        if let Some(Filebeat { percent, by }) = &self.filebeat {
            let _ = writeln!(
                table,
                "{:<26} {percent:>13.2} % of a busy processor at most ({by})",
                "filebeat"
            );
        }
        table
    }
}

impl Filebeat {
    fn of_weight(weight: f64) -> Self {
        Self {
            percent: 100.0 * weight / (weight + DEFAULT_WEIGHT),
            by: format!("control group, weight {weight}"),
        }
    }

    fn of_nice(nice: i32, by: &str) -> Self {
        let own = NICE_LEVEL.powi(-nice);
        Self {
            percent: 100.0 * own / (own + 1.0),
            by: format!("{by}, nice {nice}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
scrape minitwit 1000000 40960 5
scrape floatip -200 9000 5
memory prometheus-node-exporter 20480
memory filebeat 61440
weight 2
";

    #[test]
    fn shares_and_memory_are_summed() {
        let cost = Cost::parse(OUTPUT).unwrap();
        // A millisecond each 5 s is 0.02 %; a weight of 2 beside 100 is 1.96 %.
        assert!(
            (cost.percent() - 1.9808).abs() < 0.001,
            "{}",
            cost.percent()
        );
        assert!((cost.megabytes() - 80.0).abs() < 1e-9);
        assert!(cost.table().contains("weight 2"));
    }

    #[test]
    fn niceness_counts_where_there_are_no_weights() {
        let equal = Filebeat::of_nice(0, "scheduler");
        assert!((equal.percent - 50.0).abs() < 1e-9);
        assert!(Filebeat::of_nice(19, "autogroup").percent < 1.5);
    }

    #[test]
    fn an_unknown_line_is_no_measurement() {
        assert!(Cost::parse("").is_none());
        assert!(Cost::parse("curl: failed\n").is_none());
    }
}
