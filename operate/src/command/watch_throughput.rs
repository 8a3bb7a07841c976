//! `minitwitctl watch-throughput`: what Filebeat costs MiniTwit in throughput, in a localcloud. Throughput is measured with
//! and without it in turns. In a real account Elasticsearch runs on a droplet of its own; here the live droplet gets
//! processor 0 for itself, and everything else, the load included, gets the other processors.

use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use operate::environment::{Cloud, Droplet, Environment};
use tokio::process::Command;
use tokio::time::sleep;

use super::pair;
use crate::cli::WatchThroughput;
use crate::error::{Error, Result};

const SYSTEMCTL: Duration = Duration::from_secs(30);
/// By then the journal has written what the load before has logged.
const PAUSE: Duration = Duration::from_secs(6);
/// MiniTwit's default credential for the simulator.
const AUTHORIZATION: &str = "Authorization: Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh";

pub async fn run(environment: &Environment, options: &WatchThroughput) -> Result<ExitCode> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    if environment.cloud != Cloud::Localcloud {
        return Err(Error::Usage(
            "This binds droplets to processors: it works with CLOUD=localcloud only.".to_owned(),
        ));
    }
    if processors < 2 {
        return Err(Error::Usage(
            "This needs a machine with at least two processors.".to_owned(),
        ));
    }
    let measurement = Measurement {
        environment,
        live: pair::find(environment, "live").await?,
        others: format!("1-{}", processors - 1),
        each: options.each,
    };
    let result = measurement.rounds(options.rounds).await;
    // Whatever happened, everything runs on all processors again, and Filebeat runs.
    measurement
        .bind(&format!("0-{}", processors - 1), "")
        .await?;
    measurement.filebeat("start").await?;
    let ratios = result?;
    println!(
        "median of {}: {:.3} of the throughput",
        ratios.len(),
        median(ratios)
    );
    Ok(ExitCode::SUCCESS)
}

struct Measurement<'e> {
    environment: &'e Environment,
    live: &'e Droplet,
    others: String,
    each: u32,
}

impl Measurement<'_> {
    async fn rounds(&self, rounds: u32) -> Result<Vec<f64>> {
        self.bind(&self.others, "").await?;
        let mut ratios = Vec::new();
        for round in 1..=rounds {
            // The machine may become slower or faster meanwhile, so each comes first in turn.
            let (with, without) = if round % 2 == 1 {
                let with = self.rate("start").await?;
                (with, self.rate("stop").await?)
            } else {
                let without = self.rate("stop").await?;
                (self.rate("start").await?, without)
            };
            let ratio = with / without;
            println!("{with:8.0} requests/s with Filebeat, {without:8.0} without: {ratio:.3}");
            ratios.push(ratio);
        }
        Ok(ratios)
    }

    /// Requests a second, after Filebeat was started or stopped.
    async fn rate(&self, filebeat: &str) -> Result<f64> {
        self.filebeat(filebeat).await?;
        self.bind("0", &format!("{}/", self.live.id)).await?;
        sleep(PAUSE).await;
        let url = format!("{}/msgs?no=20", self.environment.live_url());
        let output = Command::new("taskset")
            .args([
                "--cpu-list",
                &self.others,
                "wrk",
                "--threads",
                "1",
                "--connections",
                "16",
            ])
            .args([
                "--duration",
                &format!("{}s", self.each),
                "--header",
                AUTHORIZATION,
                &url,
            ])
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| Error::Failed(format!("taskset can't be started: {error}")))?;
        let text = String::from_utf8_lossy(&output.stdout);
        requests_per_second(&text).ok_or_else(|| {
            Error::Failed("wrk reports no rate; `scripts/install bench` installs it.".to_owned())
        })
    }

    async fn filebeat(&self, verb: &str) -> Result<()> {
        let command = format!("systemctl {verb} filebeat");
        self.environment
            .ssh
            .run(self.live, &command, b"", SYSTEMCTL)
            .await?;
        Ok(())
    }

    /// Binds all of this cloud's processes, or those of one droplet, to processors.
    async fn bind(&self, processors: &str, droplet: &str) -> Result<()> {
        let group = format!("localcloud-{}-{droplet}", self.environment.name);
        for process in processes_in(&group) {
            let mut command = as_root("taskset");
            command.args(["--all-tasks", "--cpu-list", "--pid", processors, &process]);
            // A process may have ended meanwhile.
            let _ = command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .await;
        }
        Ok(())
    }
}

/// A program that needs root. An operator who is not root has just used `sudo` for localcloud.
fn as_root(program: &str) -> Command {
    if operate::environment::is_root() {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.arg(program);
    sudo
}

fn processes_in(group: &str) -> Vec<String> {
    let entries = Path::new("/proc")
        .read_dir()
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.parse::<u32>().ok()?;
            let cgroup = std::fs::read_to_string(entry.path().join("cgroup")).ok()?;
            cgroup.contains(group).then_some(name)
        })
        .collect()
}

fn requests_per_second(wrk: &str) -> Option<f64> {
    let line = wrk
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"))?;
    line.trim().parse().ok()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_wrk() {
        let text = "Running 5s test\n  1 threads and 16 connections\nRequests/sec:   8123.45\nTransfer/sec: 1MB\n";
        assert_eq!(requests_per_second(text), Some(8123.45));
        assert_eq!(requests_per_second("unable to connect\n"), None);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }
}
