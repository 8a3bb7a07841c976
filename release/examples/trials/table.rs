//! What trials came to, as lines and as a table.

use std::fmt;
use std::path::Path;

use crate::client::Met;
use crate::pair::Failure;

const BEGIN: &str = "<!-- trials begin -->";
const END: &str = "<!-- trials end -->";

/// What one trial came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Which.
    pub trial: String,
    /// What clients met.
    pub met: Met,
    /// Seconds: of the whole, or of what the trial is about.
    pub seconds: f64,
    /// What the seconds are of.
    pub of: &'static str,
    /// The commands' exit codes.
    pub codes: Vec<i32>,
    /// What was not as it must be.
    pub broken: Vec<String>,
}

impl Outcome {
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
            "{word}  {:<34} {} requests, {} failed ({} twice), {} lost, over {:.1} s; {:.1} s {}, exit codes {:?}",
            self.trial,
            self.met.requests,
            self.met.failed,
            self.met.failed_twice,
            self.met.lost,
            self.met.span.as_secs_f64(),
            self.seconds,
            self.of,
            self.codes
        )?;
        for problem in self.broken.iter().chain(&self.met.how) {
            write!(f, "\n        {problem}")?;
        }
        Ok(())
    }
}

/// One row for each kind of trial.
pub fn render(outcomes: &[Outcome]) -> String {
    let mut text = String::from(
        "| trial | runs | as it must be | requests | failed, most in one run | failed twice | writes lost | seconds, most | of |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    let mut names: Vec<&str> = Vec::new();
    for outcome in outcomes {
        if !names.contains(&outcome.trial.as_str()) {
            names.push(&outcome.trial);
        }
    }
    for name in names {
        let rows: Vec<&Outcome> = outcomes.iter().filter(|it| it.trial == name).collect();
        let sum = |count: fn(&Met) -> usize| rows.iter().map(|it| count(&it.met)).sum::<usize>();
        let good = rows.iter().filter(|it| it.broken.is_empty()).count();
        let failed: Vec<usize> = rows.iter().map(|it| it.met.failed).collect();
        let seconds = rows.iter().map(|it| it.seconds).fold(0.0, f64::max);
        let row = format!(
            "| {name} | {} | {good} | {} | {}, {} | {} | {} | {seconds:.1} | {} |\n",
            rows.len(),
            sum(|met| met.requests),
            failed.iter().sum::<usize>(),
            failed.iter().max().copied().unwrap_or_default(),
            sum(|met| met.failed_twice),
            sum(|met| met.lost),
            rows.first().map_or("", |it| it.of),
        );
        text += &row;
    }
    text
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
