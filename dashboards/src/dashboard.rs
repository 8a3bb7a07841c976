//! Reads Grafana's dashboards, as far as this crate draws them.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// One file of `grafana/dashboards`.
#[derive(Debug, Deserialize)]
pub struct Dashboard {
    /// Its name in links; also the name of its file.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// What it shows.
    pub description: String,
    /// In the order of reading; rows are panels without targets.
    pub panels: Vec<Panel>,
}

/// One graph, figure or row.
#[derive(Debug, Deserialize)]
pub struct Panel {
    /// Its heading.
    pub title: String,
    /// What it means.
    #[serde(default)]
    pub description: String,
    /// How it is drawn.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Where it is drawn, in a grid 24 wide.
    #[serde(rename = "gridPos")]
    pub place: Place,
    #[serde(default, rename = "fieldConfig")]
    field: FieldConfig,
    /// Its queries.
    #[serde(default)]
    pub targets: Vec<Target>,
}

/// The kinds of panels that the dashboards use.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A heading over the panels that follow.
    Row,
    /// The latest values.
    Stat,
    /// Lines over time.
    Timeseries,
    /// States over time.
    StateTimeline,
}

/// A rectangle of Grafana's grid.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Place {
    /// Height in units of 30 pixels.
    pub h: u16,
    /// Width in 24ths.
    pub w: u16,
    /// From the left.
    pub x: u16,
    /// From the top.
    pub y: u16,
}

/// One query.
#[derive(Debug, Deserialize)]
pub struct Target {
    /// In `PromQL`.
    pub expr: String,
    /// The template of a series' name, with `{{label}}`.
    #[serde(rename = "legendFormat")]
    pub legend: String,
}

#[derive(Debug, Default, Deserialize)]
struct FieldConfig {
    defaults: Field,
}

#[derive(Debug, Default, Deserialize)]
struct Field {
    #[serde(default)]
    unit: String,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(default)]
    thresholds: Thresholds,
    #[serde(default)]
    mappings: Vec<Mapping>,
}

#[derive(Debug, Default, Deserialize)]
struct Thresholds {
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
struct Step {
    value: Option<f64>,
    color: String,
}

#[derive(Debug, Deserialize)]
struct Mapping {
    options: std::collections::BTreeMap<String, Mapped>,
}

#[derive(Debug, Deserialize)]
struct Mapped {
    text: String,
    color: String,
}

impl Dashboard {
    /// Reads one file.
    ///
    /// # Errors
    /// If it is missing or not a dashboard.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("reading the dashboard {}", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not a dashboard", path.display()))
    }

    /// Reads all files of a directory. `service`, which shows what users get, comes first, the others by name.
    ///
    /// # Errors
    /// If one can't be read.
    pub fn read_all(directory: &Path) -> Result<Vec<Self>> {
        let files = std::fs::read_dir(directory).with_context(|| {
            format!(
                "reading the directory of dashboards {}",
                directory.display()
            )
        })?;
        let mut all = Vec::new();
        for file in files {
            let path = file?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                all.push(Self::read(&path)?);
            }
        }
        all.sort_by_key(|dashboard| (dashboard.uid != "service", dashboard.uid.clone()));
        Ok(all)
    }
}

impl Panel {
    /// Grafana's name of the unit, such as `percentunit`.
    #[must_use]
    pub fn unit(&self) -> &str {
        &self.field.defaults.unit
    }

    /// The least value that makes sense.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        self.field.defaults.min
    }

    /// The greatest value that makes sense.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        self.field.defaults.max
    }

    /// Thresholds, which are drawn as lines.
    pub fn limits(&self) -> impl Iterator<Item = f64> {
        let steps = self.field.defaults.thresholds.steps.iter();
        steps.filter_map(|step| step.value)
    }

    /// The word that Grafana shows for a value, if it is mapped to one.
    #[must_use]
    pub fn word(&self, value: f64) -> Option<&str> {
        self.mapped(value).map(|mapped| mapped.text.as_str())
    }

    /// Grafana's name of a value's colour.
    #[must_use]
    pub fn color(&self, value: f64) -> &str {
        if let Some(mapped) = self.mapped(value) {
            return &mapped.color;
        }
        let steps = self.field.defaults.thresholds.steps.iter();
        let reached = |step: &&Step| step.value.is_none_or(|from| value >= from);
        let step = steps.rev().find(reached);
        step.map_or("text", |step| step.color.as_str())
    }

    fn mapped(&self, value: f64) -> Option<&Mapped> {
        let name = value.to_string();
        let mut mappings = self.field.defaults.mappings.iter();
        mappings.find_map(|mapping| mapping.options.get(&name))
    }
}
