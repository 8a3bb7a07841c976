use crate::api::cloud::{Cloud, NEVER};
use reqwest::Method;
use serde_json::{Value, json};

async fn assign(cloud: &Cloud, status: u16, ip: &str, droplet: u64) -> Value {
    let body = json!({"type": "assign", "droplet_id": droplet});
    cloud
        .post(status, &format!("/v2/reserved_ips/{ip}/actions"), body)
        .await
}

async fn holder(cloud: &Cloud, ip: &str) -> Option<u64> {
    cloud.get(&format!("/v2/reserved_ips/{ip}")).await["reserved_ip"]["droplet"]["id"].as_u64()
}

#[tokio::test]
async fn an_ip_moves_from_droplet_to_droplet_in_one_action() {
    let cloud = Cloud::start().await;
    let (a, b, ip) = (
        cloud.droplet("a", &[]).await,
        cloud.droplet("b", &[]).await,
        cloud.reserved_ip().await,
    );
    assert_eq!(holder(&cloud, &ip).await, None);
    let action = assign(&cloud, 201, &ip, a).await["action"].clone();
    assert_eq!(
        (&action["type"], &action["resource_type"]),
        (&json!("assign_ip"), &json!("reserved_ip"))
    );
    assert_eq!(cloud.outcome(&action).await, "completed");
    assert_eq!(holder(&cloud, &ip).await, Some(a));
    let v4 = cloud.get(&format!("/v2/droplets/{a}")).await["droplet"]["networks"]["v4"].clone();
    assert!(
        v4.as_array()
            .unwrap()
            .iter()
            .any(|net| net["ip_address"] == ip && net["type"] == "public")
    );
    assert_eq!(
        v4[0]["ip_address"], "198.18.1.10",
        "the droplet's own address comes first"
    );

    let action = assign(&cloud, 201, &ip, b).await["action"].clone();
    assert_eq!(cloud.outcome(&action).await, "completed");
    assert_eq!(holder(&cloud, &ip).await, Some(b));
    let polled = cloud
        .get(&format!("/v2/reserved_ips/{ip}/actions/{}", action["id"]))
        .await;
    assert_eq!(polled["action"]["status"], "completed");
    assert_eq!(
        cloud.get(&format!("/v2/reserved_ips/{ip}/actions")).await["meta"]["total"],
        2
    );

    let body = json!({"type": "unassign"});
    let action = cloud
        .post(201, &format!("/v2/reserved_ips/{ip}/actions"), body.clone())
        .await;
    assert_eq!(cloud.outcome(&action["action"]).await, "completed");
    assert_eq!(holder(&cloud, &ip).await, None);
    cloud
        .post(422, &format!("/v2/reserved_ips/{ip}/actions"), body)
        .await;
    cloud.delete(204, &format!("/v2/reserved_ips/{ip}")).await;
    cloud.gone(&format!("/v2/reserved_ips/{ip}")).await;
}

#[tokio::test]
async fn a_droplet_holds_one_reserved_ip_and_assigning_it_again_is_422() {
    let cloud = Cloud::start().await;
    let a = cloud.droplet("a", &[]).await;
    let (live, stage) = (cloud.reserved_ip().await, cloud.reserved_ip().await);
    let action = assign(&cloud, 201, &live, a).await;
    assert_eq!(cloud.outcome(&action["action"]).await, "completed");
    for ip in [&live, &stage] {
        let refused = assign(&cloud, 422, ip, a).await;
        assert_eq!(refused["id"], "unprocessable_entity");
    }
    assert_eq!(holder(&cloud, &live).await, Some(a));
    cloud.delete(422, &format!("/v2/reserved_ips/{live}")).await;
}

#[tokio::test]
async fn while_a_move_runs_the_ip_is_locked_and_the_droplet_has_a_pending_event() {
    let cloud = Cloud::start_with(NEVER).await;
    let (a, b) = (cloud.droplet("a", &[]).await, cloud.droplet("b", &[]).await);
    let (live, stage) = (cloud.reserved_ip().await, cloud.reserved_ip().await);
    let action = assign(&cloud, 201, &live, a).await["action"].clone();
    let polled = cloud.get(&format!("/v2/actions/{}", action["id"])).await;
    assert_eq!(polled["action"]["status"], "in-progress");
    assert_eq!(polled["action"]["completed_at"], Value::Null);
    assert_eq!(
        cloud.get(&format!("/v2/reserved_ips/{live}")).await["reserved_ip"]["locked"],
        true
    );
    assert_eq!(
        cloud.get(&format!("/v2/droplets/{a}")).await["droplet"]["locked"],
        true
    );
    assert_eq!(
        cloud.get(&format!("/v2/droplets/{b}")).await["droplet"]["locked"],
        false
    );
    assert_eq!(
        holder(&cloud, &live).await,
        None,
        "it is not there before it has moved"
    );

    let pending = assign(&cloud, 422, &stage, a).await;
    assert_eq!(pending["message"], "Droplet already has a pending event.");
    assign(&cloud, 422, &live, b).await;
    let pending = cloud
        .post(
            422,
            &format!("/v2/droplets/{a}/actions"),
            json!({"type": "reboot"}),
        )
        .await;
    assert_eq!(pending["message"], "Droplet already has a pending event.");
    cloud.delete(422, &format!("/v2/droplets/{a}")).await;
    cloud.delete(422, &format!("/v2/reserved_ips/{live}")).await;
    let events = cloud.get(&format!("/v2/droplets/{a}/actions")).await;
    assert_eq!(events["actions"][0]["status"], "in-progress");
}

#[tokio::test]
async fn a_deleted_droplet_leaves_its_ip_unassigned() {
    let cloud = Cloud::start().await;
    let (a, ip) = (cloud.droplet("a", &[]).await, cloud.reserved_ip().await);
    let action = assign(&cloud, 201, &ip, a).await;
    assert_eq!(cloud.outcome(&action["action"]).await, "completed");
    cloud.delete(204, &format!("/v2/droplets/{a}")).await;
    assert_eq!(holder(&cloud, &ip).await, None);
    assign(&cloud, 422, &ip, a).await;
}

#[tokio::test]
async fn older_clients_call_it_a_floating_ip() {
    let cloud = Cloud::start().await;
    let a = cloud.droplet("a", &[]).await;
    let made = cloud
        .post(202, "/v2/floating_ips", json!({"droplet_id": a}))
        .await;
    let ip = made["floating_ip"]["ip"].as_str().unwrap();
    assert_eq!(made["floating_ip"]["locked"], true);
    assert_eq!(made["links"]["droplets"][0]["id"], a);
    assert_eq!(
        cloud.outcome(&made["links"]["actions"][0]).await,
        "completed"
    );
    assert_eq!(holder(&cloud, ip).await, Some(a));
    let action = cloud
        .post(
            201,
            &format!("/v2/floating_ips/{ip}/actions"),
            json!({"type": "unassign"}),
        )
        .await;
    assert_eq!(action["action"]["resource_type"], "floating_ip");
    assert_eq!(cloud.outcome(&action["action"]).await, "completed");
    assert_eq!(
        cloud.get("/v2/floating_ips").await["floating_ips"][0]["ip"],
        *ip
    );
    cloud.delete(204, &format!("/v2/floating_ips/{ip}")).await;
}

#[tokio::test]
async fn what_is_not_there_or_not_meant_is_refused() {
    let cloud = Cloud::start().await;
    let ip = cloud.reserved_ip().await;
    cloud.gone("/v2/reserved_ips/198.18.3.250").await;
    cloud.gone("/v2/reserved_ips/nonsense").await;
    cloud
        .gone(&format!("/v2/reserved_ips/{ip}/actions/1"))
        .await;
    assign(&cloud, 404, "198.18.3.250", 1).await;
    assign(&cloud, 422, &ip, 1).await;
    cloud
        .post(
            422,
            &format!("/v2/reserved_ips/{ip}/actions"),
            json!({"type": "assign"}),
        )
        .await;
    cloud
        .post(
            422,
            &format!("/v2/reserved_ips/{ip}/actions"),
            json!({"type": "fly"}),
        )
        .await;
    cloud.post(422, "/v2/reserved_ips", json!({})).await;
    cloud
        .post(422, "/v2/reserved_ips", json!({"region": "moon1"}))
        .await;
    cloud
        .post(404, "/v2/reserved_ips", json!({"droplet_id": 1}))
        .await;
    cloud.reserved_ip().await;
    cloud.reserved_ip().await;
    let full = cloud
        .post(422, "/v2/reserved_ips", json!({"region": "fra1"}))
        .await;
    assert!(full["message"].as_str().unwrap().contains("limit"));
    cloud
        .expect(
            405,
            Method::PUT,
            &format!("/v2/reserved_ips/{ip}"),
            Some(json!({})),
        )
        .await;
}

#[tokio::test]
async fn a_reserved_ip_has_no_past_from_before_it_was_reserved() {
    let cloud = Cloud::start().await;
    let droplet = cloud.droplet("a", &[]).await;
    let ip = cloud.reserved_ip().await;
    let path = format!("/v2/reserved_ips/{ip}");
    let actions = format!("{path}/actions");
    let assign = json!({"type": "assign", "droplet_id": droplet});
    let first = cloud.post(201, &actions, assign).await["action"].clone();
    assert_eq!(cloud.outcome(&first).await, "completed");
    let back = cloud.post(201, &actions, json!({"type": "unassign"})).await["action"].clone();
    assert_eq!(cloud.outcome(&back).await, "completed");
    cloud.delete(204, &path).await;
    assert_eq!(
        cloud.reserved_ip().await,
        ip,
        "the lowest address that is free"
    );
    assert_eq!(cloud.get(&actions).await["meta"]["total"], 0);
    cloud.gone(&format!("{actions}/{}", first["id"])).await;
}
