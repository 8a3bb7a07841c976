//! Every fault in turn.

use super::results::{Matrix, read, save};
use crate::error::Error;
use crate::failover::drill::Drill;
use crate::failover::fault::Fault;
use crate::failover::report::Run;
use std::path::Path;

/// Injects the faults. A fault that can't be drilled becomes a row with the reason. With `results`, each run is added to
/// that file, and runs that it already contains are not repeated.
///
/// # Errors
/// If a fault can't be undone, because later runs would show nothing. If the file can't be used.
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
                matrix.put(*fault, &drill.row(*fault), runs.clone());
                save(&matrix, path)?;
                matrix.take_runs(&name);
            }
            if !go_on {
                break;
            }
        }
        matrix.put(*fault, &drill.row(*fault), runs);
        if let Some(row) = matrix.rows.last() {
            eprintln!("{}", row.report);
        }
    }
    Ok(matrix)
}
