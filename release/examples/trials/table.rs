//! What trials came to, as lines and as a table.

use std::fmt;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::client::Met;
use crate::pair::Failure;

const BEGIN: &str = "<!-- trials begin -->";
const END: &str = "<!-- trials end -->";

/// What one trial came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Which.
    pub trial: String,
    /// What clients met.
    pub met: Met,
    /// Seconds: of the whole, or of what the trial is about.
    pub seconds: f64,
    /// What the seconds are of.
    pub of: String,
    /// The commands' exit codes.
    pub codes: Vec<i32>,
    /// What was not as it must be.
    pub broken: Vec<String>,
}

impl Outcome {
    /// What the commands of a trial came to; what clients met is added later.
    pub fn of(of: &str, seconds: f64, codes: Vec<i32>) -> Self {
        Self {
            of: of.to_owned(),
            seconds,
            codes,
            ..Self::default()
        }
    }

    /// Notes `otherwise` unless something is as it must be.
    pub fn expect(&mut self, is: bool, otherwise: &str) {
        if !is {
            self.broken.push(otherwise.to_owned());
        }
    }

    /// A trial that could not be made.
    pub fn broken(trial: String, failure: &Failure) -> Self {
        Self {
            trial,
            broken: vec![failure.to_string()],
            ..Self::default()
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.broken.is_empty() {
            "ok    "
        } else {
            "FAILED"
        };
        write!(
            f,
            "{word}  {:<34} {} requests, {} failed ({} twice), {} lost, {} unverified, over {:.1} s; {:.1} s {}, exit codes {:?}",
            self.trial,
            self.met.requests,
            self.met.failed,
            self.met.failed_twice,
            self.met.lost,
            self.met.unverified,
            self.met.span.as_secs_f64(),
            self.seconds,
            self.of,
            self.codes
        )?;
        if !self.met.at.is_empty() {
            let at: Vec<String> = self.met.at.iter().map(|at| format!("{at:.1}")).collect();
            write!(f, "\n        failed after {} s", at.join(", "))?;
        }
        for problem in self.broken.iter().chain(&self.met.how) {
            write!(f, "\n        {problem}")?;
        }
        Ok(())
    }
}

/// One row for each kind of trial, in the order of `order`.
pub fn render(outcomes: &[Outcome], order: &[String]) -> String {
    let mut text = String::from(
        "| trial | runs | as it must be | requests | failed, most in one run | failed twice | writes lost | unverified | longest outage, s | seconds: median, most | of |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    for name in order {
        let rows: Vec<&Outcome> = outcomes.iter().filter(|it| it.trial == *name).collect();
        let Some(first) = rows.first() else {
            continue;
        };
        let sum = |count: fn(&Met) -> usize| rows.iter().map(|it| count(&it.met)).sum::<usize>();
        let good = rows.iter().filter(|it| it.broken.is_empty()).count();
        let most = rows
            .iter()
            .map(|it| it.met.failed)
            .max()
            .unwrap_or_default();
        let outage = rows.iter().map(|it| it.met.span).max().unwrap_or_default();
        let mut seconds: Vec<f64> = rows.iter().map(|it| it.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let row = format!(
            "| {name} | {} | {good} | {} | {}, {most} | {} | {} | {} | {:.1} | {:.1}, {:.1} | {} |\n",
            rows.len(),
            sum(|met| met.requests),
            sum(|met| met.failed),
            sum(|met| met.failed_twice),
            sum(|met| met.lost),
            sum(|met| met.unverified),
            outage.as_secs_f64(),
            seconds[seconds.len() / 2],
            seconds[seconds.len() - 1],
            first.of,
        );
        text += &row;
    }
    text
}

/// Adds what a trial came to to a file of lines.
///
/// # Errors
/// If it can't be written.
pub fn keep(path: &Path, outcome: &Outcome) -> Result<(), Failure> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    file.write_all(format!("{}\n", serde_json::to_string(outcome)?).as_bytes())?;
    Ok(())
}

/// What such a file has; nothing if there is none.
///
/// # Errors
/// If a line is not an outcome.
pub fn kept(path: &Path) -> Result<Vec<Outcome>, Failure> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path)?;
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

/// Puts a table between its marks in a file.
///
/// # Errors
/// If the file has no marks.
pub fn write(path: &Path, table: &str) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path)?;
    let (before, rest) = text
        .split_once(BEGIN)
        .ok_or("the file has no mark where the table begins")?;
    let (_, after) = rest
        .split_once(END)
        .ok_or("the file has no mark where the table ends")?;
    std::fs::write(path, format!("{before}{BEGIN}\n{table}{END}{after}"))?;
    Ok(())
}
