use crate::api::cloud::Cloud;
use reqwest::Method;
use serde_json::{Value, json};

fn web() -> Value {
    json!({
        "name": "web",
        "inbound_rules": [
            {"protocol": "tcp", "ports": "80", "sources": {"addresses": ["0.0.0.0/0", "::/0"]}},
            {"protocol": "icmp", "sources": {"tags": ["app"]}},
        ],
        "outbound_rules": [{"protocol": "tcp", "ports": "all", "destinations": {"addresses": ["0.0.0.0/0"]}}],
        "tags": ["app"],
        "droplet_ids": null,
    })
}

#[tokio::test]
async fn a_firewall_is_made_replaced_and_removed() {
    let cloud = Cloud::start().await;
    let droplet = cloud.droplet("a", &["app"]).await;
    let made = cloud.post(202, "/v2/firewalls", web()).await["firewall"].clone();
    assert_eq!(made["status"], "succeeded");
    assert_eq!(made["inbound_rules"][0], web()["inbound_rules"][0]);
    assert_eq!(made["inbound_rules"][1]["ports"], "0");
    assert_eq!(made["outbound_rules"][0]["ports"], "0");
    assert_eq!(made["droplet_ids"], json!([]));
    let path = format!("/v2/firewalls/{}", made["id"].as_str().unwrap());
    assert_eq!(cloud.get(&path).await["firewall"], made);
    assert_eq!(
        cloud
            .get(&format!("/v2/droplets/{droplet}/firewalls"))
            .await["firewalls"][0]["name"],
        "web"
    );

    let mut new = web();
    new["tags"] = json!([]);
    new["outbound_rules"] = Value::Null;
    let replaced = cloud.put(200, &path, new).await;
    assert_eq!(replaced["firewall"]["outbound_rules"], json!([]));
    assert_eq!(
        cloud
            .get(&format!("/v2/droplets/{droplet}/firewalls"))
            .await["meta"]["total"],
        0
    );
    cloud.delete(204, &path).await;
    cloud.gone(&path).await;
}

#[tokio::test]
async fn droplets_tags_and_rules_are_added_and_removed() {
    let cloud = Cloud::start().await;
    let droplet = cloud.droplet("a", &["app"]).await;
    let made = cloud.post(202, "/v2/firewalls", web()).await;
    let path = format!("/v2/firewalls/{}", made["firewall"]["id"].as_str().unwrap());
    let parts = [
        ("droplets", "droplet_ids", json!([droplet])),
        ("tags", "tags", json!(["app"])),
        (
            "rules",
            "inbound_rules",
            json!([{"protocol": "udp", "ports": "4789", "sources": {"droplet_ids": [droplet]}}]),
        ),
    ];
    for (part, key, value) in parts {
        let body = json!({key: value});
        let part = format!("{path}/{part}");
        cloud.post(204, &part, body.clone()).await;
        let there = cloud.get(&path).await["firewall"][key]
            .as_array()
            .unwrap()
            .len();
        cloud.expect(204, Method::DELETE, &part, Some(body)).await;
        assert_eq!(
            cloud.get(&path).await["firewall"][key]
                .as_array()
                .unwrap()
                .len(),
            there - 1,
            "{key}"
        );
    }
}

#[tokio::test]
async fn a_firewall_that_can_not_work_is_refused() {
    let cloud = Cloud::start().await;
    cloud.post(201, "/v2/tags", json!({"name": "app"})).await;
    let wrong = [
        ("name", json!("a b")),
        ("tags", json!(["unknown"])),
        ("droplet_ids", json!([1])),
        (
            "inbound_rules",
            json!([{"protocol": "gre", "sources": {"addresses": ["0.0.0.0/0"]}}]),
        ),
        (
            "inbound_rules",
            json!([{"protocol": "tcp", "ports": "99999", "sources": {"addresses": ["0.0.0.0/0"]}}]),
        ),
        (
            "inbound_rules",
            json!([{"protocol": "tcp", "ports": "80", "sources": {"addresses": ["app"]}}]),
        ),
        (
            "inbound_rules",
            json!([{"protocol": "tcp", "ports": "80", "sources": {}}]),
        ),
        (
            "inbound_rules",
            json!([{"protocol": "tcp", "sources": {"addresses": ["0.0.0.0/0"]}}]),
        ),
        ("inbound_rules", json!("all")),
    ];
    for (key, value) in wrong {
        let mut new = web();
        new[key] = value;
        cloud.post(422, "/v2/firewalls", new).await;
    }
    cloud
        .post(422, "/v2/firewalls", json!({"name": "none"}))
        .await;
    cloud.post(202, "/v2/firewalls", web()).await;
    let twice = cloud.post(409, "/v2/firewalls", web()).await;
    assert_eq!(twice["message"], "duplicate name");
}

#[tokio::test]
async fn what_goes_away_goes_from_firewalls_too() {
    let cloud = Cloud::start().await;
    let droplet = cloud.droplet("a", &["app"]).await;
    let mut new = web();
    new["droplet_ids"] = json!([droplet]);
    let made = cloud.post(202, "/v2/firewalls", new).await;
    let path = format!("/v2/firewalls/{}", made["firewall"]["id"].as_str().unwrap());
    cloud.delete(204, &format!("/v2/droplets/{droplet}")).await;
    cloud.delete(204, "/v2/tags/app").await;
    let left = cloud.get(&path).await["firewall"].clone();
    assert_eq!(
        (&left["droplet_ids"], &left["tags"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(left["inbound_rules"][1]["sources"], json!({}));
}
