//! A dashboard at one moment, drawn with characters.

use anyhow::Result;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::symbols::Marker;
use ratatui::text::{Line as Text, Span as Words};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Paragraph, Tabs};

use crate::dashboard::{Dashboard, Kind, Panel};
use crate::prometheus::{Alert, Prometheus, Span};
use crate::sample::{self, Line};
use crate::unit;

const COLORS: [Color; 6] = [
    Color::Cyan,
    Color::Yellow,
    Color::Green,
    Color::Magenta,
    Color::Blue,
    Color::LightRed,
];

/// Rows of the terminal that one row of graphs takes.
const GRAPH: u16 = 11;

/// A dashboard's values and the alerts at one moment.
pub struct View<'d> {
    dashboards: &'d [Dashboard],
    shown: usize,
    scroll: u16,
    span: Span,
    lines: Vec<(&'d Panel, Vec<Line>)>,
    alerts: Vec<Alert>,
    failure: Option<String>,
}

impl<'d> View<'d> {
    /// Queries what a dashboard shows. A failure is shown in place of the alerts.
    pub async fn of(
        dashboards: &'d [Dashboard],
        shown: usize,
        scroll: u16,
        prometheus: &Prometheus,
        span: Span,
    ) -> Self {
        let mut view = Self {
            dashboards,
            shown,
            scroll,
            span,
            lines: Vec::new(),
            alerts: Vec::new(),
            failure: None,
        };
        if let Err(error) = view.read(prometheus).await {
            view.failure = Some(format!("{error:#}"));
        }
        view
    }

    async fn read(&mut self, prometheus: &Prometheus) -> Result<()> {
        self.alerts = prometheus.alerts().await?;
        for panel in &self.dashboards[self.shown].panels {
            if panel.kind != Kind::Row {
                self.lines
                    .push((panel, sample::of(panel, prometheus, self.span).await?));
            }
        }
        Ok(())
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let figures = self.of_kind(|kind| kind == Kind::Stat);
        let graphs = self.of_kind(|kind| kind != Kind::Stat);
        let heights = [
            1,
            self.alerts_height(),
            u16::try_from(figures.len().div_ceil(3)).unwrap_or(4),
        ];
        let [tabs, alerts, top, rest] = Layout::vertical([
            Constraint::Length(heights[0]),
            Constraint::Length(heights[1]),
            Constraint::Length(heights[2]),
            Constraint::Fill(1),
        ])
        .areas(frame.area());
        let titles = self
            .dashboards
            .iter()
            .zip(1..)
            .map(|(it, at)| format!("{at} {}", it.title));
        let keys = "    1-4 dashboard, ↑↓ scroll, +- hours, q quit".dark_gray();
        let titles = titles.map(Text::from).chain([Text::from(keys)]);
        frame.render_widget(
            Tabs::new(titles)
                .select(self.shown)
                .padding("", "")
                .divider("  "),
            tabs,
        );
        frame.render_widget(Paragraph::new(self.alert_lines()), alerts);
        frame.render_widget(Paragraph::new(figure_lines(&figures, top.width)), top);
        self.draw_graphs(frame, &graphs, rest);
    }

    fn of_kind(&self, wanted: impl Fn(Kind) -> bool) -> Vec<&(&'d Panel, Vec<Line>)> {
        self.lines
            .iter()
            .filter(|(panel, _)| wanted(panel.kind))
            .collect()
    }

    fn alerts_height(&self) -> u16 {
        u16::try_from(self.alert_lines().len()).unwrap_or(1)
    }

    fn alert_lines(&self) -> Vec<Text<'_>> {
        if let Some(failure) = &self.failure {
            return vec![Text::from(failure.as_str()).white().on_red()];
        }
        let firing = self.alerts.iter().filter(|alert| {
            alert.state == "firing"
                && alert
                    .labels
                    .get("alertname")
                    .is_some_and(|name| name != "Watchdog")
        });
        let lines = firing.map(|alert| {
            let label = |name| alert.labels.get(name).map_or("", String::as_str);
            let summary = alert.annotations.get("summary").map_or("", String::as_str);
            let text = format!(
                " {} ({}): {summary} ",
                label("alertname"),
                label("severity")
            );
            let color = if label("severity") == "page" {
                Color::Red
            } else {
                Color::Yellow
            };
            Text::from(text).black().bg(color)
        });
        let mut lines: Vec<_> = lines.take(8).collect();
        if lines.is_empty() {
            lines.push(Text::from(" no alert is firing ").black().on_green());
        }
        lines
    }

    fn draw_graphs(&self, frame: &mut Frame<'_>, graphs: &[&(&Panel, Vec<Line>)], area: Rect) {
        let columns = usize::from((area.width / 56).clamp(1, 3));
        let rows = graphs.len().div_ceil(columns);
        let fits = usize::from((area.height / GRAPH).max(1));
        let first = usize::from(self.scroll).min(rows.saturating_sub(fits));
        let shown = (rows - first).min(fits).max(1);
        let parts = vec![Constraint::Fill(1); shown];
        let areas = Layout::vertical(parts).split(area);
        let shown = graphs.chunks(columns).skip(first);
        for (row, area) in shown.zip(areas.iter()) {
            let cells = Layout::horizontal(vec![Constraint::Fill(1); columns]).split(*area);
            for ((panel, lines), cell) in row.iter().zip(cells.iter()) {
                self.draw_graph(frame, panel, lines, *cell);
            }
        }
    }

    fn draw_graph(&self, frame: &mut Frame<'_>, panel: &Panel, lines: &[Line], area: Rect) {
        let values = lines
            .iter()
            .flat_map(|line| line.points.iter().map(|point| point.1));
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let high = if high > low { high } else { low + 1.0 };
        let legend = lines
            .iter()
            .zip(COLORS.iter().cycle())
            .map(|(line, color)| {
                let value = line.last();
                let value = panel
                    .word(value)
                    .map_or_else(|| unit::text(value, panel.unit()), str::to_owned);
                Words::styled(format!("{} {value}  ", line.name), Style::new().fg(*color))
            });
        let block = Block::bordered()
            .title(panel.title.as_str().bold())
            .title_bottom(Text::from(legend.collect::<Vec<_>>()))
            .border_style(Color::DarkGray);
        let sets = lines
            .iter()
            .zip(COLORS.iter().cycle())
            .map(|(line, color)| {
                let set = Dataset::default()
                    .marker(Marker::Braille)
                    .graph_type(GraphType::Line);
                set.style(Style::new().fg(*color)).data(&line.points)
            });
        let ago = format!("-{:.0} min", (self.span.to - self.span.from) / 60.0);
        let time = Axis::default().bounds([self.span.from, self.span.to]);
        let time = time
            .labels([Words::from(ago), Words::from("now")])
            .dark_gray();
        let value = Axis::default().bounds([low, high]).dark_gray();
        let value = value.labels([
            unit::text(low, panel.unit()),
            unit::text(high, panel.unit()),
        ]);
        let chart = Chart::new(sets.collect())
            .block(block)
            .legend_position(None);
        frame.render_widget(chart.x_axis(time).y_axis(value), area);
    }
}

/// Figures in three columns, each with its values.
fn figure_lines<'l>(figures: &[&'l (&Panel, Vec<Line>)], width: u16) -> Vec<Text<'l>> {
    let cell = usize::from(width / 3);
    let row = |row: &[&'l (&Panel, Vec<Line>)]| {
        let mut words = Vec::new();
        for (panel, lines) in row {
            let mut used = panel.title.chars().count() + 2;
            words.push(Words::from(format!("{}: ", panel.title)).bold());
            for line in lines {
                let value = line.last();
                let text = panel
                    .word(value)
                    .map_or_else(|| unit::text(value, panel.unit()), str::to_owned);
                let text = if lines.len() > 1 {
                    format!("{} {text}  ", line.name)
                } else {
                    format!("{text}  ")
                };
                used += text.chars().count();
                words.push(Words::styled(text, color(panel.color(value))));
            }
            words.push(Words::from(" ".repeat(cell.saturating_sub(used))));
        }
        Text::from(words)
    };
    figures.chunks(3).map(row).collect()
}

fn color(name: &str) -> Color {
    match name {
        "green" => Color::Green,
        "red" => Color::Red,
        "orange" => Color::Yellow,
        "blue" => Color::LightBlue,
        _ => Color::Reset,
    }
}
