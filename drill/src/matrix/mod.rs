//! Every fault in turn, and the page that shows what users lose in each.

mod page;
mod plot;

use crate::error::{Error, INVARIANT_BROKEN, PASSED};
use crate::failover::Drill;
use crate::failover::fault::Fault;
use crate::failover::report::{Report, Run};
use serde::Serialize;
use std::path::Path;

/// What all faults showed.
#[derive(Debug, Serialize)]
pub struct Matrix {
    /// One row for each fault, in the order in which they were injected.
    pub rows: Vec<Row>,
    /// Requests a second.
    pub rate: u32,
    /// When it was made, in UTC.
    pub date: String,
}

/// One fault.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Whether the live IP should move.
    pub moves: bool,
    /// The longest outage allowed without the cloud's share, in ms.
    pub bound_ms: f64,
    /// What its runs showed.
    pub report: Report,
}

/// Injects the faults. One that can't be drilled is a row with the reason, and the others go on.
///
/// # Errors
/// If a fault can't be undone: what came after it would show nothing.
pub async fn run(drill: &Drill, faults: &[Fault]) -> Result<Matrix, Error> {
    let mut rows = Vec::new();
    let rate = drill.rate();
    for fault in faults {
        let result = drill.run(*fault).await;
        drill.undo().await?;
        let report = result.unwrap_or_else(|error| {
            let run = Run {
                broken: vec![error.to_string()],
                ..Run::default()
            };
            Report::new(fault.name(), rate, vec![run])
        });
        eprintln!("{report}");
        rows.push(Row {
            moves: fault.row().moves,
            bound_ms: crate::stats::milliseconds(fault.row().bound),
            report,
        });
    }
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    Ok(Matrix { rows, rate, date })
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
