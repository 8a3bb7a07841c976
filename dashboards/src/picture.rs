//! Draws a dashboard as an SVG picture, laid out as in Grafana.

use std::fmt::Write as _;

use crate::dashboard::{Dashboard, Kind, Panel};
use crate::prometheus::Span;
use crate::sample::Line;
use crate::unit;

/// Pixels of a 24th of the width, and of a unit of height.
const CELL: (f64, f64) = (46.0, 26.0);
const GAP: f64 = 6.0;
const TITLE: f64 = 20.0;
const COLORS: [&str; 8] = [
    "#1f78c1", "#e0752d", "#3f9a5a", "#a352cc", "#c4162a", "#0f8b8d", "#b7860b", "#6d6d6d",
];

/// A rectangle in pixels.
#[derive(Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

/// Draws all panels. `when` is printed below the title.
#[must_use]
pub fn draw(dashboard: &Dashboard, lines: &[Vec<Line>], span: Span, when: &str) -> String {
    let bottom = dashboard
        .panels
        .iter()
        .map(|panel| panel.place.y + panel.place.h)
        .max();
    let (width, height) = (
        24.0 * CELL.0 + GAP,
        f64::from(bottom.unwrap_or(0)) * CELL.1 + 44.0,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#222\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#f4f5f5\"/>\n"
    );
    let title = format!("{}: {}", dashboard.title, dashboard.description);
    text(
        &mut svg,
        (GAP, 18.0),
        "font-size=\"15\" font-weight=\"bold\"",
        &title,
    );
    text(&mut svg, (GAP, 34.0), "fill=\"#666\"", when);
    for (panel, lines) in dashboard.panels.iter().zip(lines) {
        let place = panel.place;
        let area = Area {
            x: f64::from(place.x) * CELL.0 + GAP,
            y: f64::from(place.y) * CELL.1 + 40.0,
            w: f64::from(place.w) * CELL.0 - GAP,
            h: f64::from(place.h) * CELL.1 - GAP,
        };
        if panel.kind == Kind::Row {
            text(
                &mut svg,
                (area.x, area.y + 16.0),
                "font-size=\"13\" font-weight=\"bold\"",
                &panel.title,
            );
            continue;
        }
        let Area { x, y, w, h } = area;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"#fff\" stroke=\"#ddd\"/>"
        );
        text(
            &mut svg,
            (x + 6.0, y + 14.0),
            "font-weight=\"bold\"",
            &panel.title,
        );
        match panel.kind {
            Kind::Row => {}
            Kind::Stat => figures(&mut svg, panel, lines, area),
            Kind::StateTimeline => states(&mut svg, panel, lines, area, span),
            Kind::Timeseries => graph(&mut svg, panel, lines, area, span),
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn figures(svg: &mut String, panel: &Panel, lines: &[Line], area: Area) {
    #[expect(clippy::cast_precision_loss, reason = "few series")]
    let share = (area.h - TITLE - 4.0) / lines.len().max(1) as f64;
    let mut y = area.y + TITLE;
    for line in lines {
        let value = line.last();
        let told = panel
            .word(value)
            .map_or_else(|| unit::text(value, panel.unit()), str::to_owned);
        let fill = shade(panel.color(value));
        let (x, w, h) = (area.x + 4.0, area.w - 8.0, share - 2.0);
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"3\" fill=\"{fill}\"/>"
        );
        let middle = y + h / 2.0 + 5.0;
        if lines.len() > 1 {
            text(svg, (x + 6.0, middle), "fill=\"#fff\"", &line.name);
        }
        let style = "fill=\"#fff\" font-size=\"14\" font-weight=\"bold\" text-anchor=\"end\"";
        text(svg, (x + w - 6.0, middle), style, &told);
        y += share;
    }
}

fn states(svg: &mut String, panel: &Panel, lines: &[Line], area: Area, span: Span) {
    let left = 0.4 * area.w;
    #[expect(clippy::cast_precision_loss, reason = "few series")]
    let share = (area.h - TITLE - 4.0) / lines.len().max(1) as f64;
    let scale = (area.w - left - 6.0) / (span.to - span.from);
    let mut y = area.y + TITLE;
    for line in lines {
        text(
            svg,
            (area.x + 6.0, y + share / 2.0 + 4.0),
            "font-size=\"10\"",
            &line.name,
        );
        for stretch in line.points.chunk_by(|a, b| (a.1 - b.1).abs() < 1e-9) {
            let (from, to) = (stretch[0].0, stretch[stretch.len() - 1].0 + span.step);
            let (x, w) = (
                area.x + left + (from - span.from) * scale,
                (to.min(span.to) - from) * scale,
            );
            let (fill, h) = (shade(panel.color(stretch[0].1)), (share - 2.0).max(1.0));
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"{fill}\"/>"
            );
        }
        y += share;
    }
}

fn graph(svg: &mut String, panel: &Panel, lines: &[Line], area: Area, span: Span) {
    let plot = Area {
        x: area.x + 58.0,
        y: area.y + TITLE + 4.0,
        w: area.w - 66.0,
        h: area.h - TITLE - 48.0,
    };
    let values = lines
        .iter()
        .flat_map(|line| line.points.iter().map(|point| point.1));
    let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let high = if high > low { high } else { low + 1.0 };
    let at = |(time, value): (f64, f64)| {
        let x = plot.x + (time - span.from) / (span.to - span.from) * plot.w;
        (x, plot.y + (high - value) / (high - low) * plot.h)
    };
    for tick in [low, f64::midpoint(low, high), high] {
        let (_, y) = at((span.from, tick));
        let (x, right) = (plot.x, plot.x + plot.w);
        let _ = writeln!(svg, "<path d=\"M{x} {y:.1}H{right}\" stroke=\"#e4e4e4\"/>");
        text(
            svg,
            (x - 4.0, y + 4.0),
            "fill=\"#666\" font-size=\"10\" text-anchor=\"end\"",
            &unit::text(tick, panel.unit()),
        );
    }
    for limit in panel.limits().filter(|limit| (low..=high).contains(limit)) {
        let (_, y) = at((span.from, limit));
        let (x, right) = (plot.x, plot.x + plot.w);
        let _ = writeln!(
            svg,
            "<path d=\"M{x} {y:.1}H{right}\" stroke=\"#c4162a\" stroke-dasharray=\"4 3\"/>"
        );
    }
    let (foot, end) = (plot.y + plot.h + 12.0, plot.x + plot.w);
    let ago = format!("{:.0} min ago", (span.to - span.from) / 60.0);
    text(svg, (plot.x, foot), "fill=\"#666\" font-size=\"10\"", &ago);
    text(
        svg,
        (end, foot),
        "fill=\"#666\" font-size=\"10\" text-anchor=\"end\"",
        "now",
    );
    for (line, color) in lines.iter().zip(COLORS.iter().cycle()) {
        for stretch in line.points.chunk_by(|a, b| b.0 - a.0 <= 1.5 * span.step) {
            let points = stretch.iter().map(|point| at(*point));
            let points: String = points.fold(String::new(), |mut all, (x, y)| {
                let _ = write!(all, "{x:.1},{y:.1} ");
                all
            });
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\"/>",
                points.trim_end()
            );
        }
    }
    legend(svg, lines, area);
}

/// The legend below a graph: as many names as fit in two lines.
fn legend(svg: &mut String, lines: &[Line], area: Area) {
    let (mut x, mut y) = (area.x + 8.0, area.y + area.h - 16.0);
    for (line, color) in lines.iter().zip(COLORS.iter().cycle()) {
        #[expect(clippy::cast_precision_loss, reason = "names are short")]
        let width = line.name.chars().count() as f64 * 5.6 + 20.0;
        if x + width > area.x + area.w {
            (x, y) = (area.x + 8.0, y + 12.0);
        }
        if y > area.y + area.h {
            return;
        }
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{}\" width=\"8\" height=\"3\" fill=\"{color}\"/>",
            y - 4.0
        );
        text(svg, (x + 11.0, y), "font-size=\"10\"", &line.name);
        x += width;
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), style: &str, words: &str) {
    let words = words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{words}</text>"
    );
}

fn shade(color: &str) -> &'static str {
    match color {
        "green" => "#3f9a5a",
        "red" => "#c4162a",
        "orange" => "#d9822b",
        "blue" => "#1f60c4",
        _ => "#9a9a9a",
    }
}
