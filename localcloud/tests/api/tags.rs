use crate::api::cloud::Cloud;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_tag_counts_what_has_it_and_goes_from_everything() {
    let cloud = Cloud::start().await;
    let tag = cloud.post(201, "/v2/tags", json!({"name": "app"})).await;
    for kind in [
        "droplets",
        "images",
        "volumes",
        "volume_snapshots",
        "databases",
    ] {
        assert_eq!(tag["tag"]["resources"][kind]["count"], 0, "{kind}");
    }
    let id = cloud.droplet("a", &[]).await;
    let resources =
        json!({"resources": [{"resource_id": id.to_string(), "resource_type": "droplet"}]});
    cloud
        .post(204, "/v2/tags/app/resources", resources.clone())
        .await;
    assert_eq!(
        cloud.get("/v2/tags/app").await["tag"]["resources"]["droplets"]["count"],
        1
    );
    assert_eq!(
        cloud.get("/v2/droplets?tag_name=app").await["meta"]["total"],
        1
    );
    cloud
        .expect(
            204,
            Method::DELETE,
            "/v2/tags/app/resources",
            Some(resources.clone()),
        )
        .await;
    assert_eq!(
        cloud.get("/v2/tags/app").await["tag"]["resources"]["count"],
        0
    );
    cloud.post(204, "/v2/tags/app/resources", resources).await;
    cloud.delete(204, "/v2/tags/app").await;
    cloud.gone("/v2/tags/app").await;
    assert_eq!(
        cloud.get(&format!("/v2/droplets/{id}")).await["droplet"]["tags"],
        json!([])
    );
}

#[tokio::test]
async fn a_tag_has_one_spelling_and_plain_characters() {
    let cloud = Cloud::start().await;
    cloud
        .post(201, "/v2/tags", json!({"name": "App:web_1"}))
        .await;
    let again = cloud
        .post(201, "/v2/tags", json!({"name": "app:WEB_1"}))
        .await;
    assert_eq!(again["tag"]["name"], "App:web_1");
    cloud
        .post(422, "/v2/tags", json!({"name": "no spaces"}))
        .await;
    let list = cloud.get("/v2/tags").await;
    assert_eq!(list["meta"]["total"], 1);
    let missing = json!({"resources": [{"resource_id": "1", "resource_type": "droplet"}]});
    cloud
        .post(404, "/v2/tags/app:web_1/resources", missing)
        .await;
}
