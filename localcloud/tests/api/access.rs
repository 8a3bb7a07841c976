use crate::api::cloud::Cloud;
use localcloud::daemon::Ending;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

async fn with_scopes(cloud: &mut Cloud, scopes: &[&str]) {
    let made = cloud
        .post(
            201,
            "/_localcloud/tokens",
            json!({"name": "node", "scopes": scopes}),
        )
        .await;
    made["token"].as_str().unwrap().clone_into(&mut cloud.token);
}

#[tokio::test]
async fn without_a_known_token_nothing_is_answered() {
    let cloud = Cloud::start().await;
    for request in [
        Client::new().get(format!("{}/v2/account", cloud.url)),
        Client::new()
            .get(format!("{}/v2/account", cloud.url))
            .bearer_auth("dop_v1_wrong"),
        Client::new()
            .get(format!("{}/v2/account", cloud.url))
            .basic_auth(&cloud.token, Some("")),
        Client::new().get(format!("{}/_localcloud/status", cloud.url)),
        Client::new().get(format!("{}/nothing", cloud.url)),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["id"], "Unauthorized");
        assert_eq!(body["message"], "Unable to authenticate you");
    }
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_no_more() {
    let mut cloud = Cloud::start().await;
    let (droplet, ip) = (cloud.droplet("a", &[]).await, cloud.reserved_ip().await);
    with_scopes(
        &mut cloud,
        &["reserved_ip:read", "reserved_ip:update", "droplet:read"],
    )
    .await;
    let body = json!({"type": "assign", "droplet_id": droplet});
    cloud
        .post(201, &format!("/v2/reserved_ips/{ip}/actions"), body)
        .await;
    cloud.get(&format!("/v2/droplets/{droplet}")).await;
    cloud
        .expect(
            403,
            Method::DELETE,
            &format!("/v2/droplets/{droplet}"),
            None,
        )
        .await;
    cloud
        .post(
            403,
            &format!("/v2/droplets/{droplet}/actions"),
            json!({"type": "power_off"}),
        )
        .await;
    cloud
        .post(403, "/v2/reserved_ips", json!({"region": "fra1"}))
        .await;
    cloud
        .expect(403, Method::GET, "/_localcloud/status", None)
        .await;
    cloud
        .post(
            403,
            "/_localcloud/tokens",
            json!({"name": "more", "scopes": ["admin"]}),
        )
        .await;
}

#[tokio::test]
async fn a_reserved_ips_droplet_and_passwords_are_for_those_who_may_see_them() {
    let mut cloud = Cloud::start().await;
    let (droplet, database) = (cloud.droplet("a", &[]).await, cloud.database("main").await);
    let made = cloud
        .post(202, "/v2/reserved_ips", json!({"droplet_id": droplet}))
        .await;
    assert_eq!(
        cloud.outcome(&made["links"]["actions"][0]).await,
        "completed"
    );
    with_scopes(&mut cloud, &["reserved_ip:read", "database:read"]).await;
    let path = format!(
        "/v2/reserved_ips/{}",
        made["reserved_ip"]["ip"].as_str().unwrap()
    );
    assert_eq!(
        cloud.get(&path).await["reserved_ip"]["droplet"],
        Value::Null
    );
    let database = cloud.get(&format!("/v2/databases/{database}")).await;
    assert_eq!(database["database"]["connection"]["password"], "");
    assert_eq!(database["database"]["users"][0]["password"], "");
}

#[tokio::test]
async fn each_token_has_its_own_rate_limit() {
    let mut cloud = Cloud::start().await;
    let response = cloud.send(Method::GET, "/v2/account", None).await;
    assert_eq!(response.headers()["ratelimit-limit"], "5000");
    assert_eq!(response.headers()["ratelimit-remaining"], "4999");
    assert!(response.headers().contains_key("ratelimit-reset"));
    let client = Client::new();
    let url = format!("{}/v2/account", cloud.url);
    for _ in 1..250 {
        assert_eq!(
            client
                .get(&url)
                .bearer_auth(&cloud.token)
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
    }
    let stopped = cloud.send(Method::GET, "/v2/account", None).await;
    assert_eq!(stopped.status(), 429);
    let wait: u64 = stopped.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(
        stopped.json::<Value>().await.unwrap()["id"],
        "too_many_requests"
    );
    cloud.get("/_localcloud/status").await;
    with_scopes(&mut cloud, &["account:read"]).await;
    cloud.get("/v2/account").await;
}

#[tokio::test]
async fn unknown_paths_methods_and_bodies_are_told_apart() {
    let cloud = Cloud::start().await;
    cloud.gone("/v2/kubernetes/clusters").await;
    cloud.gone("/v2/droplets/nonsense").await;
    cloud.delete(405, "/v2/account").await;
    let client = Client::new();
    let post = |body: &'static str| {
        client
            .post(format!("{}/v2/droplets", cloud.url))
            .bearer_auth(&cloud.token)
            .body(body)
    };
    for (body, status) in [("{", 400), ("", 400), ("[]", 422), (r#"{"name": 7}"#, 422)] {
        let response = post(body).send().await.unwrap();
        assert_eq!(response.status(), status, "{body}");
        assert!(response.headers().contains_key("x-request-id"));
        assert!(response.json::<Value>().await.unwrap()["message"].is_string());
    }
}

#[tokio::test]
async fn the_control_surface_shows_the_cloud_and_ends_it() {
    let cloud = Cloud::start().await;
    let droplet = cloud.droplet("a", &["app"]).await;
    let made = cloud
        .post(202, "/v2/reserved_ips", json!({"droplet_id": droplet}))
        .await;
    assert_eq!(
        cloud.outcome(&made["links"]["actions"][0]).await,
        "completed"
    );
    cloud.database("main").await;
    let status = cloud.get("/_localcloud/status").await;
    assert_eq!(
        (&status["name"], &status["slot"]),
        (&json!("test"), &json!(0))
    );
    assert_eq!(status["droplets"][0]["public"], "198.18.1.10");
    assert_eq!(status["droplets"][0]["anchor"], "198.18.2.10");
    assert_eq!(status["reserved_ips"][0]["droplet_id"], droplet);
    assert_eq!(status["databases"][0]["status"], "online");
    assert_eq!(status["databases"][0]["nodes"], 1);
    let admin = &status["tokens"][0];
    assert_eq!(admin["name"], "admin");
    assert!(admin["left_this_minute"].as_u64().unwrap() < 250);
    assert!(
        !status.to_string().contains(&cloud.token),
        "no token's text"
    );
    let fault = json!({"kind": "api-latency", "millis": 1, "seconds": 60});
    cloud.post(201, "/_localcloud/faults", fault).await;
    let faults = cloud.get("/_localcloud/status").await["faults"].clone();
    let left = faults[0]["milliseconds_left"].as_u64().unwrap();
    assert!((1_000..=60_000).contains(&left), "{faults}");
    cloud
        .post(
            422,
            "/_localcloud/tokens",
            json!({"name": "x", "scopes": ["everything"]}),
        )
        .await;
    for private in ["token", "state.json"] {
        let permissions = std::fs::metadata(cloud.path().join(private))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(permissions & 0o777, 0o600, "{private}");
    }
    cloud.post(202, "/_localcloud/shutdown", json!({})).await;
    assert_eq!(cloud.ended().await, Ending::Shutdown);
}
