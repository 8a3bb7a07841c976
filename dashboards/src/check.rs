//! Checks that each query of dashboards and rules finds something, in the right unit. Meant for a Prometheus that
//! watches a system with traffic.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::dashboard::Dashboard;
use crate::prometheus::{Prometheus, Span};
use crate::{promql, sample, unit};

/// The result of a check.
#[derive(Debug, Default)]
pub struct Findings {
    /// How many queries and rules were checked.
    pub checked: usize,
    /// A sentence for each defect.
    pub defects: Vec<String>,
}

/// Runs each panel's queries over `span`, and checks that the series that each rule reads exist. Series in `absent` only
/// exist during a fault.
///
/// # Errors
/// If Prometheus does not answer.
pub async fn run(
    prometheus: &Prometheus,
    dashboards: &[Dashboard],
    span: Span,
    absent: &BTreeSet<String>,
) -> Result<Findings> {
    let mut findings = Findings::default();
    for dashboard in dashboards {
        for panel in &dashboard.panels {
            for target in &panel.targets {
                findings.checked += 1;
                let place = format!("{}, “{}”: {}", dashboard.title, panel.title, target.expr);
                match prometheus.query(&target.expr, span).await {
                    Err(error) => findings.defects.push(format!("{place}: {error:#}")),
                    Ok(series) if series.is_empty() => {
                        findings.defects.push(format!("{place}: finds nothing"));
                    }
                    Ok(series) => {
                        let mut values = series.iter().flat_map(|series| &series.points);
                        let objection = values.find_map(|(_, value)| {
                            unit::objection(*value, panel.unit(), panel.min(), panel.max())
                        });
                        if let Some(objection) = objection {
                            findings.defects.push(format!("{place}: {objection}"));
                        }
                    }
                }
            }
            let lines = sample::of(panel, prometheus, span)
                .await
                .unwrap_or_default();
            if lines.iter().any(|line| line.name.is_empty()) {
                let title = &panel.title;
                findings.defects.push(format!(
                    "{}, “{title}”: a series has no name",
                    dashboard.title
                ));
            }
        }
    }
    rules(prometheus, absent, &mut findings).await?;
    Ok(findings)
}

async fn rules(
    prometheus: &Prometheus,
    absent: &BTreeSet<String>,
    findings: &mut Findings,
) -> Result<()> {
    let existing = prometheus.names().await?;
    for rule in prometheus.rules().await? {
        findings.checked += 1;
        if rule.health != "ok" {
            let why = format!(
                "the rule {} is {}: {}",
                rule.name, rule.health, rule.last_error
            );
            findings.defects.push(why);
        }
        for name in promql::names(&rule.query) {
            if !existing.contains(&name) && !absent.contains(&name) {
                let why = format!(
                    "the rule {} reads {name}, which no target exports",
                    rule.name
                );
                findings.defects.push(why);
            }
        }
    }
    for alert in prometheus.alerts().await? {
        for (name, text) in &alert.annotations {
            if text.contains("<error") || text.contains("<no value>") {
                let alert = alert.labels.get("alertname").map_or("", String::as_str);
                findings
                    .defects
                    .push(format!("the {name} of the alert {alert} is broken: {text}"));
            }
        }
    }
    Ok(())
}
