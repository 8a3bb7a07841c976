//! The plot: for each fault a dot for each run and the bound; below, the phases of each takeover as bars.

use super::results::{Matrix, Row};
use crate::failover::report::Run;
use crate::stats::rank;
use std::fmt::Write as _;

const LEFT: f64 = 190.0;
const WIDTH: f64 = 560.0;
const RIGHT: f64 = 40.0;
const LINE: f64 = 20.0;
const HEAD: f64 = 40.0;
const FOOT: f64 = 30.0;
/// The scale has marks at multiples of one of these, in ms.
const STEPS: [f64; 8] = [
    100.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 30_000.0,
];
const MOST_MARKS: f64 = 8.0;

type Phase = (&'static str, &'static str, fn(&Run) -> Option<f64>);
/// Each with the colour of the time that led to it.
const PHASES: [Phase; 4] = [
    ("detected", "#fcc419", |run| run.phases_ms.detected),
    ("decided", "#ff922b", |run| run.phases_ms.decided),
    ("accepted", "#e8590c", |run| run.phases_ms.accepted),
    ("completed", "#74c0fc", |run| run.phases_ms.completed),
];
/// It can be before or after the completed move, so it has its own mark.
const FIRST_ANSWER: fn(&Run) -> Option<f64> = |run| run.phases_ms.first_answer;

/// The picture, as a whole file.
pub(super) fn svg(matrix: &Matrix) -> String {
    let takeovers: Vec<&Row> = matrix.rows.iter().filter(|row| row.moves).collect();
    let upper = panel_height(matrix.rows.len());
    let height = upper + panel_height(takeovers.len());
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Outage in each fault without the cloud's share, and the phases of the takeovers</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        LEFT + WIDTH + RIGHT,
    );
    text += &outages(matrix);
    text += &phases(&takeovers, upper);
    text + "</svg>\n"
}

fn panel_height(lines: usize) -> f64 {
    (0..lines).fold(HEAD + FOOT, |height, _| height + LINE)
}

fn outages(matrix: &Matrix) -> String {
    let own = |row: &Row| row.report.column(|run| run.own_ms);
    let values = matrix.rows.iter();
    let values = values.flat_map(|row| own(row).into_iter().chain([row.bound_ms]));
    let scale = Scale::to(values.fold(100.0, f64::max));
    let mut text = String::from(
        "<text x=\"10\" y=\"18\">Outage without the cloud's share, ms: \
         <tspan fill=\"#1864ab\">● a run</tspan>, <tspan fill=\"#c92a2a\">| allowed</tspan></text>\n",
    );
    text += &scale.marks(HEAD, matrix.rows.len());
    let mut y = HEAD + LINE / 2.0;
    for row in &matrix.rows {
        text += &label(row, y);
        // Writing to a String can't fail.
        let _ = writeln!(
            text,
            "<path d=\"M{:.1} {:.0}v14\" stroke=\"#c92a2a\" stroke-width=\"2\"/>",
            scale.x(row.bound_ms),
            y - 7.0
        );
        for value in own(row) {
            let _ = writeln!(
                text,
                "<circle cx=\"{:.1}\" cy=\"{y:.0}\" r=\"4\" fill=\"#1864ab\" fill-opacity=\"0.5\"/>",
                scale.x(value)
            );
        }
        y += LINE;
    }
    text
}

/// Medians, one after the other from the fault on.
fn phases(rows: &[&Row], top: f64) -> String {
    let median = |row: &Row, of: fn(&Run) -> Option<f64>| rank(&row.report.column(of), 50);
    let medians = rows.iter().flat_map(|row| {
        let phases = PHASES.iter().filter_map(|(_, _, of)| median(row, *of));
        phases.chain(median(row, FIRST_ANSWER))
    });
    let scale = Scale::to(medians.fold(100.0, f64::max));
    let mut text = format!(
        "<text x=\"10\" y=\"{:.0}\">Phases, ms after the fault (medians): until",
        top + 18.0
    );
    for (name, colour, _) in PHASES {
        let _ = write!(text, " <tspan fill=\"{colour}\">■ {name}</tspan>");
    }
    text += "; <tspan fill=\"#1864ab\">| first answer</tspan></text>\n";
    text += &scale.marks(top + HEAD, rows.len());
    let mut y = top + HEAD + LINE / 2.0;
    for row in rows {
        text += &label(row, y);
        let mut from = 0.0;
        for (_, colour, of) in PHASES {
            let Some(until) = median(row, of).filter(|until| *until > from) else {
                continue;
            };
            let _ = writeln!(
                text,
                "<path d=\"M{:.1} {y:.0}H{:.1}\" stroke=\"{colour}\" stroke-width=\"10\"/>",
                scale.x(from),
                scale.x(until)
            );
            from = until;
        }
        if let Some(first) = median(row, FIRST_ANSWER) {
            let _ = writeln!(
                text,
                "<path d=\"M{:.1} {:.0}v16\" stroke=\"#1864ab\" stroke-width=\"3\"/>",
                scale.x(first),
                y - 8.0
            );
        }
        y += LINE;
    }
    text
}

fn label(row: &Row, y: f64) -> String {
    format!(
        "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\n",
        LEFT - 10.0,
        y + 4.0,
        row.report.fault
    )
}

/// From 0 to a round number of ms.
struct Scale {
    step: f64,
    end: f64,
}

impl Scale {
    fn to(most: f64) -> Self {
        let step = STEPS.into_iter().find(|step| most / step <= MOST_MARKS);
        let step = step.unwrap_or(most);
        Self {
            step,
            end: (most / step).ceil() * step,
        }
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + value / self.end * WIDTH
    }

    fn marks(&self, top: f64, lines: usize) -> String {
        let bottom = top + panel_height(lines) - HEAD - FOOT;
        let mut text = String::new();
        let mut mark = 0.0;
        while mark <= self.end {
            let at = self.x(mark);
            let _ = writeln!(
                text,
                "<path d=\"M{at:.1} {top:.0}V{bottom:.0}\" stroke=\"#dee2e6\"/>\
                 <text x=\"{at:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{mark:.0}</text>",
                bottom + 18.0
            );
            mark += self.step;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failover::phases::Phases;
    use crate::failover::report::Report;

    #[test]
    fn each_run_is_a_dot_and_each_phase_a_bar_within_the_picture() {
        let run = |own| Run {
            own_ms: Some(own),
            phases_ms: Phases {
                detected: Some(500.0),
                accepted: Some(700.0),
                first_answer: Some(4000.0),
                ..Phases::default()
            },
            ..Run::default()
        };
        let matrix = Matrix {
            rows: vec![Row {
                moves: true,
                bound_ms: 2000.0,
                report: Report::new("app-stop".to_owned(), 50, vec![run(0.0), run(3900.0)]),
            }],
            rate: 50,
            date: "2026-01-02".to_owned(),
        };
        let svg = svg(&matrix);
        assert_eq!(svg.matches("<circle").count(), 2, "{svg}");
        assert!(svg.contains("cx=\"190.0\"") && svg.contains("cx=\"736.0\""));
        assert_eq!(svg.matches("stroke-width=\"10\"").count(), 2, "{svg}");
        assert!(
            svg.contains("M260.0 140H288.0") && svg.contains("M750.0 132v16"),
            "{svg}"
        );
        assert_eq!(svg.matches("app-stop</text>").count(), 2);
        assert!(svg.ends_with("</svg>\n"));
    }
}
