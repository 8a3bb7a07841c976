use crate::api::cloud::{Cloud, until};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_vpc_is_made_changed_and_removed_once_it_is_empty() {
    let cloud = Cloud::start().await;
    let new =
        json!({"name": "main", "region": "fra1", "ip_range": "10.20.0.0/20", "description": "all"});
    let vpc = cloud.post(201, "/v2/vpcs", new).await["vpc"].clone();
    let id = vpc["id"].as_str().unwrap();
    assert_eq!(vpc["urn"], format!("do:vpc:{id}"));
    assert_eq!(vpc["ip_range"], "10.20.0.0/20");
    let path = format!("/v2/vpcs/{id}");
    assert_eq!(cloud.get(&path).await["vpc"], vpc);
    let changed = cloud
        .expect(200, Method::PATCH, &path, Some(json!({"name": "other"})))
        .await;
    assert_eq!(changed["vpc"]["name"], "other");
    assert_eq!(changed["vpc"]["description"], "all");
    let replaced = cloud.put(200, &path, json!({"name": "third"})).await;
    assert_eq!(replaced["vpc"]["description"], "");

    let order = json!({"name": "a", "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "vpc_uuid": id});
    let answer = cloud.post(202, "/v2/droplets", order).await;
    assert_eq!(
        cloud.outcome(&answer["links"]["actions"][0]).await,
        "completed"
    );
    let droplet = format!("/v2/droplets/{}", answer["droplet"]["id"]);
    let v4 = cloud.get(&droplet).await["droplet"]["networks"]["v4"].clone();
    assert!(
        v4.as_array()
            .unwrap()
            .iter()
            .any(|net| net["ip_address"] == "10.20.0.2"
                && net["netmask"] == "255.255.240.0"
                && net["gateway"] == "10.20.0.1")
    );
    let members = cloud.get(&format!("{path}/members")).await;
    assert_eq!(
        members["members"][0]["urn"],
        format!("do:droplet:{}", answer["droplet"]["id"])
    );
    let refused = cloud.delete(403, &path).await;
    assert_eq!(refused["message"], "Can not delete VPC with members");
    cloud.delete(204, &droplet).await;
    until(async || cloud.send(Method::DELETE, &path, None).await.status() == 204).await;
    cloud.gone(&path).await;
}

#[tokio::test]
async fn ranges_are_private_and_do_not_overlap() {
    let cloud = Cloud::start().await;
    let make = |name: &str, range: &str| json!({"name": name, "region": "fra1", "ip_range": range});
    cloud
        .post(201, "/v2/vpcs", make("one", "10.20.0.0/16"))
        .await;
    for bad in [
        "10.20.4.0/24",
        "8.8.0.0/24",
        "10.0.0.0/8",
        "10.30.0.0/29",
        "10.30.0.1/24",
        "198.18.1.0/24",
    ] {
        cloud.post(422, "/v2/vpcs", make("two", bad)).await;
    }
    cloud
        .post(422, "/v2/vpcs", make("one", "10.40.0.0/24"))
        .await;
    cloud
        .post(422, "/v2/vpcs", json!({"name": "two", "region": "moon1"}))
        .await;
    let chosen = cloud
        .post(201, "/v2/vpcs", json!({"name": "two", "region": "ams3"}))
        .await;
    assert_eq!(chosen["vpc"]["ip_range"], "198.18.8.0/24");
}

#[tokio::test]
async fn a_droplet_without_vpc_lands_in_its_regions_default() {
    let cloud = Cloud::start().await;
    cloud.droplet("a", &[]).await;
    cloud.droplet("b", &[]).await;
    let vpcs = cloud.get("/v2/vpcs").await;
    assert_eq!(vpcs["meta"]["total"], 1);
    assert_eq!(vpcs["vpcs"][0]["default"], true);
    assert_eq!(vpcs["vpcs"][0]["name"], "default-fra1");
}
