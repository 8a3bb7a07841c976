use crate::api::cloud::Cloud;
use crate::api::images::act;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn backups_have_a_policy_and_a_next_window() {
    let cloud = Cloud::start().await;
    let id = cloud.droplet("a", &["app"]).await;
    let path = format!("/v2/droplets/{id}/backups/policy");
    assert_eq!(cloud.get(&path).await["policy"]["backup_enabled"], false);
    let actions = format!("/v2/droplets/{id}/actions");
    let daily = json!({"plan": "daily", "weekday": "", "hour": 20});
    cloud
        .post(
            422,
            &actions,
            json!({"type": "change_backup_policy", "backup_policy": daily}),
        )
        .await;
    act(&cloud, id, json!({"type": "enable_backups"})).await;
    let policy = cloud.get(&path).await["policy"].clone();
    assert_eq!(policy["backup_policy"]["plan"], "weekly");
    assert_eq!(policy["backup_policy"]["retention_period_days"], 28);
    act(
        &cloud,
        id,
        json!({"type": "change_backup_policy", "backup_policy": daily}),
    )
    .await;
    let policy = cloud.get(&path).await["policy"].clone();
    assert_eq!(policy["backup_policy"]["plan"], "daily");
    let start = policy["next_backup_window"]["start"].as_str().unwrap();
    assert!(start.ends_with("T20:00:00Z"), "{start}");
    let all = cloud.get("/v2/droplets/backups/policies").await;
    assert_eq!(all["policies"][id.to_string()], policy);
    let plans = cloud.get("/v2/droplets/backups/supported_policies").await;
    assert_eq!(plans["supported_policies"].as_array().unwrap().len(), 2);
    for bad in [
        json!({"plan": "hourly"}),
        json!({"plan": "daily", "hour": 3}),
    ] {
        cloud
            .post(
                422,
                &actions,
                json!({"type": "enable_backups", "backup_policy": bad}),
            )
            .await;
    }
    assert_eq!(
        cloud.get(&format!("/v2/droplets/{id}/backups")).await["meta"]["total"],
        0
    );
    let started = cloud.post(
        201,
        "/v2/droplets/actions?tag_name=app",
        json!({"type": "disable_backups"}),
    );
    let started = started.await;
    assert_eq!(cloud.outcome(&started["actions"][0]).await, "completed");
    let droplet = cloud.get(&format!("/v2/droplets/{id}")).await["droplet"].clone();
    assert_eq!(droplet["next_backup_window"], Value::Null);
    let path = "/v2/droplets/actions?tag_name=app";
    cloud
        .post(422, path, json!({"type": "rename", "name": "all"}))
        .await;
}

#[tokio::test]
async fn a_backup_is_an_image_and_goes_with_its_droplet() {
    let cloud = Cloud::start().await;
    let (a, b) = (cloud.droplet("a", &[]).await, cloud.droplet("b", &[]).await);
    let now = format!("/_localcloud/droplets/{a}/backups");
    cloud.expect(422, Method::POST, &now, None).await;
    act(&cloud, a, json!({"type": "enable_backups"})).await;
    let action = cloud.expect(201, Method::POST, &now, None).await["action"].clone();
    assert_eq!(action["type"], "backup");
    assert_eq!(cloud.outcome(&action).await, "completed");

    let droplet = format!("/v2/droplets/{a}");
    let listed = cloud.get(&format!("{droplet}/backups")).await["backups"].clone();
    let shown = cloud.get(&droplet).await["droplet"].clone();
    let id = listed[0]["id"].as_u64().unwrap();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed[0]["type"], "backup");
    assert!(listed[0]["name"].as_str().unwrap().starts_with("a 20"));
    assert_eq!(shown["backup_ids"], json!([id]));
    assert_eq!(shown["snapshot_ids"], json!([]));
    assert_eq!(cloud.get("/v2/snapshots").await["meta"]["total"], 0);
    cloud.gone(&format!("/v2/snapshots/{id}")).await;
    cloud.delete(404, &format!("/v2/snapshots/{id}")).await;

    act(&cloud, a, json!({"type": "restore", "image": id})).await;
    act(&cloud, b, json!({"type": "rebuild", "image": id})).await;
    let second = cloud.expect(201, Method::POST, &now, None).await["action"].clone();
    assert_eq!(cloud.outcome(&second).await, "completed");
    cloud.delete(204, &format!("/v2/images/{id}")).await;
    let left = cloud.get(&format!("{droplet}/backups")).await;
    assert_eq!(left["meta"]["total"], 1);
    let images = cloud.get("/v2/images?private=true").await["images"].clone();
    assert_eq!(images[0]["type"], "backup");
    let nowhere = "/_localcloud/droplets/1/backups";
    cloud.expect(404, Method::POST, nowhere, None).await;
    cloud.delete(204, &droplet).await;
    let images = cloud.get("/v2/images?private=true").await;
    assert_eq!(images["meta"]["total"], 0);
}
