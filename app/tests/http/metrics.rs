//! Metrics: each count changes with its event, and with nothing else.

use std::collections::HashMap;

use reqwest::StatusCode;
use serde_json::json;

use crate::browser::Browser;
use crate::site::{Site, send};

/// Samples by name and labels.
async fn samples(site: &Site) -> HashMap<String, f64> {
    let response = send(site.client.get(site.admin_url("/metrics"))).await;
    let text = response.text().await.expect("text");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').expect(line);
        (name.to_owned(), value.parse().expect(line))
    });
    samples.collect()
}

fn assert_counts(samples: &HashMap<String, f64>, expected: &[(&str, f64)]) {
    for (name, value) in expected {
        assert_eq!(samples.get(*name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn what_users_do_is_counted_on_pages_and_the_api_alike() {
    let site = Site::start().await;
    assert_counts(
        &samples(&site).await,
        &[
            ("minitwit_users_registered_total", 0.0),
            ("minitwit_messages_sent_total", 0.0),
            ("minitwit_follows_total", 0.0),
            ("minitwit_unfollows_total", 0.0),
            ("minitwit_users_not_found_total", 0.0),
            (r#"minitwit_sign_ins_total{result="right"}"#, 0.0),
            (r#"minitwit_sign_ins_total{result="wrong"}"#, 0.0),
            ("minitwit_simulator_last_call_timestamp_seconds", 0.0),
        ],
    );
    site.register("ann").await;
    let browser = Browser::signed_in(&site, "bob").await;
    browser
        .login("bob", "wrong")
        .await
        .shows("Invalid password");
    browser.login("nobody", "wrong").await;
    site.say("ann", "hello").await;
    browser.say("hello too").await;
    browser.get("/ann/follow").await;
    for change in ["follow", "unfollow"] {
        let response = site.post("/fllws/ann", &json!({change: "bob"})).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }
    let response = site.post("/msgs/nobody", &json!({"content": "x"})).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    browser.get("/nobody").await;
    browser.get("/no/such/page").await;
    assert_counts(
        &samples(&site).await,
        &[
            ("minitwit_users_registered_total", 2.0),
            ("minitwit_messages_sent_total", 2.0),
            ("minitwit_follows_total", 2.0),
            ("minitwit_unfollows_total", 1.0),
            ("minitwit_users_not_found_total", 2.0),
            (r#"minitwit_sign_ins_total{result="right"}"#, 1.0),
            (r#"minitwit_sign_ins_total{result="wrong"}"#, 2.0),
            ("minitwit_password_hashes_waiting", 0.0),
            ("minitwit_live_listeners_limit", 2000.0),
        ],
    );
}

#[tokio::test]
async fn the_simulators_last_call_has_the_time_of_the_clock() {
    let site = Site::start().await;
    site.read("/msgs?latest=7").await;
    let samples = samples(&site).await;
    let called = samples["minitwit_simulator_last_call_timestamp_seconds"];
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).expect("a clock");
    assert!((now.as_secs_f64() - called).abs() < 60.0);
}

#[tokio::test]
async fn the_process_reports_its_resources() {
    let samples = samples(&Site::start().await).await;
    let started = samples["process_start_time_seconds"];
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).expect("a clock");
    assert!(
        started > 1e9 && started <= now.as_secs_f64() + 1.0,
        "{started}"
    );
    assert!(samples["process_resident_memory_bytes"] > 1e6);
    assert!(samples["process_cpu_seconds_total"] > 0.0);
    assert!(samples["process_open_fds"] > 3.0);
    assert!(samples["process_max_fds"] > samples["process_open_fds"]);
}
