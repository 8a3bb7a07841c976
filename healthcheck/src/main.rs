//! The probe that Keepalived runs: exits with 0 if this droplet is fit to be live, else with a code for the reason.

mod report;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use healthcheck::{Limits, Target, check};

use report::{Probe, as_json, code, explain, verdict};

const EXIT_CODES: &str = "\
Exit codes:
  0  fit: status 200 in time
  1  unfit: another status than 200
  2  wrong usage
  3  unreachable: refused, no route, or closed before the response was complete
  4  silent: no complete response in time
  5  the response is not HTTP

The first success ends a probe; otherwise its last try decides. The first probe that fails decides the check.";

/// Checks whether this droplet is fit to be live: sends requests to the local service, retries, and returns an exit code.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    /// URL of the readiness; the host must be an IP address or localhost.
    #[arg(
        long,
        env = "HEALTHCHECK_URL",
        default_value = "http://127.0.0.1:9101/readyz"
    )]
    url: Target,
    /// URL of a page to check too, through the public listener; the host must be an IP address or localhost.
    #[arg(long, env = "HEALTHCHECK_WEB_URL", value_name = "URL")]
    web: Option<Target>,
    /// URL of an API call to check too, through the public listener.
    #[arg(long, env = "HEALTHCHECK_API_URL", value_name = "URL")]
    api: Option<Target>,
    /// Milliseconds for one try.
    #[arg(long, env = "HEALTHCHECK_TIMEOUT_MS", value_name = "MS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    timeout: u64,
    /// Retries after a failed try; with the spacing they hide a restart.
    #[arg(long, env = "HEALTHCHECK_RETRIES", value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    retries: u32,
    /// Least milliseconds between the starts of two tries.
    #[arg(long, env = "HEALTHCHECK_SPACING_MS", value_name = "MS", default_value_t = 200, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    spacing: u64,
    /// Milliseconds for all tries of all probes together; keep it below the timeout that Keepalived gives the script.
    #[arg(long, env = "HEALTHCHECK_DEADLINE_MS", value_name = "MS", default_value_t = 950, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    deadline: u64,
    /// Print the verdict and every try as JSON.
    #[arg(long, conflicts_with = "explain")]
    json: bool,
    /// Print every try, and what the verdict means.
    #[arg(long)]
    explain: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let limits = Limits {
        timeout: Duration::from_millis(cli.timeout),
        retries: cli.retries,
        spacing: Duration::from_millis(cli.spacing),
        deadline: Duration::from_millis(cli.deadline),
    };
    let targets = [
        ("readiness", Some(cli.url)),
        ("web", cli.web),
        ("api", cli.api),
    ];
    let probes = run(targets, limits);
    if cli.json {
        println!("{}", as_json(&probes));
    } else {
        if cli.explain {
            explain(&probes);
        }
        println!("{}", verdict(&probes));
    }
    ExitCode::from(code(&probes))
}

/// Runs one probe after the other, until one fails. All share one deadline.
fn run<const N: usize>(targets: [(&'static str, Option<Target>); N], limits: Limits) -> Vec<Probe> {
    let start = Instant::now();
    let mut probes = Vec::new();
    for (name, target) in targets {
        let Some(target) = target else { continue };
        let deadline = limits.deadline.saturating_sub(start.elapsed());
        let report = check(&target, &Limits { deadline, ..limits });
        let fit = report.result.is_ok();
        probes.push(Probe {
            name,
            target,
            report,
        });
        if !fit {
            break;
        }
    }
    probes
}
