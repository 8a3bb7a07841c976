//! Every fault in turn, and the page that shows what users lose in each.

mod page;
mod plot;

use crate::error::{Error, INVARIANT_BROKEN, PASSED};
use crate::failover::Drill;
use crate::failover::fault::{Fault, Moves};
use crate::failover::report::{Report, Run};
use crate::stats::milliseconds;
use clap::ValueEnum as _;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What the faults showed.
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
    /// Whether the live IP should move.
    pub moves: bool,
    /// The longest outage allowed without the cloud's share, in ms.
    pub bound_ms: f64,
    /// What its runs showed.
    pub report: Report,
}

/// Injects the faults. One that can't be drilled is a row with the reason, and the others go on. With `results`, each run
/// is added to that file, and of what it holds already nothing is done again.
///
/// # Errors
/// If a fault can't be undone: what came after it would show nothing. If the file can't be used.
pub async fn run(drill: &Drill, faults: &[Fault], results: Option<&Path>) -> Result<Matrix, Error> {
    let mut matrix = match results {
        Some(path) if path.exists() => read(path, Some(drill.rate()))?,
        _ => Matrix::default(),
    };
    matrix.rate = drill.rate();
    for fault in faults {
        let name = fault.name();
        let mut runs = matrix.take_runs(&name);
        for number in runs.len() + 1..=drill.runs() as usize {
            eprintln!("{name}: run {number} of {}", drill.runs());
            let result = drill.once(*fault).await;
            drill.undo().await?;
            let run = result.unwrap_or_else(|error| Run::failed(&error));
            let go_on = run.left_a_healthy_pair();
            runs.push(run);
            matrix.date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
            if let Some(path) = results {
                matrix.put(drill, *fault, runs.clone());
                save(&matrix, path)?;
                matrix.take_runs(&name);
            }
            if !go_on {
                break;
            }
        }
        matrix.put(drill, *fault, runs);
        if let Some(row) = matrix.rows.last() {
            eprintln!("{}", row.report);
        }
    }
    Ok(matrix)
}

/// What several matrices have kept, as one: the faults in their usual order, each with all of its runs.
///
/// # Errors
/// If a file can't be used, or their runs had different rates.
pub fn together(results: &[PathBuf]) -> Result<Matrix, Error> {
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

/// `rate`: what its runs must have had.
fn read(path: &Path, rate: Option<u32>) -> Result<Matrix, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        what: "the results that a matrix has kept",
        source,
    })?;
    let bad = |problem: String| Error::BadFile {
        path: path.to_owned(),
        problem: format!("{problem}; name another file to begin anew"),
    };
    let matrix: Matrix = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    match rate {
        Some(rate) if rate != matrix.rate => Err(bad(format!(
            "its runs had {} requests/s, and these are to have {rate}",
            matrix.rate
        ))),
        _ => Ok(matrix),
    }
}

/// In one step, so that an interrupted one leaves what was there.
fn save(matrix: &Matrix, path: &Path) -> Result<(), Error> {
    let unwritable = |source| Error::Unwritable {
        path: path.to_owned(),
        source,
    };
    let text = serde_json::to_vec_pretty(matrix).map_err(|error| unwritable(error.into()))?;
    let new = path.with_extension("new");
    std::fs::write(&new, text).map_err(unwritable)?;
    std::fs::rename(&new, path).map_err(unwritable)
}

/// Writes `FAILOVER.md` and `failover.svg` into a directory.
///
/// # Errors
/// If they can't be written.
pub fn write(matrix: &Matrix, directory: &Path) -> Result<(), Error> {
    let files = [
        ("FAILOVER.md", page::text(matrix)),
        ("failover.svg", plot::svg(matrix)),
    ];
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::write(&path, text).map_err(|source| Error::Unwritable { path, source })?;
    }
    Ok(())
}

impl Matrix {
    fn take_runs(&mut self, fault: &str) -> Vec<Run> {
        let place = self.rows.iter().position(|row| row.report.fault == fault);
        place.map_or_else(Vec::new, |place| self.rows.remove(place).report.runs)
    }

    fn put(&mut self, drill: &Drill, fault: Fault, runs: Vec<Run>) {
        let row = drill.row(fault);
        self.rows.push(Row {
            moves: row.moves == Moves::Once,
            bound_ms: milliseconds(row.bound),
            report: Report::new(fault.name(), self.rate, runs),
        });
    }

    /// The worst of all faults' exit codes.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let codes = self.rows.iter().map(|row| row.report.exit_code());
        codes
            .filter(|code| *code != PASSED)
            .min_by_key(|code| (*code > INVARIANT_BROKEN, *code))
            .unwrap_or(PASSED)
    }
}
