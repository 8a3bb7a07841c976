//! Prints a check: in one line, with every try, or as JSON.

use std::time::Duration;

use healthcheck::{Failure, Report, Target};
use serde_json::{Value, json};

/// One probe of a check.
pub struct Probe {
    /// `readiness`, `web` or `api`.
    pub name: &'static str,
    /// Its URL.
    pub target: Target,
    /// Its result.
    pub report: Report,
}

/// The exit code: that of the probe that failed.
pub fn code(probes: &[Probe]) -> u8 {
    probes.iter().map(of_probe).find(|it| *it != 0).unwrap_or(0)
}

fn of_probe(probe: &Probe) -> u8 {
    match probe.report.result {
        Ok(_) => 0,
        Err(Failure::Unfit { .. }) => 1,
        Err(Failure::Unreachable(_)) => 3,
        Err(Failure::Timeout(_)) => 4,
        Err(Failure::NotHttp(_)) => 5,
    }
}

fn version(probes: &[Probe]) -> Option<&str> {
    let mut answers = probes
        .iter()
        .filter_map(|it| it.report.result.as_ref().ok());
    answers.find_map(|it| it.version.as_deref())
}

/// The verdict in one line.
pub fn verdict(probes: &[Probe]) -> String {
    let took: Duration = probes.iter().map(|it| it.report.took).sum();
    let took = took.as_millis();
    let tries = match probes.iter().map(|it| it.report.attempts.len()).sum() {
        1 => "1 try".to_owned(),
        n => format!("{n} tries"),
    };
    for probe in probes {
        if let Err(failure) = &probe.report.result {
            let which = if probe.name == "readiness" {
                String::new()
            } else {
                format!("{} ", probe.name)
            };
            return format!("unfit: {which}{failure}, {tries}, {took} ms");
        }
    }
    let version = version(probes).unwrap_or("unknown");
    format!("fit: version {version}, {tries}, {took} ms")
}

/// Prints every try, and what the verdict means.
pub fn explain(probes: &[Probe]) {
    for probe in probes {
        println!("{}: GET {}", probe.name, probe.target);
        for attempt in &probe.report.attempts {
            let result = match &attempt.result {
                Ok(_) => "answered 200".to_owned(),
                Err(failure) => failure.to_string(),
            };
            let (after, took) = (attempt.after.as_millis(), attempt.took.as_millis());
            println!("  at {after:4} ms, {took:3} ms: {result}");
        }
    }
    if let Some(last) = probes.last() {
        println!("{}", advice(last));
    }
}

fn advice(probe: &Probe) -> &'static str {
    match probe.report.result {
        Ok(_) => "This droplet may be live.",
        Err(Failure::Unfit { .. }) if probe.name != "readiness" => {
            "The service is ready, but this request of a user fails: its log has the reason."
        }
        Err(Failure::Unfit { .. }) => {
            "The service runs but reports that it is not ready: its response and its log have the reason, most often the database."
        }
        Err(Failure::Unreachable(_)) => {
            "Nothing listens there: is the service running, and is the URL that of its listener?"
        }
        Err(Failure::Timeout(_)) => {
            "Something listens there and does not respond: it is frozen, overloaded, or a firewall drops the packets."
        }
        Err(Failure::NotHttp(_)) => "Another program listens there: check the port in the URL.",
    }
}

/// The verdict and every try. The top level is that of the deciding probe.
pub fn as_json(probes: &[Probe]) -> Value {
    let all = probes.iter().map(|probe| {
        let mut value = of(probe);
        value["name"] = probe.name.into();
        value
    });
    let all: Vec<_> = all.collect();
    let mut value = probes.last().map(of).unwrap_or_default();
    value["version"] = version(probes).into();
    value["exit_code"] = code(probes).into();
    value["probes"] = all.into();
    value
}

fn of(probe: &Probe) -> Value {
    let report = &probe.report;
    let attempts = report.attempts.iter().map(|attempt| {
        json!({
            "after_ms": attempt.after.as_millis(),
            "took_ms": attempt.took.as_millis(),
            "error": attempt.result.as_ref().err().map(ToString::to_string),
        })
    });
    json!({
        "url": probe.target.to_string(),
        "fit": report.result.is_ok(),
        "exit_code": of_probe(probe),
        "reason": report.result.as_ref().err().map(ToString::to_string),
        "took_ms": report.took.as_millis(),
        "attempts": attempts.collect::<Vec<_>>(),
    })
}
