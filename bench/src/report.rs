//! The table of figures, for people and for the repository.

use std::fmt::Write as _;

use crate::load::Outcome;

/// What was measured of one scenario.
pub struct Line {
    /// The scenario's name.
    pub name: &'static str,
    /// MiniTwit's round with the median ratio.
    pub app: Outcome,
    /// The floor's rate in that round, and what it is.
    pub floor: Option<(f64, &'static str)>,
    /// The share of the floor that is to be reached, 0 for none.
    pub target: f64,
    /// Seconds of CPU per 1,000 requests of MiniTwit and of PostgreSQL.
    pub cpu: (f64, f64),
    /// MB resident after it.
    pub resident: f64,
}

impl Line {
    /// MiniTwit's rate as a share of the floor's.
    pub fn ratio(&self) -> Option<f64> {
        self.floor.map(|(rate, _)| self.app.rate / rate)
    }
}

/// The heading of [`row`].
pub const HEAD: &str = "\
| scenario | requests/s | floor/s | floor | ratio | target | p50 ms | p99 ms | errors | app CPU s/1,000 | database CPU s/1,000 | RSS MB |
| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

/// A line of the table.
pub fn row(line: &Line) -> String {
    let mut text = format!("| {} | {:.0} ", line.name, line.app.rate);
    let _ = match (line.floor, line.ratio()) {
        (Some((rate, name)), Some(ratio)) => {
            write!(text, "| {rate:.0} | {name} | **{ratio:.2}** ")
        }
        _ => write!(text, "| | | "),
    };
    let _ = if line.target > 0.0 {
        write!(text, "| {:.2} ", line.target)
    } else {
        write!(text, "| ")
    };
    let _ = write!(
        text,
        "| {:.2} | {:.2} | {} | {:.3} | {:.3} | {:.0} |",
        line.app.p50, line.app.p99, line.app.errors, line.cpu.0, line.cpu.1, line.resident
    );
    text
}

/// The page for the repository.
pub fn page(about: &[String], rows: &[String], notes: &[String]) -> String {
    let mut text = String::from(
        "# Benchmarks\n\nWritten by `make bench`. Each request is measured beside its floor in the same run: a bare hyper server that\n\
        answers the same bytes, or pgbench with the equivalent prepared statement and as many clients as there are connections.\n\
        Load, server and database share one machine, so ratios carry over to others and rates do not.\n\n",
    );
    for line in about {
        let _ = writeln!(text, "- {line}");
    }
    let _ = writeln!(text, "\n{HEAD}");
    for row in rows {
        let _ = writeln!(text, "{row}");
    }
    text.push('\n');
    for note in notes {
        let _ = writeln!(text, "- {note}");
    }
    text
}
