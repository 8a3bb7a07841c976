//! The table of all faults, in a terminal and as a page in Markdown.

use super::results::{Matrix, Row};
use crate::failover::report::Run;
use crate::stats::rank;
use std::fmt::{self, Write as _};

const ABOUT: &str = "\
`make drill-matrix` writes this page and its plot. It creates localclouds and destroys them afterwards: with `CLOUDS=3`, three share
the faults and work side by side. `RUNS=50` sets how often each fault is injected, `FAULTS=app-stop,power-off` selects faults. Results
are stored in `.cache/drill-matrix`; runs that are stored there are not repeated.

![Outage in each fault, and the phases of the takeovers](failover.svg)

";

const HOW: &str = "
## How it is measured

- The load reads `/latest` and posts messages through the live IP. Each request is sent on schedule, whether or not earlier ones have
  a response, so an outage can't hide requests. Half of them have a connection of their own (*fresh*), half use connections that
  stay open (*kept*). The time limit is 0.3 s, or `--timeout`. A late, refused, reset or wrong response has failed.
- An *outage* begins when the first failed request was due and ends with the first of the good responses that last for a
  second. Several outages in one run are added.
- *Own* is the outage without the part that the pair can't influence: the cloud's 2 s for a move, and the duration of a fault of the
  API or of the database. *Allowed* is the longest own outage that any run may have.
- *Moves* are the assignments in the cloud's record that were completed. A fault moves the live IP once or not at all.
- Afterwards each acknowledged write is read back. Record and VRRP must agree, and both droplets must be fit, one of them as standby,
  and stay so for some seconds. Only the live droplet may respond. Violations are listed above the phases.
- An agent limits itself to the API's 250 calls a minute. After half a minute of failures it tries once a second instead of four
  times, and recovers up to a second later. Failures in the run before count, too.
- *Detected*, *decided*, *accepted* and *completed* are from the log of the `floatip` that took over. The *first answer* is the load's
  first response from the droplet that took over; in localcloud responses contain the droplet's name.

## What the faults are

`drill failover --help` has a line for each. Some need an explanation.

- A droplet whose VPC link is cut, in either direction, loses its database too, so `vpc-cut` must move the live IP. `peer-cut` leaves
  the database reachable; only the droplets don't reach each other. Then both are VRRP master, and the live IP stays.
- `app-slow`: packets of the app's two listeners with a response share 480 bit/s, so one response takes 5 s to leave the droplet.
- `app-out-of-memory`: the kernel kills the app because of `MemoryMax` where control groups of version 2 limit memory. Elsewhere the
  drill kills it, and the app gets no memory at its next starts.
- `droplet-reboot` is an orderly reboot by the API: the services stop one by one, then the droplet boots.
- `release-move` starts the move that a release makes, and stops the old live app before the move is completed.
- For `both-off-…` the outage counts from the moment at which the first droplet has power again, so it includes that droplet's boot.
";

/// The page.
pub(super) fn text(matrix: &Matrix) -> String {
    let mut text = String::from("# What a failover costs\n\n");
    text += ABOUT;
    // Writing to a String can't fail.
    let _ = writeln!(
        text,
        "Measured on {} in localcloud at {} requests/s; all times in ms, for several runs as median / p99 / most.\n",
        matrix.date, matrix.rate
    );
    text += "| fault | runs | outage | fresh | kept | own | allowed | failed | of | lost writes | moves | result |\n";
    text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n";
    for row in &matrix.rows {
        let _ = writeln!(text, "| {} |", row.cells().join(" | "));
    }
    let missing = matrix.missing();
    if !missing.is_empty() {
        let _ = writeln!(text, "\nNot drilled here: `{}`.", missing.join("`, `"));
    }
    text += &violations(matrix);
    let lags = matrix.rows.iter().flat_map(|row| &row.report.runs);
    let lag = lags.map(|run| run.largest_lag_ms).fold(0.0, f64::max);
    let _ = writeln!(
        text,
        "\nThe load was {lag:.0} ms late at most: other work of this machine can have added that much.\n"
    );
    text += &phases(matrix);
    text + HOW
}

fn violations(matrix: &Matrix) -> String {
    let mut text = String::new();
    for row in &matrix.rows {
        for (number, run) in (1..).zip(&row.report.runs) {
            for problem in &run.broken {
                let _ = writeln!(text, "- `{}`, run {number}: {problem}", row.report.fault);
            }
            if run.too_long && run.broken.is_empty() {
                let own = run.own_ms.or(run.outage_ms).unwrap_or(f64::NAN);
                let _ = writeln!(
                    text,
                    "- `{}`, run {number}: {own:.0} ms, and {:.0} are allowed",
                    row.report.fault, row.bound_ms
                );
            }
        }
    }
    if text.is_empty() {
        text
    } else {
        format!("\nDid not hold:\n\n{text}")
    }
}

fn phases(matrix: &Matrix) -> String {
    let mut text =
        String::from("## Phases of the takeovers\n\nMedians, in ms after the fault.\n\n");
    text += "| fault | detected | decided | accepted | completed | first answer | pair healthy after the end of the fault |\n";
    text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    for row in matrix.rows.iter().filter(|row| row.moves) {
        let phase = |of: fn(&Run) -> Option<f64>| {
            let median = rank(&row.report.column(of), 50);
            median.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
        };
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
    text
}

impl Row {
    fn cells(&self) -> [String; 12] {
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
            spread(&self.report.column(|run| run.outage_fresh_ms)),
            spread(&self.report.column(|run| run.outage_kept_ms)),
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

/// `median / p99 / most` of sorted values; of one or none, just that.
fn spread(sorted: &[f64]) -> String {
    let at = |percent| rank(sorted, percent);
    match (at(50), at(99), at(100)) {
        (Some(median), Some(p99), Some(most)) if sorted.len() > 1 => {
            format!("{median:.0} / {p99:.0} / {most:.0}")
        }
        (Some(only), ..) => format!("{only:.0}"),
        _ => "-".to_owned(),
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = [
            "fault", "runs", "outage", "fresh", "kept", "own", "allowed", "failed", "of", "lost",
            "moves", "result",
        ]
        .map(str::to_owned);
        for cells in std::iter::once(heads).chain(self.rows.iter().map(Row::cells)) {
            let [fault, numbers @ .., result] = cells;
            write!(f, "{:<25}", fault.trim_matches('`'))?;
            for number in numbers {
                write!(f, " {number:>7}")?;
            }
            writeln!(f, "  {result}")?;
        }
        let missing = self.missing();
        if !missing.is_empty() {
            writeln!(f, "not drilled: {}", missing.join(" "))?;
        }
        let passed = self.rows.iter().all(|row| row.report.passed);
        write!(f, "{}", if passed { "passed" } else { "FAILED" })
    }
}
