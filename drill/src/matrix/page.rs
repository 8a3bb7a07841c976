//! The table of all faults, in a terminal and as a page in Markdown.

use super::{Matrix, Row};
use crate::failover::report::Run;
use std::fmt::{self, Write as _};

const ABOUT: &str = "\
`make drill-matrix` writes this page and its plot. It takes the environment of `make up`; `RUNS=5` sets how often each
fault is injected.

![Outage in each fault](failover.svg)

";

const HOW: &str = "
## How it is measured

- A load of its own reads `/latest` and posts messages through the live IP, in turn, each request on a new connection
  with 0.3 s, sent when the clock says, whatever became of those before it: an outage can't hide requests.
- An *outage* is from the moment that the first failed request was due to the first of the good answers that last for a
  second. Several in one run are added up.
- *Own* is the outage without what the pair can't help: the cloud's time for a move (from the accepted call to its
  completion, by the log of `floatip`), and the time that a fault of the database or of the API lasts.
  *Allowed* is the longest that it may be; a run that is longer fails.
- *Moves* are the assignments that the cloud's record shows as carried out. A fault moves the live IP once or not at all.
- Afterwards each acknowledged write is read back, record and VRRP must agree, and the pair must be fit; what did not
  hold is listed above the figures of the phases.
- The phases are from the log of the `floatip` that took over, as offsets from the fault.

A droplet whose VPC link is cut loses its database too, so `vpc-cut` has to move the live IP. `peer-cut` leaves the
database reachable and takes only the droplets' sight of each other; the live IP stays.
";

/// The page.
pub(super) fn text(matrix: &Matrix) -> String {
    let mut text = String::from("# What a failover costs\n\n");
    text += ABOUT;
    // Writing to a String can't fail.
    let _ = writeln!(
        text,
        "Measured on {} in localcloud at {} requests/s; all times in ms, as least / median / most of the runs.\n",
        matrix.date, matrix.rate
    );
    text +=
        "| fault | runs | outage | own | allowed | failed | of | lost writes | moves | result |\n";
    text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n";
    for row in &matrix.rows {
        let _ = writeln!(text, "| {} |", row.cells().join(" | "));
    }
    let mut broken = String::new();
    for row in &matrix.rows {
        for problem in row.report.runs.iter().flat_map(|run| &run.broken) {
            let _ = writeln!(broken, "- `{}`: {problem}", row.report.fault);
        }
    }
    if !broken.is_empty() {
        let _ = write!(text, "\nDid not hold:\n\n{broken}");
    }
    text += "\n## Phases of the takeovers\n\nMedians, in ms after the fault.\n\n";
    text += "| fault | detected | decided | accepted | completed | first answer | pair healthy after mending |\n";
    text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    for row in matrix.rows.iter().filter(|row| row.moves) {
        let phase = |of: fn(&Run) -> Option<f64>| middle(&row.report.column(of));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            row.report.fault,
            phase(|run| run.phases_ms.detected),
            phase(|run| run.phases_ms.decided),
            phase(|run| run.phases_ms.accepted),
            phase(|run| run.phases_ms.completed),
            phase(|run| run.phases_ms.first_answer),
            phase(|run| run.standby_back_ms),
        );
    }
    text + HOW
}

impl Row {
    fn cells(&self) -> [String; 10] {
        let runs = &self.report.runs;
        let sum = |of: fn(&Run) -> usize| runs.iter().map(of).sum::<usize>().to_string();
        let moves = |run: &Run| run.moves;
        let (least, most) = (runs.iter().map(moves).min(), runs.iter().map(moves).max());
        let moves = match (least, most) {
            (Some(least), Some(most)) if least != most => format!("{least} to {most}"),
            (least, _) => least.unwrap_or_default().to_string(),
        };
        [
            format!("`{}`", self.report.fault),
            runs.len().to_string(),
            spread(&self.report.column(|run| run.outage_ms)),
            spread(&self.report.column(|run| run.own_ms)),
            format!("{:.0}", self.bound_ms),
            sum(|run| run.failed),
            sum(|run| run.requests),
            sum(|run| run.writes_lost),
            moves,
            if self.report.passed { "ok" } else { "FAILED" }.to_owned(),
        ]
    }
}

/// `1 / 2 / 3` of sorted values.
fn spread(sorted: &[f64]) -> String {
    match (sorted.first(), sorted.last()) {
        (Some(least), Some(most)) if sorted.len() > 1 => {
            format!("{least:.0} / {} / {most:.0}", middle(sorted))
        }
        _ => middle(sorted),
    }
}

fn middle(sorted: &[f64]) -> String {
    sorted
        .get(sorted.len() / 2)
        .map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = [
            "fault", "runs", "outage", "own", "allowed", "failed", "of", "lost", "moves", "result",
        ]
        .map(str::to_owned);
        for cells in std::iter::once(heads).chain(self.rows.iter().map(Row::cells)) {
            let [
                fault,
                runs,
                outage,
                own,
                allowed,
                failed,
                of,
                lost,
                moves,
                result,
            ] = cells;
            writeln!(
                f,
                "{fault:<20} {runs:>4} {outage:>23} {own:>20} {allowed:>7} {failed:>6} {of:>6} {lost:>4} {moves:>6}  {result}"
            )?;
        }
        let passed = self.rows.iter().all(|row| row.report.passed);
        write!(f, "{}", if passed { "passed" } else { "FAILED" })
    }
}
