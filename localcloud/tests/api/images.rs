use crate::api::cloud::{Cloud, NEVER, until};
use reqwest::Method;
use serde_json::{Value, json};

pub async fn act(cloud: &Cloud, droplet: u64, request: Value) -> Value {
    let path = format!("/v2/droplets/{droplet}/actions");
    let action = cloud.post(201, &path, request).await["action"].clone();
    assert_eq!(cloud.outcome(&action).await, "completed", "{action}");
    action
}

async fn snapshot(cloud: &Cloud, droplet: u64, name: &str) -> u64 {
    act(cloud, droplet, json!({"type": "snapshot", "name": name})).await;
    let all = cloud
        .get(&format!("/v2/droplets/{droplet}/snapshots"))
        .await;
    let own = all["snapshots"].as_array().unwrap();
    let own = own.iter().find(|own| own["name"] == name).unwrap();
    own["id"].as_u64().unwrap()
}

#[tokio::test]
async fn a_snapshot_is_an_image_that_droplets_are_made_from() {
    let cloud = Cloud::start().await;
    let droplet = cloud.droplet("a", &[]).await;
    let image = snapshot(&cloud, droplet, "before").await;
    let shown = cloud.get(&format!("/v2/images/{image}")).await["image"].clone();
    assert_eq!(shown["type"], "snapshot");
    assert_eq!(
        (&shown["slug"], &shown["public"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(
        (&shown["distribution"], &shown["min_disk_size"]),
        (&json!("Debian"), &json!(25))
    );
    let listed = cloud.get("/v2/images?private=true").await;
    assert_eq!(listed["images"], json!([shown]));
    assert_eq!(
        cloud.get("/v2/images?type=distribution").await["meta"]["total"],
        1
    );
    assert_eq!(cloud.get("/v2/images").await["meta"]["total"], 2);
    let of_account = cloud.get(&format!("/v2/snapshots/{image}")).await["snapshot"].clone();
    assert_eq!(of_account["id"], image.to_string());
    assert_eq!(of_account["resource_id"], droplet.to_string());
    assert_eq!(
        cloud.get("/v2/snapshots?resource_type=droplet").await["meta"]["total"],
        1
    );
    assert_eq!(
        cloud.get("/v2/snapshots?resource_type=volume").await["meta"]["total"],
        0
    );
    let source = cloud.get(&format!("/v2/droplets/{droplet}")).await;
    assert_eq!(source["droplet"]["snapshot_ids"], json!([image]));

    let order = json!({"name": "b", "region": "fra1", "size": "s-1vcpu-1gb", "image": image});
    let made = cloud.post(202, "/v2/droplets", order.clone()).await;
    assert_eq!(
        cloud.outcome(&made["links"]["actions"][0]).await,
        "completed"
    );
    assert_eq!(made["droplet"]["image"]["id"], image);
    let mut small = order;
    small["size"] = json!("s-1vcpu-512mb-10gb");
    let refused = cloud.post(422, "/v2/droplets", small).await;
    assert!(refused["message"].as_str().unwrap().contains("larger disk"));

    let renamed = cloud
        .put(200, &format!("/v2/images/{image}"), json!({"name": "c"}))
        .await;
    assert_eq!(renamed["image"]["name"], "c");
    cloud
        .put(422, &format!("/v2/images/{image}"), json!({"name": ""}))
        .await;
    cloud.delete(204, &format!("/v2/snapshots/{image}")).await;
    cloud.gone(&format!("/v2/images/{image}")).await;
    cloud.delete(404, &format!("/v2/images/{image}")).await;
    let left = cloud
        .get(&format!("/v2/droplets/{}", made["droplet"]["id"]))
        .await;
    assert_eq!(left["droplet"]["image"]["slug"], "debian-12-x64");
    cloud.delete(404, "/v2/images/debian-12-x64").await;
}

#[tokio::test]
async fn a_disk_is_rebuilt_and_restored_from_an_image() {
    let cloud = Cloud::start().await;
    let (a, b) = (cloud.droplet("a", &[]).await, cloud.droplet("b", &[]).await);
    let image = snapshot(&cloud, a, "good").await;
    act(&cloud, b, json!({"type": "rebuild", "image": image})).await;
    let rebuilt = cloud.get(&format!("/v2/droplets/{b}")).await["droplet"].clone();
    assert_eq!(
        (&rebuilt["image"]["id"], &rebuilt["status"]),
        (&json!(image), &json!("active"))
    );
    act(&cloud, a, json!({"type": "restore", "image": image})).await;
    let refused = [
        (b, json!({"type": "restore", "image": image})),
        (a, json!({"type": "restore", "image": "debian-12-x64"})),
        (a, json!({"type": "restore"})),
        (a, json!({"type": "snapshot"})),
        (a, json!({"type": "snapshot", "name": ""})),
        (a, json!({"type": "rebuild", "image": 1})),
    ];
    for (droplet, request) in refused {
        cloud
            .post(422, &format!("/v2/droplets/{droplet}/actions"), request)
            .await;
    }
    let snapshots = cloud.get("/v2/snapshots").await;
    assert_eq!(snapshots["meta"]["total"], 1, "refusals leave no image");
}

#[tokio::test]
async fn a_droplet_tells_its_kernels_and_neighbors() {
    let cloud = Cloud::start().await;
    let a = cloud.droplet("a", &[]).await;
    let ids = cloud.get("/v2/reports/droplet_neighbors_ids").await;
    assert_eq!(ids["neighbor_ids"], json!([]));
    let b = cloud.droplet("b", &[]).await;
    assert_eq!(
        cloud.get(&format!("/v2/droplets/{a}/kernels")).await["meta"]["total"],
        0
    );
    let neighbors = cloud.get(&format!("/v2/droplets/{a}/neighbors")).await;
    assert_eq!(neighbors["droplets"][0]["id"], b);
    let ids = cloud.get("/v2/reports/droplet_neighbors_ids").await;
    assert_eq!(ids["neighbor_ids"], json!([[a, b]]));
    act(&cloud, a, json!({"type": "enable_ipv6"})).await;
    act(&cloud, a, json!({"type": "password_reset"})).await;
    let features = cloud.get(&format!("/v2/droplets/{a}")).await["droplet"]["features"].clone();
    assert!(features.as_array().unwrap().contains(&json!("ipv6")));
    for part in [
        "snapshots",
        "backups",
        "backups/policy",
        "kernels",
        "neighbors",
    ] {
        cloud.gone(&format!("/v2/droplets/1/{part}")).await;
    }
}

#[tokio::test]
async fn a_droplet_is_destroyed_with_what_belongs_to_it() {
    let cloud = Cloud::start().await;
    let (a, b) = (cloud.droplet("a", &[]).await, cloud.droplet("b", &[]).await);
    let image = snapshot(&cloud, a, "last").await;
    let made = cloud
        .post(202, "/v2/reserved_ips", json!({"droplet_id": a}))
        .await;
    assert_eq!(
        cloud.outcome(&made["links"]["actions"][0]).await,
        "completed"
    );
    let ip = made["reserved_ip"]["ip"].as_str().unwrap().to_owned();
    let path = |id: u64| format!("/v2/droplets/{id}/destroy_with_associated_resources");
    let own = cloud.get(&path(a)).await;
    assert_eq!(own["reserved_ips"][0]["id"], ip.as_str());
    assert_eq!(own["snapshots"][0]["id"], image.to_string());
    assert_eq!(own["volumes"], json!([]));
    cloud.gone(&format!("{}/status", path(a))).await;

    let selective = format!("{}/selective", path(b));
    let foreign = json!({"snapshots": [image.to_string()]});
    cloud
        .expect(422, Method::DELETE, &selective, Some(foreign))
        .await;
    cloud
        .expect(202, Method::DELETE, &selective, Some(json!({})))
        .await;
    cloud.gone(&format!("/v2/droplets/{b}")).await;
    assert_eq!(
        cloud.get(&format!("{}/status", path(b))).await["failures"],
        0
    );

    let dangerous = format!("{}/dangerous", path(a));
    cloud.delete(422, &dangerous).await;
    let answer = reqwest::Client::new()
        .delete(format!("{}{dangerous}", cloud.url))
        .bearer_auth(&cloud.token)
        .header("X-Dangerous", "true");
    assert_eq!(answer.send().await.unwrap().status(), 202);
    let status = cloud.get(&format!("{}/status", path(a))).await;
    assert_eq!(
        (&status["failures"], &status["droplet"]["name"]),
        (&json!(0), &json!("a"))
    );
    assert!(status["resources"]["snapshots"][0]["destroyed_at"].is_string());
    cloud.gone(&format!("/v2/reserved_ips/{ip}")).await;
    cloud.gone(&format!("/v2/images/{image}")).await;
    cloud
        .expect(202, Method::POST, &format!("{}/retry", path(a)), None)
        .await;
    cloud
        .expect(404, Method::POST, &format!("{}/retry", path(1)), None)
        .await;
}

#[tokio::test]
async fn what_could_not_be_destroyed_is_told_and_tried_again() {
    let cloud = Cloud::start().await;
    let a = cloud.droplet("a", &[]).await;
    let image = snapshot(&cloud, a, "used").await;
    let cloud = cloud.crash_and_restart(NEVER).await;
    let path = format!("/v2/droplets/{a}/destroy_with_associated_resources");
    // A move that does not end keeps the droplet locked.
    let ip = cloud.reserved_ip().await;
    let assign = json!({"type": "assign", "droplet_id": a});
    cloud
        .post(201, &format!("/v2/reserved_ips/{ip}/actions"), assign)
        .await;
    let chosen = json!({"snapshots": [image.to_string()]});
    let selective = format!("{path}/selective");
    cloud
        .expect(422, Method::DELETE, &selective, Some(chosen.clone()))
        .await;
    cloud.get(&format!("/v2/images/{image}")).await;
    let cloud = cloud.crash_and_restart(std::time::Duration::ZERO).await;
    let droplet = format!("/v2/droplets/{a}");
    until(async || cloud.get(&droplet).await["droplet"]["locked"] == false).await;
    cloud
        .expect(202, Method::DELETE, &selective, Some(chosen))
        .await;
    let status = cloud.get(&format!("{path}/status")).await;
    assert_eq!(status["failures"], 0, "{status}");
    assert_eq!(
        cloud.get(&format!("/v2/reserved_ips/{ip}")).await["reserved_ip"]["droplet"],
        Value::Null
    );
}
