//! Builds Kibana's saved objects from the short form in `elk/kibana`.
//!
//! The format is that of Kibana's export files (8.x): some attributes are JSON within a string, and objects name
//! each other in a list of references.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// ID of the data view that all other objects use.
const DATA_VIEW: &str = "minitwit-logs";
/// Data streams of the data view.
const INDEX_PATTERN: &str = "logs-minitwit-*";
/// Format version, as Kibana 8 writes it.
const CORE_MIGRATION_VERSION: &str = "8.8.0";
/// Width of a dashboard in grid columns.
const WIDTH: usize = 48;

#[derive(Deserialize)]
struct Search {
    id: String,
    title: String,
    description: String,
    query: String,
    columns: Vec<String>,
}

#[derive(Deserialize)]
struct Visualization {
    id: String,
    title: String,
    #[serde(rename = "type")]
    kind: String,
    query: String,
    metrics: Vec<Metric>,
    over_time: bool,
    split: Option<Split>,
}

#[derive(Deserialize)]
struct Metric {
    #[serde(rename = "type")]
    kind: String,
    field: Option<String>,
    percents: Option<Vec<u8>>,
}

#[derive(Deserialize)]
struct Split {
    field: String,
    size: u32,
}

#[derive(Deserialize)]
struct Dashboard {
    id: String,
    title: String,
    description: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    height: usize,
    panels: Vec<String>,
}

/// Prints every object, one a line.
pub fn print(configuration: &Path) -> Result<()> {
    for object in saved_objects(configuration)? {
        println!("{object}");
    }
    Ok(())
}

fn saved_objects(configuration: &Path) -> Result<Vec<Value>> {
    let kibana = configuration.join("kibana");
    let searches: Vec<Search> = read(&kibana.join("searches.json"))?;
    let visualizations: Vec<Visualization> = read(&kibana.join("visualizations.json"))?;
    let dashboard: Dashboard = read(&kibana.join("dashboard.json"))?;
    let mut objects = vec![data_view()];
    objects.extend(searches.iter().map(search));
    objects.extend(visualizations.iter().map(visualization));
    objects.push(dashboard_object(&dashboard));
    Ok(objects)
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("parsing {}", file.display()))
}

fn data_view() -> Value {
    json!({
        "type": "index-pattern",
        "coreMigrationVersion": CORE_MIGRATION_VERSION,
        "typeMigrationVersion": "8.0.0",
        "id": DATA_VIEW,
        "attributes": { "title": INDEX_PATTERN, "name": "MiniTwit logs", "timeFieldName": "@timestamp" },
        "references": [],
    })
}

/// The attribute that contains the query. The data view is among the references.
fn search_source(query: &str) -> Value {
    let source = json!({
        "query": { "language": "lucene", "query": query },
        "filter": [],
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    });
    json!({ "searchSourceJSON": source.to_string() })
}

fn data_view_reference() -> Value {
    json!([{
        "type": "index-pattern",
        "id": DATA_VIEW,
        "name": "kibanaSavedObjectMeta.searchSourceJSON.index",
    }])
}

fn search(search: &Search) -> Value {
    json!({
        "type": "search",
        "coreMigrationVersion": CORE_MIGRATION_VERSION,
        "typeMigrationVersion": "8.0.0",
        "id": search.id,
        "attributes": {
            "title": search.title,
            "description": search.description,
            "columns": search.columns,
            "sort": [["@timestamp", "desc"]],
            "kibanaSavedObjectMeta": search_source(&search.query),
        },
        "references": data_view_reference(),
    })
}

fn visualization(shown: &Visualization) -> Value {
    let state = json!({
        "title": shown.title,
        "type": shown.kind,
        "params": {},
        "aggs": aggregations(shown),
    });
    json!({
        "type": "visualization",
        "coreMigrationVersion": CORE_MIGRATION_VERSION,
        "typeMigrationVersion": "8.5.0",
        "id": shown.id,
        "attributes": {
            "title": shown.title,
            "description": "",
            "uiStateJSON": "{}",
            "visState": state.to_string(),
            "kibanaSavedObjectMeta": search_source(&shown.query),
        },
        "references": data_view_reference(),
    })
}

fn aggregations(shown: &Visualization) -> Vec<Value> {
    let mut parts: Vec<(&str, &str, Value)> = Vec::new();
    for metric in &shown.metrics {
        let mut params = json!({});
        if let Some(field) = &metric.field {
            params["field"] = json!(field);
        }
        if let Some(percents) = &metric.percents {
            params["percents"] = json!(percents);
        }
        parts.push((&metric.kind, "metric", params));
    }
    if shown.over_time {
        let params = json!({ "field": "@timestamp", "interval": "auto", "min_doc_count": 1 });
        parts.push(("date_histogram", "segment", params));
    }
    if let Some(split) = &shown.split {
        let schema = if shown.kind == "table" {
            "bucket"
        } else {
            "group"
        };
        let params = json!({
            "field": split.field, "size": split.size, "orderBy": "1", "order": "desc",
        });
        parts.push(("terms", schema, params));
    }
    let numbered = parts.into_iter().zip(1u32..);
    numbered
        .map(|((kind, schema, params), number)| {
            json!({
                "id": number.to_string(), "enabled": true,
                "type": kind, "schema": schema, "params": params,
            })
        })
        .collect()
}

fn dashboard_object(dashboard: &Dashboard) -> Value {
    let mut panels = Vec::new();
    let mut references = Vec::new();
    let mut top = 0;
    for row in &dashboard.rows {
        let width = WIDTH / row.panels.len().max(1);
        for (column, panel) in row.panels.iter().enumerate() {
            let (kind, id) = panel.split_once('/').unwrap_or(("visualization", panel));
            let index = panels.len().to_string();
            let name = format!("panel_{index}");
            panels.push(json!({
                "panelIndex": index,
                "panelRefName": name,
                "type": kind,
                "embeddableConfig": {},
                "gridData": {
                    "i": index, "x": column * width, "y": top, "w": width, "h": row.height,
                },
            }));
            references.push(json!({
                "type": kind, "id": id, "name": format!("{index}:{name}"),
            }));
        }
        top += row.height;
    }
    json!({
        "type": "dashboard",
        "coreMigrationVersion": CORE_MIGRATION_VERSION,
        "typeMigrationVersion": "8.9.0",
        "id": dashboard.id,
        "attributes": {
            "title": dashboard.title,
            "description": dashboard.description,
            "timeRestore": true,
            "timeFrom": "now-24h",
            "timeTo": "now",
            "optionsJSON": json!({ "useMargins": true }).to_string(),
            "panelsJSON": Value::from(panels).to_string(),
            "kibanaSavedObjectMeta": {
                "searchSourceJSON":
                    json!({ "query": { "language": "lucene", "query": "" }, "filter": [] }).to_string(),
            },
        },
        "references": references,
    })
}
