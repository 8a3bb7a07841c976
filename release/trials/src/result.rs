//! The result of a trial, and the file that collects results of several runs.

use std::fmt;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::clients::ClientStats;
use crate::testbed::Failure;
use crate::trial::Trial;

/// The result of a trial.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TrialResult {
    /// Its name.
    pub trial: String,
    /// What clients experienced.
    pub clients: ClientStats,
    /// Seconds that the trial measures.
    pub seconds: f64,
    /// What these seconds are.
    pub measure: String,
    /// The exit codes of the commands.
    pub codes: Vec<i32>,
    /// Limits that were exceeded, and other problems.
    pub problems: Vec<String>,
}

impl TrialResult {
    /// The result of a trial's commands; [`Trial::run`] adds the rest.
    pub fn of(measure: &str, seconds: f64, codes: Vec<i32>) -> Self {
        Self {
            measure: measure.to_owned(),
            seconds,
            codes,
            ..Self::default()
        }
    }

    /// The result of a trial that could not be carried out.
    pub fn failed(trial: &Trial, failure: &Failure) -> Self {
        Self {
            trial: trial.to_string(),
            problems: vec![failure.to_string()],
            ..Self::default()
        }
    }

    /// Adds `problem` unless `condition` holds.
    pub fn expect(&mut self, condition: bool, problem: &str) {
        if !condition {
            self.problems.push(problem.to_owned());
        }
    }

    /// Whether there is no problem.
    pub fn passed(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for TrialResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.passed() { "ok    " } else { "FAILED" };
        let clients = &self.clients;
        write!(
            f,
            "{word}  {:<34} {:.1} s {}; {} requests, {} failed ({} twice, longest outage {:.1} s), {} from a wrong version, \
             {} writes lost; exit codes {:?}",
            self.trial,
            self.seconds,
            self.measure,
            clients.requests,
            clients.failed,
            clients.failed_twice,
            clients.longest_outage.as_secs_f64(),
            clients.wrong_version,
            clients.lost,
            self.codes
        )?;
        if !clients.failed_at.is_empty() {
            let times = clients.failed_at.iter().map(|at| format!("{at:.1}"));
            let times: Vec<String> = times.collect();
            write!(f, "\n        requests failed after {} s", times.join(", "))?;
        }
        for line in self.problems.iter().chain(&clients.failures) {
            write!(f, "\n        {line}")?;
        }
        Ok(())
    }
}

/// Appends a result to a file with one JSON object per line.
///
/// # Errors
/// If the file can't be written.
pub fn append(path: &Path, result: &TrialResult) -> Result<(), Failure> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    file.write_all(format!("{}\n", serde_json::to_string(result)?).as_bytes())?;
    Ok(())
}

/// Reads all results of such a file; none if the file does not exist.
///
/// # Errors
/// If a line is not a result.
pub fn read(path: &Path) -> Result<Vec<TrialResult>, Failure> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path)?;
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}
