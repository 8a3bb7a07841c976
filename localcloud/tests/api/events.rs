use crate::api::cloud::Cloud;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn told(answer: &Value) -> Vec<String> {
    let events = answer["events"].as_array().unwrap();
    let words = events.iter().map(|event| {
        let word = |name: &str| event[name].as_str().unwrap();
        format!("{} {}", word("kind"), word("subject"))
    });
    words.collect()
}

#[tokio::test]
async fn what_happens_is_told_in_order_and_survives_a_crash() {
    let cloud = Cloud::start().await;
    let droplet = cloud.droplet("a", &[]).await;
    let ip = cloud.reserved_ip().await;
    let path = format!("/v2/reserved_ips/{ip}/actions");
    let action = cloud
        .post(201, &path, json!({"type": "assign", "droplet_id": droplet}))
        .await;
    assert_eq!(cloud.outcome(&action["action"]).await, "completed");
    let events = cloud.get("/_localcloud/events").await;
    let told_so_far = told(&events);
    let wanted = [
        "daemon.started",
        "droplet.ordered a",
        "action.started a",
        "droplet.active a",
        "action.completed a",
        "reserved-ip.reserved 198.18.3.10",
        "action.started 198.18.3.10",
        "reserved-ip.moved 198.18.3.10",
        "action.completed 198.18.3.10",
    ];
    let mut rest = told_so_far.iter();
    for wanted in wanted {
        assert!(
            rest.any(|told| told.starts_with(wanted)),
            "{wanted} in {told_so_far:#?}"
        );
    }
    let at = events["events"][0]["at"].as_str().unwrap();
    assert_eq!(at.len(), "2026-11-21T08:30:00.123Z".len(), "{at}");
    let cloud = cloud.crash_and_restart(Duration::ZERO).await;
    let after = told(&cloud.get("/_localcloud/events").await);
    assert_eq!(after[..told_so_far.len()], told_so_far);
    assert!(after.len() > told_so_far.len());
}

#[tokio::test]
async fn events_are_waited_for() {
    let cloud = Cloud::start().await;
    let seen = cloud.get("/_localcloud/events").await;
    let last = seen["events"].as_array().unwrap().last().unwrap()["seq"]
        .as_u64()
        .unwrap();
    let path = format!("/_localcloud/events?after={last}&wait=20");
    let (news, ()) = tokio::join!(cloud.get(&path), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cloud.post(201, "/v2/tags", json!({"name": "silent"})).await;
        cloud
            .expect(404, Method::GET, "/v2/kubernetes/clusters", None)
            .await;
    });
    assert_eq!(told(&news), ["api.unknown-path /v2/kubernetes/clusters"]);
    let none = cloud.get("/_localcloud/events?after=1000000").await;
    assert_eq!(none["events"], json!([]));
    let none = cloud
        .get("/_localcloud/events?since=2999-01-01T00:00:00Z")
        .await;
    assert_eq!(none["events"], json!([]));
    for odd in ["since=yesterday", "after=x", "wait=-1"] {
        cloud
            .expect(
                422,
                Method::GET,
                &format!("/_localcloud/events?{odd}"),
                None,
            )
            .await;
    }
}

#[tokio::test]
async fn a_failed_action_says_why() {
    let cloud = Cloud::start().await;
    let (droplet, ip) = (cloud.droplet("a", &[]).await, cloud.reserved_ip().await);
    let fault = json!({"kind": "action-errored", "seconds": 60});
    cloud.post(201, "/_localcloud/faults", fault).await;
    let path = format!("/v2/reserved_ips/{ip}/actions");
    let action = cloud
        .post(201, &path, json!({"type": "assign", "droplet_id": droplet}))
        .await;
    assert_eq!(cloud.outcome(&action["action"]).await, "errored");
    let events = cloud.get("/_localcloud/events").await;
    let events = events["events"].as_array().unwrap();
    let failed = events
        .iter()
        .find(|event| event["kind"] == "action.errored")
        .unwrap();
    assert!(
        failed["text"]
            .as_str()
            .unwrap()
            .contains("a fault makes moves fail"),
        "{failed}"
    );
    assert!(events.iter().any(|event| event["kind"] == "fault.begun"));
}
