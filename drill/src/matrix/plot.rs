//! The plot: a line for each fault, a dot for each run, and the bound.

use super::{Matrix, Row};
use std::fmt::Write as _;

const LEFT: f64 = 170.0;
const WIDTH: f64 = 560.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 40.0;
const LINE: f64 = 24.0;
/// The scale has marks at multiples of one of these, in ms.
const STEPS: [f64; 8] = [
    100.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 30_000.0,
];
const MOST_MARKS: f64 = 8.0;

/// The picture, as a file of its own.
pub(super) fn svg(matrix: &Matrix) -> String {
    let own = |row: &Row| row.report.column(|run| run.own_ms);
    let most = matrix
        .rows
        .iter()
        .flat_map(|row| own(row).into_iter().chain([row.bound_ms]))
        .fold(100.0, f64::max);
    let step = STEPS
        .into_iter()
        .find(|step| most / step <= MOST_MARKS)
        .unwrap_or(most);
    let end = (most / step).ceil() * step;
    let x = |value: f64| LEFT + value / end * WIDTH;
    let bottom = matrix.rows.iter().fold(TOP, |height, _| height + LINE);
    let mut text = String::new();
    // Writing to a String can't fail.
    let _ = write!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Outage in each fault, without the cloud's share</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"18\">Outage without the cloud's share, ms: \
         <tspan fill=\"#1864ab\">● a run</tspan>, <tspan fill=\"#c92a2a\">| allowed</tspan></text>\n",
        LEFT + WIDTH + RIGHT,
        bottom + 30.0,
    );
    let mut mark = 0.0;
    while mark <= end {
        let at = x(mark);
        let _ = writeln!(
            text,
            "<path d=\"M{at:.1} {TOP:.0}V{bottom:.0}\" stroke=\"#dee2e6\"/>\
             <text x=\"{at:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{mark:.0}</text>",
            bottom + 18.0
        );
        mark += step;
    }
    let mut y = TOP + LINE / 2.0;
    for row in &matrix.rows {
        let bound = x(row.bound_ms);
        let _ = writeln!(
            text,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
             <path d=\"M{bound:.1} {:.0}v16\" stroke=\"#c92a2a\" stroke-width=\"2\"/>",
            LEFT - 10.0,
            y + 4.0,
            row.report.fault,
            y - 8.0
        );
        for value in own(row) {
            let _ = writeln!(
                text,
                "<circle cx=\"{:.1}\" cy=\"{y:.0}\" r=\"4\" fill=\"#1864ab\" fill-opacity=\"0.6\"/>",
                x(value)
            );
        }
        y += LINE;
    }
    text + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failover::report::{Report, Run};

    #[test]
    fn each_run_is_a_dot_within_the_picture() {
        let run = |own| Run {
            own_ms: Some(own),
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
        assert!(svg.contains("cx=\"170.0\"") && svg.contains("cx=\"716.0\""));
        assert!(svg.contains("app-stop</text>") && svg.ends_with("</svg>\n"));
    }
}
