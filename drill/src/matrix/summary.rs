//! A line for each fault that a suite asked for: passed, failed, or not drilled.

use super::results::{Matrix, read};
use crate::error::{CHECK_FAILED, Error, PASSED};
use crate::failover::fault::Fault;
use crate::failover::report::{Report, Run};
use std::fmt;
use std::path::{Path, PathBuf};

/// How much of a log is repeated when faults are missing.
const LOG_LINES: usize = 15;

/// The requested faults with the results that a directory contains.
#[derive(Debug)]
pub struct Summary {
    directory: PathBuf,
    faults: Vec<(Fault, Option<Report>)>,
    /// The end of each log beside the results, if a fault is missing.
    logs: Vec<(PathBuf, Vec<String>)>,
}

/// Reads the results (`*.json`) and logs (`*.log`) in a directory.
///
/// # Errors
/// If the directory or a file of results can't be read.
pub fn summarize(directory: &Path, faults: &[Fault]) -> Result<Summary, Error> {
    let mut reports: Vec<Report> = Vec::new();
    for file in files(directory, "json")? {
        let Matrix { rows, .. } = read(&file, None)?;
        reports.extend(rows.into_iter().map(|row| row.report));
    }
    let report_of = |fault: &Fault| {
        let name = fault.name();
        let place = reports.iter().position(|report| report.fault == name);
        place.map(|place| reports.swap_remove(place))
    };
    let mut report_of = report_of;
    let faults: Vec<_> = faults
        .iter()
        .map(|fault| (*fault, report_of(fault).filter(|it| !it.runs.is_empty())))
        .collect();
    let mut logs = Vec::new();
    if faults.iter().any(|(_, report)| report.is_none()) {
        for file in files(directory, "log")? {
            let bytes = std::fs::read(&file).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            let end = &lines[lines.len().saturating_sub(LOG_LINES)..];
            logs.push((file, end.iter().map(ToString::to_string).collect()));
        }
    }
    Ok(Summary {
        directory: directory.to_owned(),
        faults,
        logs,
    })
}

fn files(directory: &Path, extension: &str) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(directory).map_err(|source| Error::Unreadable {
        path: directory.to_owned(),
        what: "the directory with the results of matrices",
        source,
    })?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .collect();
    paths.sort();
    Ok(paths)
}

impl Summary {
    /// The faults without a run.
    #[must_use]
    pub fn not_drilled(&self) -> Vec<String> {
        let missing = self.faults.iter().filter(|(_, report)| report.is_none());
        missing.map(|(fault, _)| fault.name()).collect()
    }

    /// A line for the list of what a suite left out, if it did.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        let names = self.not_drilled();
        (!names.is_empty()).then(|| {
            format!(
                "faults, {} of {} not drilled, for lack of time or of a cloud: {}",
                names.len(),
                self.faults.len(),
                names.join(" ")
            )
        })
    }

    fn failed(&self) -> usize {
        let reports = self.faults.iter().filter_map(|(_, report)| report.as_ref());
        reports.filter(|report| !report.passed).count()
    }

    /// Fails if a fault failed, or if more than a quarter was not drilled: then too little was checked.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.failed() > 0 || self.not_drilled().len() > self.faults.len() / 4 {
            CHECK_FAILED
        } else {
            PASSED
        }
    }
}

/// Whole ms, or a dash.
struct Ms(Option<f64>);

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => f.pad(&format!("{value:.0} ms")),
            None => f.pad("-"),
        }
    }
}

fn line(f: &mut fmt::Formatter<'_>, report: &Report, run: &Run) -> fmt::Result {
    writeln!(
        f,
        "{:<7} {:<26} outage {:>9}, own {:>8}, moves {}",
        if report.passed { "ok" } else { "FAILED" },
        report.fault,
        Ms(run.outage_ms),
        Ms(run.own_ms),
        run.moves
    )?;
    for problem in &run.broken {
        writeln!(f, "        | {problem}")?;
    }
    if run.too_long && run.broken.is_empty() {
        writeln!(f, "        | the outage was too long")?;
    }
    Ok(())
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (fault, report) in &self.faults {
            match report {
                Some(report) => line(f, report, &report.runs[0])?,
                None => writeln!(f, "-       {}", fault.name())?,
            }
        }
        for (log, lines) in &self.logs {
            writeln!(f, "the end of {}:", log.display())?;
            for line in lines {
                writeln!(f, "        | {line}")?;
            }
        }
        let (failed, missing) = (self.failed(), self.not_drilled().len());
        write!(
            f,
            "faults: {} passed, {failed} failed, {missing} not drilled (logs: {})",
            self.faults.len() - failed - missing,
            self.directory.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::results::save;

    fn directory(runs: &[(Fault, Run)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let mut matrix = Matrix {
            rate: 50,
            ..Matrix::default()
        };
        for (fault, run) in runs {
            matrix.put(*fault, &fault.row(), vec![run.clone()]);
        }
        save(&matrix, &directory.path().join("0.json")).unwrap();
        std::fs::write(directory.path().join("0.log"), "first\nlast\n").unwrap();
        directory
    }

    #[test]
    fn each_requested_fault_has_a_line_and_a_failed_one_fails_the_suite() {
        let good = Run {
            outage_ms: Some(2034.4),
            own_ms: Some(34.4),
            moves: 1,
            ..Run::default()
        };
        let broken = Run {
            broken: vec!["no other droplet is live".to_owned()],
            ..Run::default()
        };
        let kept = directory(&[(Fault::AppStop, good), (Fault::PowerOff, broken)]);
        let summary = summarize(kept.path(), &[Fault::AppStop]).unwrap();
        assert_eq!(summary.exit_code(), PASSED);
        let text = summary.to_string();
        let first = text.lines().next().unwrap();
        let expected = "ok      app-stop                   outage   2034 ms, own    34 ms, moves 1";
        assert_eq!(first, expected);
        assert_eq!(summary.left_out(), None);
        let summary = summarize(kept.path(), &[Fault::AppStop, Fault::PowerOff]).unwrap();
        assert_eq!(summary.exit_code(), CHECK_FAILED);
        assert!(
            summary
                .to_string()
                .contains("        | no other droplet is live\n")
        );
    }

    #[test]
    fn missing_faults_are_left_out_and_too_many_fail_the_suite() {
        let good = Run::default();
        let kept = directory(&[(Fault::AppStop, good.clone())]);
        let asked = [Fault::AppStop, Fault::PowerOff];
        let summary = summarize(kept.path(), &asked).unwrap();
        assert_eq!(summary.exit_code(), CHECK_FAILED);
        let left_out = summary.left_out().unwrap();
        assert!(left_out.starts_with("faults, 1 of 2 not drilled"));
        assert!(left_out.ends_with(": power-off"), "{left_out}");
        let text = summary.to_string();
        assert!(text.contains("-       power-off\n") && text.contains("        | last\n"));
        assert!(text.contains("faults: 1 passed, 0 failed, 1 not drilled"));
        let runs = [Fault::AppStop, Fault::AppSlow, Fault::VpcCut];
        let kept = directory(&runs.map(|fault| (fault, good.clone())));
        let asked = [runs.as_slice(), &[Fault::PowerOff]].concat();
        assert_eq!(summarize(kept.path(), &asked).unwrap().exit_code(), PASSED);
    }
}
