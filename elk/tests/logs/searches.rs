//! Runs the queries of Kibana's saved objects: each search and each visualization finds its lines.

use std::collections::BTreeSet;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::arrival::arrived;
use crate::engine::{Engine, root};
use crate::filebeat::Filebeat;
use crate::journal::{self, Line};

/// Lines, and the searches that have to find each.
fn lines() -> Vec<(Line, &'static [&'static str])> {
    let request = |n, changes: Value| Line::request(n, &changes);
    vec![
        (request(0, json!({})), &[]),
        (request(1, json!({ "event.duration": 2_500_000_000u64, "log.level": "warn", "message": "slow request" })), &["slow"]),
        (request(2, json!({ "http.response.status_code": 503, "log.level": "error", "message": "request failed", "error.message": "no connection within 1 s" })), &["failed"]),
        (request(3, json!({ "http.response.status_code": 404, "url.path": "/msgs/{user}" })), &["unknown-users"]),
        (request(4, json!({ "http.response.status_code": 404, "url.path": "(none)" })), &[]),
        (request(5, json!({ "http.response.status_code": 403, "url.path": "/msgs" })), &["security"]),
        (request(6, json!({ "http.response.status_code": 429, "url.path": "/login" })), &["security"]),
        (Line::of("ssh", "Invalid user admin from 198.18.0.9 port 4711".into()), &["security"]),
        (Line::of("ssh", "Accepted publickey for root".into()), &[]),
        (Line::of("floatip", json!({ "@timestamp": "2026-11-21T08:00:00Z", "log.level": "info", "message": "claiming the live IP", "event.action": "claim", "service.name": "floatip" }).to_string()), &["standby"]),
        (Line::of("keepalived", "(minitwit) Entering MASTER STATE".into()), &["standby"]),
        (Line::of("minitwit", "memory allocation failed".into()), &["unparsed"]),
    ]
}

fn saved_objects() -> Vec<Value> {
    let printed = Command::new(env!("CARGO_BIN_EXE_elk"))
        .arg("saved-objects")
        .arg("--configuration")
        .arg(root().join("elk"))
        .output()
        .expect("elk runs");
    assert!(printed.status.success());
    let text = String::from_utf8(printed.stdout).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}

fn within(text: &Value) -> Value {
    serde_json::from_str(text.as_str().expect("a string")).expect("JSON within it")
}

fn query_of(object: &Value) -> Value {
    let source = within(&object["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"]);
    assert_eq!(source["query"]["language"], "lucene");
    json!({ "query_string": { "query": source["query"]["query"], "analyze_wildcard": true } })
}

#[tokio::test]
async fn each_saved_search_finds_its_lines_and_no_others() {
    let directory = TempDir::new().unwrap();
    let (lines, finders): (Vec<Line>, Vec<&[&str]>) = lines().into_iter().unzip();
    let journal = journal::write(directory.path(), &lines);
    let engine = Engine::start().await;
    let _filebeat = Filebeat::start(&journal, &engine.url());
    arrived(&engine, lines.len()).await;

    let objects = saved_objects();
    let mut asked = BTreeSet::new();
    for object in objects.iter().filter(|object| object["type"] == "search") {
        let id = object["id"].as_str().expect("an id");
        asked.insert(id);
        let body = json!({ "size": 100, "query": query_of(object), "sort": object["attributes"]["sort"]
            .as_array().expect("a sort").iter().map(|by| json!({ by[0].as_str().expect("a field"): by[1] })).collect::<Vec<_>>() });
        let (status, answer) = engine
            .request(Method::POST, "logs-minitwit-*/_search", Some(body))
            .await;
        assert_eq!(status, 200, "{id}: {answer}");
        let due = finders
            .iter()
            .filter(|finders| finders.contains(&id))
            .count();
        assert!(due > 0, "no line is made for the search {id}");
        assert_eq!(answer["hits"]["total"]["value"], due, "{id}: {answer}");
    }
    let expected: BTreeSet<&str> = finders.iter().copied().flatten().copied().collect();
    assert_eq!(asked, expected);

    for object in objects.iter().filter(|o| o["type"] == "visualization") {
        let state = within(&object["attributes"]["visState"]);
        let body = json!({ "size": 0, "query": query_of(object), "aggs": aggregations(&state) });
        let (status, answer) = engine
            .request(Method::POST, "logs-minitwit-*/_search", Some(body))
            .await;
        assert_eq!(status, 200, "{}: {answer}", object["id"]);
        let buckets = answer["aggregations"]["part"]["buckets"].as_array();
        assert!(
            buckets.is_some_and(|b| !b.is_empty()),
            "{}: {answer}",
            object["id"]
        );
    }

    // A field that is not indexed could be named, and would find nothing.
    let (_, known) = engine
        .request(Method::GET, "logs-minitwit-*/_field_caps?fields=*", None)
        .await;
    for object in &objects {
        for field in fields(object) {
            assert!(
                !known["fields"][&field].is_null(),
                "{}: {field} is no field",
                object["id"]
            );
        }
    }
}

#[test]
fn every_reference_leads_to_an_object() {
    let objects = saved_objects();
    let name = |object: &Value| (object["type"].to_string(), object["id"].to_string());
    let names: BTreeSet<_> = objects.iter().map(name).collect();
    assert_eq!(names.len(), objects.len(), "two objects share an id");
    for object in &objects {
        for reference in object["references"].as_array().expect("references") {
            assert!(
                names.contains(&name(reference)),
                "{reference} of {}",
                object["id"]
            );
        }
    }
    let board = objects
        .iter()
        .find(|o| o["type"] == "dashboard")
        .expect("a dashboard");
    let panels = within(&board["attributes"]["panelsJSON"]);
    assert_eq!(
        panels.as_array().map(Vec::len),
        board["references"].as_array().map(Vec::len)
    );
}

/// The aggregations that Kibana makes of a visualization's state: buckets within each other, the
/// metrics innermost.
fn aggregations(state: &Value) -> Value {
    let parts = state["aggs"].as_array().expect("aggs");
    let mut inner = json!({});
    for part in parts
        .iter()
        .filter(|p| p["schema"] == "metric" && p["type"] != "count")
    {
        let kind = part["type"].as_str().expect("a type");
        inner[part["id"].as_str().expect("an id")] = json!({ kind: part["params"] });
    }
    for part in parts.iter().filter(|p| p["schema"] != "metric").rev() {
        let field = &part["params"]["field"];
        let bucket = match part["type"].as_str() {
            Some("date_histogram") => {
                json!({ "date_histogram": { "field": field, "fixed_interval": "1m", "min_doc_count": 1 } })
            }
            Some("terms") => json!({ "terms": { "field": field, "size": part["params"]["size"] } }),
            other => panic!("{other:?} is no bucket of ours"),
        };
        let mut bucket = bucket;
        bucket["aggs"] = inner;
        inner = json!({ "part": bucket });
    }
    inner
}

/// Fields that an object names: its columns, and those of its aggregations.
fn fields(object: &Value) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    if let Some(columns) = object["attributes"]["columns"].as_array() {
        named.extend(columns.iter().filter_map(|c| c.as_str().map(str::to_owned)));
    }
    if object["type"] == "visualization" {
        let state = within(&object["attributes"]["visState"]);
        let aggs = state["aggs"].as_array().expect("aggs").clone();
        named.extend(
            aggs.iter()
                .filter_map(|a| a["params"]["field"].as_str().map(str::to_owned)),
        );
    }
    named
}
