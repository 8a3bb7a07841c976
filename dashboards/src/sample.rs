//! Queries the series that a panel shows, with their names, in the order of the panel's queries.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::dashboard::Panel;
use crate::prometheus::{Labels, Prometheus, Span};

/// A named series.
#[derive(Clone, Debug)]
pub struct Line {
    /// As in Grafana's legend.
    pub name: String,
    /// Seconds since 1970, and the value.
    pub points: Vec<(f64, f64)>,
}

impl Line {
    /// The newest value.
    #[must_use]
    pub fn last(&self) -> f64 {
        self.points.last().map_or(f64::NAN, |point| point.1)
    }
}

/// Queries everything that a panel shows. Series of one query are sorted by name.
///
/// # Errors
/// If Prometheus refuses a query or does not answer.
pub async fn of(panel: &Panel, prometheus: &Prometheus, span: Span) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for target in &panel.targets {
        let series = prometheus.query(&target.expr, span).await;
        let series = series.with_context(|| format!("the panel “{}”", panel.title))?;
        let mut named = BTreeMap::new();
        for found in series {
            let name = name(&target.legend, &found.labels);
            named.entry(name).or_insert(found.points);
        }
        lines.extend(
            named
                .into_iter()
                .map(|(name, points)| Line { name, points }),
        );
    }
    Ok(lines)
}

fn name(legend: &str, labels: &Labels) -> String {
    let mut name = String::new();
    let mut rest = legend;
    while let Some((before, after)) = rest.split_once("{{") {
        name.push_str(before);
        let (label, after) = after.split_once("}}").unwrap_or((after, ""));
        name.push_str(labels.get(label.trim()).map_or("", String::as_str));
        rest = after;
    }
    name.push_str(rest);
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_labels_and_does_without() {
        let labels =
            [("instance", "a"), ("status", "200")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let labels = Labels::from(labels);
        assert_eq!(name("{{instance}} {{ status }} x", &labels), "a 200 x");
        assert_eq!(name("{{instance}} {{reason}}", &labels), "a");
        assert_eq!(name("limit", &labels), "limit");
    }
}
