//! The check and the drawings, with scripted responses of Prometheus and with the repository's own dashboards.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use dashboards::check::{self, Findings};
use dashboards::dashboard::{Dashboard, Kind};
use dashboards::picture;
use dashboards::prometheus::{Prometheus, Span};
use dashboards::sample::Line;
use dashboards::{promql, terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A Prometheus that answers each request whose path contains a key with that key's value.
async fn scripted(answers: &'static [(&'static str, &'static str)]) -> Prometheus {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 8192];
            let length = stream.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            let line = head.lines().next().unwrap_or_default();
            let found = answers.iter().find(|(key, _)| line.contains(key));
            let body = found.map_or(
                r#"{"status":"success","data":{"result":[]}}"#,
                |(_, body)| body,
            );
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    Prometheus::at(&format!("http://{address}")).expect("a client")
}

const ALERTS: (&str, &str) = (
    "/alerts",
    r#"{"data":{"alerts":[{"state":"firing","labels":{"alertname":"StandbyUnfit","severity":"page"},
        "annotations":{"summary":"The standby b could not take over"}}]}}"#,
);

fn dashboard(unit: &str) -> Vec<Dashboard> {
    let text = format!(
        r#"{{"uid":"one","title":"One","description":"of them","panels":[
            {{"title":"Share","type":"timeseries","gridPos":{{"h":7,"w":8,"x":0,"y":0}},
              "fieldConfig":{{"defaults":{{"unit":"{unit}","min":0}}}},
              "targets":[{{"expr":"wanted_series","legendFormat":"{{{{instance}}}}"}}]}}]}}"#
    );
    vec![serde_json::from_str(&text).expect("a dashboard")]
}

async fn findings(prometheus: &Prometheus, unit: &str, absent: &[&str]) -> Findings {
    let span = Span {
        from: 0.0,
        to: 100.0,
        step: 10.0,
    };
    let absent = absent
        .iter()
        .map(|&name| name.to_owned())
        .collect::<BTreeSet<_>>();
    let findings = check::run(prometheus, &dashboard(unit), span, &absent).await;
    findings.expect("answers")
}

const FOUND: (&str, &str) = (
    "wanted_series",
    r#"{"data":{"result":[{"metric":{"instance":"a"},"values":[[10,"0.5"],[20,"7"]]}]}}"#,
);
const NAMES: (&str, &str) = ("/label/", r#"{"data":["up","wanted_series"]}"#);
const RULES: (&str, &str) = (
    "/rules",
    r#"{"data":{"groups":[{"rules":[{"name":"Down","query":"up == 0 or sum by (job) (gone) > 1","health":"ok"}]}]}}"#,
);
const NO_ALERTS: (&str, &str) = ("/alerts", r#"{"data":{"alerts":[]}}"#);

#[tokio::test]
async fn a_series_that_a_rule_reads_must_exist() {
    let prometheus = scripted(&[FOUND, NAMES, RULES, NO_ALERTS]).await;
    let found = findings(&prometheus, "none", &[]).await;
    assert_eq!(
        found.defects,
        ["the rule Down reads gone, which no target exports"]
    );
    assert_eq!(found.checked, 2);
    assert!(
        findings(&prometheus, "none", &["gone"])
            .await
            .defects
            .is_empty()
    );
}

#[tokio::test]
async fn a_value_of_another_unit_is_a_defect() {
    let prometheus = scripted(&[
        FOUND,
        NAMES,
        ("/rules", r#"{"data":{"groups":[]}}"#),
        NO_ALERTS,
    ])
    .await;
    let found = findings(&prometheus, "percentunit", &[]).await;
    assert_eq!(
        found.defects,
        ["One, “Share”: wanted_series: 7 is not a share of a whole"]
    );
}

#[tokio::test]
async fn a_query_that_finds_nothing_or_is_refused_is_a_defect() {
    let rules = ("/rules", r#"{"data":{"groups":[]}}"#);
    let prometheus = scripted(Box::leak(Box::new([NAMES, rules, NO_ALERTS]))).await;
    let found = findings(&prometheus, "none", &[]).await;
    assert_eq!(
        found.defects,
        ["One, “Share”: wanted_series: finds nothing"]
    );
    let refused = (
        "wanted_series",
        r#"{"status":"error","error":"parse error"}"#,
    );
    let prometheus = scripted(Box::leak(Box::new([refused, NAMES, rules, NO_ALERTS]))).await;
    let found = findings(&prometheus, "none", &[]).await;
    assert_eq!(
        found.defects,
        ["One, “Share”: wanted_series: Prometheus refuses: parse error"]
    );
}

#[tokio::test]
async fn a_terminal_shows_alerts_and_lines() {
    let prometheus = scripted(&[FOUND, ALERTS]).await;
    let dashboards = dashboard("none");
    let page = terminal::page(
        &prometheus,
        &dashboards,
        0,
        Duration::from_mins(30),
        (80, 24),
    )
    .await;
    let page = page.expect("a page");
    assert!(
        page.contains("StandbyUnfit (page): The standby b could not take over"),
        "{page}"
    );
    assert!(page.contains("Share") && page.contains("a 7"), "{page}");
}

fn repository() -> Vec<Dashboard> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana/dashboards");
    Dashboard::read_all(&directory).expect("dashboards")
}

#[test]
fn the_repositorys_dashboards_are_complete() {
    let dashboards = repository();
    let uids: Vec<_> = dashboards.iter().map(|it| it.uid.as_str()).collect();
    assert_eq!(uids, ["service", "business", "infrastructure", "standby"]);
    for panel in dashboards.iter().flat_map(|it| &it.panels) {
        assert!(panel.place.x + panel.place.w <= 24, "{}", panel.title);
        if panel.kind != Kind::Row {
            assert!(
                !panel.unit().is_empty() && !panel.targets.is_empty(),
                "{}",
                panel.title
            );
            for target in &panel.targets {
                assert!(!promql::names(&target.expr).is_empty(), "{}", target.expr);
            }
        }
    }
}

#[test]
fn a_picture_is_well_formed_and_escapes_names() {
    for dashboard in repository() {
        let line = || Line {
            name: "a<b & c".to_owned(),
            points: vec![(10.0, 1.0), (20.0, 0.0), (90.0, 2.0)],
        };
        let lines: Vec<_> = dashboard
            .panels
            .iter()
            .map(|_| vec![line(), line()])
            .collect();
        let span = Span {
            from: 0.0,
            to: 100.0,
            step: 10.0,
        };
        let svg = picture::draw(&dashboard, &lines, span, "a test");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("a&lt;b &amp; c") && !svg.contains("a<b"));
        assert!(
            !svg.contains("NaN") && !svg.contains("inf"),
            "{}",
            dashboard.uid
        );
    }
}
