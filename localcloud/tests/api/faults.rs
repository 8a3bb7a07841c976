//! Things that go wrong on demand.

use crate::api::cloud::{Cloud, until};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};

async fn order(cloud: &Cloud, fault: serde_json::Value) -> String {
    let made = cloud.post(201, "/_localcloud/faults", fault).await;
    format!("/_localcloud/faults/{}", made["fault"]["id"])
}

#[tokio::test]
async fn a_status_hits_calls_until_the_fault_is_ended() {
    let cloud = Cloud::start().await;
    let fault = json!({"kind": "api-status", "status": 503, "seconds": 60});
    let fault = order(&cloud, fault).await;
    cloud.expect(503, Method::GET, "/v2/account", None).await;
    assert_eq!(
        cloud.get("/_localcloud/faults").await["faults"][0]["kind"],
        "api-status"
    );
    cloud.delete(204, &fault).await;
    cloud.expect(200, Method::GET, "/v2/account", None).await;
    cloud.delete(404, &fault).await;
}

#[tokio::test]
async fn a_fault_ends_by_itself() {
    let cloud = Cloud::start().await;
    order(&cloud, json!({"kind": "api-rate-limit", "seconds": 3})).await;
    cloud.expect(429, Method::GET, "/v2/account", None).await;
    crate::api::cloud::until(async || {
        cloud.get("/_localcloud/faults").await["faults"] == json!([])
    })
    .await;
    cloud.expect(200, Method::GET, "/v2/account", None).await;
}

#[tokio::test]
async fn a_late_answer_is_late_and_right() {
    let cloud = Cloud::start().await;
    order(
        &cloud,
        json!({"kind": "api-latency", "millis": 300, "seconds": 60}),
    )
    .await;
    let begin = Instant::now();
    cloud.expect(200, Method::GET, "/v2/account", None).await;
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn what_was_asked_happens_though_the_answer_is_lost() {
    let cloud = Cloud::start().await;
    order(&cloud, json!({"kind": "api-answer-lost", "seconds": 60})).await;
    let tag = json!({"name": "kept"});
    let lost = cloud.send(Method::POST, "/v2/tags", Some(&tag));
    let waited = tokio::time::timeout(Duration::from_millis(300), lost).await;
    assert!(waited.is_err(), "no answer comes");
    cloud.delete(204, "/_localcloud/faults").await;
    until(async || {
        cloud
            .send(Method::GET, "/v2/tags/kept", None)
            .await
            .status()
            == 200
    })
    .await;
}

#[tokio::test]
async fn a_silent_api_does_nothing_and_says_nothing() {
    let cloud = Cloud::start().await;
    order(&cloud, json!({"kind": "api-silent", "seconds": 60})).await;
    let tag = json!({"name": "unheard"});
    let unheard = cloud.send(Method::POST, "/v2/tags", Some(&tag));
    let waited = tokio::time::timeout(Duration::from_millis(300), unheard).await;
    assert!(waited.is_err(), "no answer comes");
    cloud.delete(204, "/_localcloud/faults").await;
    cloud.gone("/v2/tags/unheard").await;
}

#[tokio::test]
async fn a_move_ends_errored_and_moves_nothing() {
    let cloud = Cloud::start().await;
    let (droplet, ip) = (cloud.droplet("a", &[]).await, cloud.reserved_ip().await);
    order(&cloud, json!({"kind": "action-errored", "seconds": 60})).await;
    let body = json!({"type": "assign", "droplet_id": droplet});
    let path = format!("/v2/reserved_ips/{ip}/actions");
    let action = cloud.post(201, &path, body).await["action"].clone();
    assert_eq!(cloud.outcome(&action).await, "errored");
    let record = cloud.get(&format!("/v2/reserved_ips/{ip}")).await;
    assert!(record["reserved_ip"]["droplet"].is_null());
    assert_eq!(record["reserved_ip"]["locked"], false);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let cloud = Cloud::start().await;
    for (status, fault) in [
        (
            422,
            json!({"kind": "api-status", "status": 200, "seconds": 1}),
        ),
        (422, json!({"kind": "api-silent", "seconds": -1})),
        (422, json!({"kind": "api-silent", "seconds": 1, "share": 2})),
        (
            404,
            json!({"kind": "droplet-frozen", "droplet": 1, "seconds": 1}),
        ),
    ] {
        cloud.post(status, "/_localcloud/faults", fault).await;
    }
}

#[tokio::test]
async fn an_action_is_not_found_right_after_it_was_asked_for() {
    let cloud = Cloud::start().await;
    let (droplet, ip) = (cloud.droplet("a", &[]).await, cloud.reserved_ip().await);
    order(
        &cloud,
        json!({"kind": "action-unknown", "millis": 3000, "seconds": 60}),
    )
    .await;
    let path = format!("/v2/reserved_ips/{ip}/actions");
    let body = json!({"type": "assign", "droplet_id": droplet});
    let action = cloud.post(201, &path, body).await["action"].clone();
    let begin = Instant::now();
    let places = [
        format!("/v2/actions/{}", action["id"]),
        format!("{path}/{}", action["id"]),
        format!("/v2/droplets/{droplet}/actions/{}", action["id"]),
    ];
    for place in &places {
        cloud.gone(place).await;
    }
    until(async || cloud.send(Method::GET, &places[0], None).await.status() == 200).await;
    assert!(begin.elapsed() >= Duration::from_secs(2));
    for place in &places {
        cloud.get(place).await;
    }
}
