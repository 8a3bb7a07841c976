use crate::api::cloud::{Cloud, NEVER};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_move_that_a_crash_cut_off_is_finished_after_the_restart() {
    let cloud = Cloud::start_with(NEVER).await;
    let (droplet, ip) = (cloud.droplet("a", &[]).await, cloud.reserved_ip().await);
    let body = json!({"type": "assign", "droplet_id": droplet});
    let action = cloud
        .post(201, &format!("/v2/reserved_ips/{ip}/actions"), body)
        .await["action"]
        .clone();
    let cloud = cloud.crash_and_restart(Duration::ZERO).await;
    assert_eq!(cloud.outcome(&action).await, "completed");
    let reserved = cloud.get(&format!("/v2/reserved_ips/{ip}")).await["reserved_ip"].clone();
    assert_eq!(reserved["droplet"]["id"], droplet);
    assert_eq!(reserved["locked"], false);
    assert_eq!(
        cloud.get(&format!("/v2/droplets/{droplet}")).await["droplet"]["locked"],
        false
    );
}

#[tokio::test]
async fn a_crash_right_after_an_order_loses_nothing() {
    let cloud = Cloud::start().await;
    let order =
        json!({"name": "a", "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-12-x64"});
    let mut last = cloud.post(202, "/v2/droplets", order.clone()).await;
    let mut cloud = cloud;
    for _ in 0..5 {
        cloud = cloud.crash_and_restart(Duration::ZERO).await;
        assert_eq!(
            cloud.outcome(&last["links"]["actions"][0]).await,
            "completed"
        );
        let path = format!("/v2/droplets/{}", last["droplet"]["id"]);
        assert_eq!(cloud.get(&path).await["droplet"]["status"], "active");
        last = cloud.post(202, "/v2/droplets", order.clone()).await;
    }
    assert_eq!(cloud.get("/v2/droplets").await["meta"]["total"], 6);
}

#[tokio::test]
async fn the_record_and_tokens_survive() {
    let cloud = Cloud::start().await;
    let made = cloud
        .post(
            201,
            "/_localcloud/tokens",
            json!({"name": "n", "scopes": ["account:read"]}),
        )
        .await;
    let id = cloud.database("main").await;
    let before = cloud.get(&format!("/v2/databases/{id}")).await;
    let admin = cloud.token.clone();
    let mut cloud = cloud.crash_and_restart(Duration::ZERO).await;
    assert_eq!(cloud.token, admin);
    assert_eq!(cloud.get(&format!("/v2/databases/{id}")).await, before);
    made["token"].as_str().unwrap().clone_into(&mut cloud.token);
    cloud.get("/v2/account").await;
}
