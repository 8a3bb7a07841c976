//! Every line is stored once, also when Filebeat or Elasticsearch is killed. Lines that do not fit the mapping are in
//! the failure store.

use std::time::{Duration, Instant};

use rand::RngExt;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::engine::Engine;
use crate::filebeat::Filebeat;
use crate::journal::{self, Line};

const LINES: usize = 100_000;
const STREAM: &str = "logs-minitwit-default";
const FAILURES: &str = "logs-minitwit-default::failures";
/// Time limit until all lines are stored, with all restarts.
const TIME_LIMIT: Duration = Duration::from_mins(5);

#[tokio::test]
async fn every_line_is_stored_once_while_both_are_killed_at_random() {
    let directory = TempDir::new().unwrap();
    let lines: Vec<Line> = (0..LINES).map(|n| Line::request(n, &json!({}))).collect();
    let journal = journal::write(directory.path(), &lines);
    let mut engine = Engine::start().await;
    let mut filebeat = Filebeat::start(&journal, &engine.url());

    // Each kill happens at a random count, so every run tests other moments.
    let step = LINES / 6;
    let kills: Vec<usize> = (0..5)
        .map(|n| rand::rng().random_range(n * step..(n + 1) * step))
        .collect();
    for (turn, at) in kills.iter().enumerate() {
        arrived(&engine, *at).await;
        if turn % 2 == 0 {
            filebeat.crash_and_start();
        } else {
            engine.crash_and_start().await;
        }
    }
    arrived(&engine, LINES).await;
    // A duplicate would arrive now.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(
        engine.count(STREAM).await,
        LINES as u64,
        "killed at {kills:?}"
    );
    assert_eq!(engine.count(FAILURES).await, 0, "killed at {kills:?}");
    let distinct = json!({
        "size": 0,
        "aggs": { "last": { "max": { "field": "event.sequence" } }, "sum": { "sum": { "field": "event.sequence" } } },
    });
    let (_, answer) = engine
        .request(Method::POST, &format!("{STREAM}/_search"), Some(distinct))
        .await;
    let figures = &answer["aggregations"];
    let shown = |figure: &str| {
        let value = figures[figure]["value"].as_f64();
        format!("{:.0}", value.expect("a number"))
    };
    assert_eq!(shown("last"), (LINES - 1).to_string());
    assert_eq!(shown("sum"), (LINES * (LINES - 1) / 2).to_string());
}

#[tokio::test]
async fn lines_that_do_not_fit_are_stored_as_text_or_in_the_failure_store() {
    let directory = TempDir::new().unwrap();
    let lines = [
        Line::request(0, &json!({})),
        Line::of("minitwit", "thread main panicked at nowhere".into()),
        Line::of("minitwit", "{\"message\": \"cut in the mid".into()),
        Line::request(3, &json!({ "http.response.status_code": "many" })),
        Line::request(4, &json!({ "live": "not an object" })),
        Line::request(5, &json!({ "never.seen": { "before": 1 } })),
        Line::of("keepalived", "(minitwit) Entering MASTER STATE".into()),
        Line::of("cron", "of no interest".into()),
    ];
    let journal = journal::write(directory.path(), &lines);
    let engine = Engine::start().await;
    let _filebeat = Filebeat::start(&journal, &engine.url());
    arrived(&engine, 7).await;

    assert_eq!(engine.count(FAILURES).await, 1);
    let (_, failures) = engine
        .request(Method::GET, &format!("{FAILURES}/_search"), None)
        .await;
    let document = &failures["hits"]["hits"][0]["_source"]["document"]["source"];
    assert_eq!(document["live"], "not an object");
    assert_eq!(document["event"]["sequence"], 4);

    let found = |query: &'static str| {
        let engine = &engine;
        async move {
            let path = format!("{STREAM}/_search?q={query}");
            let (_, answer) = engine.request(Method::GET, &path, None).await;
            answer["hits"]["hits"]
                .as_array()
                .expect("hits")
                .iter()
                .map(|hit| hit["_source"].clone())
                .collect::<Vec<_>>()
        }
    };
    let unparsed = found("error.field:message").await;
    let mut texts: Vec<&str> = unparsed
        .iter()
        .filter_map(|l| l["message"].as_str())
        .collect();
    texts.sort_unstable();
    assert_eq!(
        texts,
        [
            "thread main panicked at nowhere",
            "{\"message\": \"cut in the mid"
        ]
    );
    let malformed = found("_ignored:http.response.status_code").await;
    assert_eq!(malformed[0]["http"]["response"]["status_code"], "many");
    let strange = found("event.sequence:5").await;
    assert_eq!(strange[0]["never"]["seen"]["before"], 1);
    let keepalived = found("systemd.unit:keepalived.service").await;
    assert_eq!(keepalived[0]["message"], "(minitwit) Entering MASTER STATE");
    for line in unparsed.iter().chain(&malformed).chain(&keepalived) {
        assert!(
            !line.to_string().contains("--hidden-word"),
            "a command line was sent: {line}"
        );
    }
}

/// Waits until `lines` are stored, those in the failure store included.
pub async fn arrived(engine: &Engine, lines: usize) {
    let until = Instant::now() + TIME_LIMIT;
    loop {
        let stored = engine.count(STREAM).await + engine.count(FAILURES).await;
        if stored >= lines as u64 {
            return;
        }
        assert!(
            Instant::now() < until,
            "{stored} of {lines} lines are stored"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
