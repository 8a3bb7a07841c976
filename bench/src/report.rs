//! The table of figures.

use std::fmt::Write as _;

use crate::load::Outcome;
use crate::scale;

/// The measurement of a floor.
pub struct Measured {
    pub name: &'static str,
    /// Responses or transactions a second.
    pub rate: f64,
    /// Seconds of CPU per 1,000 of them, of the bare server or of PostgreSQL.
    pub cpu: f64,
}

/// The measurement of a scenario.
pub struct Line {
    pub name: &'static str,
    /// MiniTwit's round with the median ratio.
    pub app: Outcome,
    /// The floor in that round.
    pub floor: Option<Measured>,
    /// The least ratio, 0 for none.
    pub target: f64,
    /// Seconds of CPU per 1,000 requests of MiniTwit and of PostgreSQL.
    pub cpu: (f64, f64),
    /// Resident MB after it.
    pub resident: f64,
}

impl Line {
    /// MiniTwit's rate as a share of the floor's.
    pub fn ratio(&self) -> Option<f64> {
        let floor = self.floor.as_ref()?;
        Some(self.app.rate / floor.rate)
    }
}

/// The heading of [`row`].
pub const HEAD: &str = "\
| scenario | requests/s | floor/s | floor | ratio | target | p50 ms | p99 ms | errors | floor CPU s/1,000 | app CPU s/1,000 | database CPU s/1,000 | RSS MB |
| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

/// A line of the table.
pub fn row(line: &Line) -> String {
    let mut text = format!("| {} | {:.0} ", line.name, line.app.rate);
    let _ = match (&line.floor, line.ratio()) {
        (Some(Measured { rate, name, .. }), Some(ratio)) => {
            write!(text, "| {rate:.0} | {name} | **{ratio:.2}** ")
        }
        _ => write!(text, "| | | "),
    };
    let _ = if line.target > 0.0 {
        write!(text, "| {:.2} ", line.target)
    } else {
        write!(text, "| ")
    };
    let (app, cpu) = (&line.app, line.cpu);
    let _ = write!(text, "| {:.2} | {:.2} | {} ", app.p50, app.p99, app.errors);
    let _ = match &line.floor {
        Some(floor) => write!(text, "| {:.3} ", floor.cpu),
        None => write!(text, "| "),
    };
    let _ = write!(
        text,
        "| {:.3} | {:.3} | {:.0} |",
        cpu.0, cpu.1, line.resident
    );
    text
}

/// The page for the repository.
pub fn page(about: &[String], rows: &[String], scaled: &[String], notes: &[String]) -> String {
    let mut text = String::from(
        "# Benchmarks\n\nWritten by `make bench`. Each request is measured beside its floor in the same run: a bare hyper server that\n\
        returns the same bytes, or pgbench with the equivalent prepared statement and as many clients as there are connections.\n\
        Load, server and database share one machine, so ratios carry over to other machines and rates do not. See bench/README.md.\n\n",
    );
    for line in about {
        let _ = writeln!(text, "- {line}");
    }
    let _ = writeln!(text, "\n{HEAD}");
    for row in rows {
        let _ = writeln!(text, "{row}");
    }
    if !scaled.is_empty() {
        let _ = writeln!(
            text,
            "\nThe cost of reads, MiniTwit and PostgreSQL together, with a hundred times the messages and the same number for each user. Both\n\
            databases are vacuumed except for each user's newest message:\n\n{}",
            scale::HEAD
        );
    }
    for row in scaled {
        let _ = writeln!(text, "{row}");
    }
    text.push('\n');
    for note in notes {
        let _ = writeln!(text, "- {note}");
    }
    text
}
