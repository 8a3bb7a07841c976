//! Draining for a release, and cancelling that.

use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::site::{PATIENCE, Site, send};

const REQUEST: &[u8] = b"GET /latest HTTP/1.1\r\nHost: x\r\n\r\n";

async fn drain(site: &Site, start: bool) -> Value {
    let url = site.admin_url("/drain");
    let request = if start {
        site.client.post(url)
    } else {
        site.client.delete(url)
    };
    let response = send(request).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.expect("JSON")
}

#[tokio::test]
async fn a_drain_closes_connections_but_serves_on_and_stays_ready() {
    let site = Site::start().await;
    let before = site.get("/latest").await;
    assert!(!before.headers().contains_key("connection"));

    assert_eq!(drain(&site, true).await["status"], "draining");
    for _ in 0..3 {
        let during = site.get("/latest").await;
        assert_eq!(during.status(), StatusCode::OK);
        assert_eq!(during.headers()["connection"], "close");
    }
    assert_eq!(site.readiness().await.0, 200);

    assert_eq!(drain(&site, false).await["status"], "serving");
    let after = site.get("/latest").await;
    assert!(!after.headers().contains_key("connection"));
}

#[tokio::test]
async fn a_drain_closes_idle_connections_but_not_before_a_late_request_had_its_chance() {
    let site = Site::start().await;
    let mut idle = TcpStream::connect(site.running.address)
        .await
        .expect("connect");
    let mut late = TcpStream::connect(site.running.address)
        .await
        .expect("connect");
    drain(&site, true).await;

    late.write_all(REQUEST).await.expect("write");
    let mut answer = String::new();
    late.read_to_string(&mut answer)
        .await
        .expect("an answer, then the end");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");

    let closed = timeout(PATIENCE, idle.read(&mut [0; 1])).await;
    assert_eq!(closed.expect("closed in time").expect("closed cleanly"), 0);
}
