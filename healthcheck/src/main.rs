//! The probe that Keepalived runs: exits 0 if this droplet is fit to be live, else with a code that says why not.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use healthcheck::{Failure, Limits, Report, Target, check};
use serde_json::json;

const EXIT_CODES: &str = "\
Exit codes:
  0  fit: a 200 answer in time
  1  unfit: answered, but not with 200
  2  wrong usage
  3  unreachable: refused, no route, or closed before the answer was complete
  4  silent: no complete answer in time
  5  what answered is not HTTP

The first fit answer ends the check; otherwise the last try decides.";

/// Is this droplet fit to be live? Asks the local service, a few times if need be, and answers by exit code.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    /// What to ask; the host must be an IP address or localhost.
    #[arg(
        long,
        env = "HEALTHCHECK_URL",
        default_value = "http://127.0.0.1:9101/readyz"
    )]
    url: Target,
    /// Milliseconds for one try.
    #[arg(long, env = "HEALTHCHECK_TIMEOUT_MS", value_name = "MS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    timeout: u64,
    /// Further tries after a failed one: with the spacing, what lets a restart pass unnoticed.
    #[arg(long, env = "HEALTHCHECK_RETRIES", value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    retries: u32,
    /// Least milliseconds between the starts of two tries.
    #[arg(long, env = "HEALTHCHECK_SPACING_MS", value_name = "MS", default_value_t = 200, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    spacing: u64,
    /// Milliseconds for all tries together; keep it below the timeout that Keepalived gives the script.
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
    let report = check(&cli.url, &limits);
    if cli.json {
        println!("{}", as_json(&cli.url, &report));
    } else {
        if cli.explain {
            explain(&cli.url, &report);
        }
        println!("{}", verdict(&report));
    }
    ExitCode::from(code(&report))
}

fn code(report: &Report) -> u8 {
    match report.result {
        Ok(_) => 0,
        Err(Failure::Unfit { .. }) => 1,
        Err(Failure::Unreachable(_)) => 3,
        Err(Failure::Timeout(_)) => 4,
        Err(Failure::NotHttp(_)) => 5,
    }
}

fn verdict(report: &Report) -> String {
    let took = report.took.as_millis();
    let tries = match report.attempts.len() {
        1 => "1 try".to_owned(),
        n => format!("{n} tries"),
    };
    match &report.result {
        Ok(answer) => {
            let version = answer.version.as_deref().unwrap_or("unknown");
            format!("fit: version {version}, {tries}, {took} ms")
        }
        Err(failure) => format!("unfit: {failure}, {tries}, {took} ms"),
    }
}

fn explain(target: &Target, report: &Report) {
    println!("GET {target}");
    for attempt in &report.attempts {
        let result = match &attempt.result {
            Ok(_) => "answered 200".to_owned(),
            Err(failure) => failure.to_string(),
        };
        let (after, took) = (attempt.after.as_millis(), attempt.took.as_millis());
        println!("  at {after:4} ms, {took:3} ms: {result}");
    }
    println!("{}", advice(report));
}

fn advice(report: &Report) -> &'static str {
    match report.result {
        Ok(_) => "This droplet may be live.",
        Err(Failure::Unfit { .. }) => {
            "The service runs but says that it is not ready; its answer and its log say why, most often the database."
        }
        Err(Failure::Unreachable(_)) => {
            "Nothing listens there: is the service running, and is the URL that of its admin listener?"
        }
        Err(Failure::Timeout(_)) => {
            "Something is there and keeps silent: frozen, overloaded, or filtered by a firewall."
        }
        Err(Failure::NotHttp(_)) => "Another program listens there: check the port in the URL.",
    }
}

fn as_json(target: &Target, report: &Report) -> serde_json::Value {
    let attempts = report.attempts.iter().map(|attempt| {
        json!({
            "after_ms": attempt.after.as_millis(),
            "took_ms": attempt.took.as_millis(),
            "error": attempt.result.as_ref().err().map(ToString::to_string),
        })
    });
    let answer = report.result.as_ref().ok();
    json!({
        "url": target.to_string(),
        "fit": report.result.is_ok(),
        "exit_code": code(report),
        "version": answer.and_then(|answer| answer.version.clone()),
        "reason": report.result.as_ref().err().map(ToString::to_string),
        "took_ms": report.took.as_millis(),
        "attempts": attempts.collect::<Vec<_>>(),
    })
}
