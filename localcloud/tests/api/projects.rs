use crate::api::cloud::Cloud;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn resources_are_in_the_default_project_until_they_are_moved() {
    let cloud = Cloud::start().await;
    let (droplet, ip) = (cloud.droplet("a", &[]).await, cloud.reserved_ip().await);
    let default = cloud.get("/v2/projects/default").await["project"].clone();
    assert_eq!(default["is_default"], true);
    assert_eq!(
        cloud.get("/v2/projects/default/resources").await["meta"]["total"],
        2
    );
    let new =
        json!({"name": "minitwit", "purpose": "Web Application", "environment": "production"});
    let made = cloud.post(201, "/v2/projects", new).await["project"].clone();
    assert_eq!(made["environment"], "Production");
    let path = format!("/v2/projects/{}", made["id"].as_str().unwrap());
    let urns = json!({"resources": [format!("do:droplet:{droplet}"), format!("do:floatingip:{ip}"), "do:droplet:1"]});
    let moved = cloud.post(200, &format!("{path}/resources"), urns).await;
    let status: Vec<_> = moved["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].clone())
        .collect();
    assert_eq!(status, ["assigned", "assigned", "not_found"]);
    let own = cloud
        .get(&format!("{path}/resources?page=1&per_page=200"))
        .await;
    assert_eq!(own["meta"]["total"], 2);
    assert_eq!(own["resources"][1]["urn"], format!("do:reservedip:{ip}"));
    assert_eq!(
        cloud.get(&format!("/v2/reserved_ips/{ip}")).await["reserved_ip"]["project_id"],
        made["id"]
    );

    let refused = cloud.delete(412, &path).await;
    assert_eq!(refused["message"], "cannot delete a project with resources");
    let back =
        json!({"resources": [format!("do:droplet:{droplet}"), format!("do:reservedip:{ip}")]});
    cloud
        .post(
            200,
            &format!("/v2/projects/{}/resources", default["id"].as_str().unwrap()),
            back,
        )
        .await;
    cloud.delete(204, &path).await;
    cloud.gone(&path).await;
    cloud.delete(412, "/v2/projects/default").await;
}

#[tokio::test]
async fn a_project_is_changed_in_part_or_whole() {
    let cloud = Cloud::start().await;
    let made = cloud
        .post(
            201,
            "/v2/projects",
            json!({"name": "one", "purpose": "Gardening"}),
        )
        .await["project"]
        .clone();
    assert_eq!(made["purpose"], "Other: Gardening");
    let path = format!("/v2/projects/{}", made["id"].as_str().unwrap());
    let change = json!({"description": "d", "is_default": true});
    let changed = cloud.expect(200, Method::PATCH, &path, Some(change)).await["project"].clone();
    assert_eq!(
        (&changed["name"], &changed["description"]),
        (&json!("one"), &json!("d"))
    );
    assert_eq!(
        cloud.get("/v2/projects/default").await["project"]["id"],
        made["id"]
    );
    cloud.put(422, &path, json!({"name": "two"})).await;
    let all = json!({"name": "two", "description": "", "purpose": "IoT", "environment": "Staging", "is_default": true});
    assert_eq!(cloud.put(200, &path, all).await["project"]["name"], "two");
    cloud
        .expect(
            422,
            Method::PATCH,
            &path,
            Some(json!({"environment": "moon"})),
        )
        .await;
    cloud
        .post(422, "/v2/projects", json!({"name": "three"}))
        .await;
    cloud
        .post(
            409,
            "/v2/projects",
            json!({"name": "two", "purpose": "IoT"}),
        )
        .await;
    assert_eq!(cloud.get("/v2/projects").await["meta"]["total"], 2);
}

#[tokio::test]
async fn another_default_project_takes_only_what_is_new() {
    let cloud = Cloud::start().await;
    let old = cloud.droplet("old", &[]).await;
    let first = cloud.get("/v2/projects/default").await["project"]["id"].clone();
    let new = json!({"name": "next", "purpose": "IoT"});
    let next = cloud.post(201, "/v2/projects", new).await["project"]["id"].clone();
    let path = |id: &serde_json::Value| format!("/v2/projects/{}", id.as_str().unwrap());
    let default = json!({"is_default": true});
    cloud
        .expect(200, Method::PATCH, &path(&next), Some(default))
        .await;
    let fresh = cloud.droplet("fresh", &[]).await;
    let of = async |id: &serde_json::Value| {
        let all = cloud.get(&format!("{}/resources", path(id))).await;
        all["resources"].clone()
    };
    assert_eq!(of(&first).await[0]["urn"], format!("do:droplet:{old}"));
    assert_eq!(of(&next).await[0]["urn"], format!("do:droplet:{fresh}"));
    let again = json!({"resources": [format!("do:droplet:{fresh}")]});
    let assigned = cloud
        .post(200, &format!("{}/resources", path(&next)), again)
        .await;
    assert_eq!(assigned["resources"][0]["status"], "already_assigned");
    cloud.delete(412, &path(&next)).await;
    cloud.delete(412, &path(&first)).await;
    cloud.delete(204, &format!("/v2/droplets/{old}")).await;
    cloud.delete(204, &path(&first)).await;
}
