//! The results of many runs: rows in a file that grows with each run.

use crate::error::{Error, INVARIANT_BROKEN, PASSED};
use crate::failover::fault::{self, Fault, Moves};
use crate::failover::report::{Report, Run};
use crate::stats::milliseconds;
use clap::ValueEnum as _;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The runs of several faults.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Matrix {
    /// One row for each fault, in the order in which they were injected.
    pub rows: Vec<Row>,
    /// Requests a second.
    pub rate: u32,
    /// When the last run was made, in UTC.
    pub date: String,
}

/// One fault.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    /// Whether the live IP must move.
    pub moves: bool,
    /// The longest outage allowed without the cloud's share, in ms.
    pub bound_ms: f64,
    /// Its runs.
    pub report: Report,
}

/// The results of several files as one: the faults in their usual order, each with all of its runs.
///
/// # Errors
/// If a file can't be used, or their runs had different rates.
pub fn merge(results: &[PathBuf]) -> Result<Matrix, Error> {
    let mut all = Matrix::default();
    for path in results {
        let rate = Some(all.rate).filter(|rate| *rate > 0);
        let Matrix { rows, rate, date } = read(path, rate)?;
        all.rate = rate;
        all.date = all.date.max(date);
        for mut row in rows {
            let mut runs = all.take_runs(&row.report.fault);
            runs.append(&mut row.report.runs);
            row.report = Report::new(row.report.fault, rate, runs);
            all.rows.push(row);
        }
    }
    let order = Fault::value_variants();
    let place = |row: &Row| order.iter().position(|it| it.name() == row.report.fault);
    all.rows.sort_by_key(place);
    Ok(all)
}

/// Reads a file of results, whose runs must have had that `rate`.
///
/// # Errors
/// If it can't be used, or its runs had another rate.
pub fn read(path: &Path, rate: Option<u32>) -> Result<Matrix, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        what: "the results of a matrix",
        source,
    })?;
    let bad = |problem: String| Error::BadFile {
        path: path.to_owned(),
        problem: format!("{problem}; name another file to start over"),
    };
    let matrix: Matrix = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    match rate {
        Some(rate) if rate != matrix.rate => Err(bad(format!(
            "its runs had {} requests/s instead of {rate}",
            matrix.rate
        ))),
        _ => Ok(matrix),
    }
}

/// Writes a file of results. An interrupted write leaves the old content.
///
/// # Errors
/// If it can't be written.
pub fn save(matrix: &Matrix, path: &Path) -> Result<(), Error> {
    let unwritable = |source| Error::Unwritable {
        path: path.to_owned(),
        source,
    };
    let text = serde_json::to_vec_pretty(matrix).map_err(|error| unwritable(error.into()))?;
    let new = path.with_extension("new");
    std::fs::write(&new, text).map_err(unwritable)?;
    std::fs::rename(&new, path).map_err(unwritable)
}

impl Matrix {
    pub(super) fn take_runs(&mut self, fault: &str) -> Vec<Run> {
        let place = self.rows.iter().position(|row| row.report.fault == fault);
        place.map_or_else(Vec::new, |place| self.rows.remove(place).report.runs)
    }

    pub(super) fn put(&mut self, fault: Fault, row: &fault::Row, runs: Vec<Run>) {
        self.rows.push(Row {
            moves: row.moves == Moves::Once,
            bound_ms: milliseconds(row.bound),
            report: Report::new(fault.name(), self.rate, runs),
        });
    }

    /// The exit code of the worst result.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let codes = self.rows.iter().map(|row| row.report.exit_code());
        codes
            .filter(|code| *code != PASSED)
            .min_by_key(|code| (*code > INVARIANT_BROKEN, *code))
            .unwrap_or(PASSED)
    }
}

impl Matrix {
    /// The faults without a row.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let has = |name: &String| self.rows.iter().any(|row| row.report.fault == *name);
        let names = Fault::value_variants().iter().map(|fault| fault.name());
        names.filter(|name| !has(name)).collect()
    }
}
