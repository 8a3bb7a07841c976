use crate::api::cloud::Cloud;
use localcloud::cloud::record::Record;
use localcloud::metadata;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;

fn ask(cloud: &Cloud, peer: &str, path: &str) -> Option<String> {
    let state = std::fs::read(cloud.path().join("state.json")).unwrap();
    let record: Record = serde_json::from_slice(&state).unwrap();
    let peer: IpAddr = peer.parse().unwrap();
    metadata::answer(&record, peer, path, Duration::ZERO)
}

#[tokio::test]
async fn a_droplet_is_known_by_each_of_its_addresses() {
    let cloud = Cloud::start().await;
    let (a, b) = (
        cloud.droplet("a", &["app", "blue"]).await,
        cloud.droplet("b", &[]).await,
    );
    for peer in ["198.18.1.10", "198.18.2.10", "198.18.8.2"] {
        assert_eq!(
            ask(&cloud, peer, "/metadata/v1/id"),
            Some(a.to_string()),
            "{peer}"
        );
    }
    assert_eq!(
        ask(&cloud, "198.18.1.11", "/metadata/v1/id"),
        Some(b.to_string())
    );
    assert_eq!(ask(&cloud, "127.0.0.1", "/metadata/v1/id"), None);
    let texts = [
        ("hostname", "a"),
        ("region", "fra1"),
        ("tags", "app\nblue"),
        ("tags/", "app\nblue"),
        ("user-data", ""),
        ("interfaces/public/0/ipv4/address", "198.18.1.10"),
        ("interfaces/public/0/ipv4/netmask", "255.255.255.0"),
        ("interfaces/public/0/ipv4/gateway", "198.18.1.1"),
        ("interfaces/public/0/anchor_ipv4/address", "198.18.2.10"),
        ("interfaces/public/0/anchor_ipv4/gateway", "198.18.2.1"),
        ("interfaces/private/0/ipv4/address", "198.18.8.2"),
        ("interfaces/private/0/type", "private"),
        ("interfaces/", "private/\npublic/"),
        ("interfaces/public/0/ipv4", "address\ngateway\nnetmask"),
        ("reserved_ip/ipv4/", "active"),
        ("reserved_ip/ipv4/active", "false"),
    ];
    for (path, text) in texts {
        assert_eq!(
            ask(&cloud, "198.18.1.10", &format!("/metadata/v1/{path}")).as_deref(),
            Some(text),
            "{path}"
        );
    }
    let index = ask(&cloud, "198.18.1.10", "/metadata/v1/").unwrap();
    for name in [
        "id",
        "hostname",
        "user-data",
        "public-keys",
        "interfaces/",
        "reserved_ip/",
        "floating_ip/",
        "tags",
    ] {
        assert!(index.lines().any(|line| line == name), "{name} in {index}");
    }
    for nothing in [
        "/metadata/v1/nothing",
        "/metadata/v1/i",
        "/metadata/v2",
        "/",
        "/metadata/v1/reserved_ip/ipv4/ip_address",
    ] {
        assert_eq!(ask(&cloud, "198.18.1.10", nothing), None, "{nothing}");
    }
}

#[tokio::test]
async fn a_droplet_sees_the_reserved_ip_that_it_holds() {
    let cloud = Cloud::start().await;
    let a = cloud.droplet("a", &[]).await;
    let made = cloud
        .post(202, "/v2/reserved_ips", json!({"droplet_id": a}))
        .await;
    assert_eq!(
        cloud.outcome(&made["links"]["actions"][0]).await,
        "completed"
    );
    for name in ["reserved_ip", "floating_ip"] {
        let path = format!("/metadata/v1/{name}/ipv4");
        assert_eq!(
            ask(&cloud, "198.18.1.10", &format!("{path}/active")).as_deref(),
            Some("true")
        );
        assert_eq!(
            ask(&cloud, "198.18.1.10", &format!("{path}/ip_address")).as_deref(),
            Some("198.18.3.10")
        );
    }
    let document = ask(&cloud, "198.18.1.10", "/metadata/v1.json").unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["droplet_id"], a);
    assert_eq!(
        document["reserved_ip"]["ipv4"],
        json!({"active": true, "ip_address": "198.18.3.10"})
    );
    assert_eq!(
        document["interfaces"]["public"][0]["anchor_ipv4"]["ip_address"],
        "198.18.2.10"
    );
}

#[tokio::test]
async fn metadata_is_late_after_a_move() {
    let cloud = Cloud::start().await;
    let (a, b) = (cloud.droplet("a", &[]).await, cloud.droplet("b", &[]).await);
    let ip = cloud.reserved_ip().await;
    let state = || {
        let state = std::fs::read(cloud.path().join("state.json")).unwrap();
        serde_json::from_slice::<Record>(&state).unwrap()
    };
    let active = |peer: &str, lag: u64| {
        let path = "/metadata/v1/reserved_ip/ipv4/active";
        let peer: IpAddr = peer.parse().unwrap();
        metadata::answer(&state(), peer, path, Duration::from_secs(lag)).unwrap()
    };
    let assign = async |droplet: u64| {
        let body = json!({"type": "assign", "droplet_id": droplet});
        let path = format!("/v2/reserved_ips/{ip}/actions");
        let action = cloud.post(201, &path, body).await["action"].clone();
        assert_eq!(cloud.outcome(&action).await, "completed");
    };
    let (at_a, at_b) = ("198.18.1.10", "198.18.1.11");
    assign(a).await;
    assert_eq!(
        (active(at_a, 0), active(at_a, 3_600)),
        ("true".into(), "false".into())
    );
    assign(b).await;
    assert_eq!(
        (active(at_a, 0), active(at_b, 0)),
        ("false".into(), "true".into())
    );
    assert_eq!(
        (active(at_a, 3_600), active(at_b, 3_600)),
        ("true".into(), "false".into())
    );
    // The one that gets it is told after half the time: for a while both hold it.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(
        (active(at_a, 2), active(at_b, 2)),
        ("true".into(), "true".into())
    );
}
