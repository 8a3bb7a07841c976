use crate::api::cloud::{Cloud, until};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_cluster_comes_online_with_connections_to_both_its_addresses() {
    let cloud = Cloud::start().await;
    let id = cloud.database("main").await;
    let path = format!("/v2/databases/{id}");
    let cluster = cloud.get(&path).await["database"].clone();
    for (key, host) in [
        ("connection", "198.18.4.10"),
        ("private_connection", "198.18.8.2"),
    ] {
        let connection = &cluster[key];
        let password = connection["password"].as_str().unwrap();
        assert_eq!(connection["host"], host);
        assert_eq!(connection["port"], 25060);
        assert_eq!(connection["ssl"], true);
        let uri = format!("postgresql://doadmin:{password}@{host}:25060/defaultdb?sslmode=require");
        assert_eq!(connection["uri"], uri);
    }
    assert_eq!(cluster["engine"], "pg");
    assert_eq!(cluster["db_names"], json!(["defaultdb"]));
    assert_eq!(cluster["users"][0]["role"], "primary");
    assert_eq!(cluster["storage_size_mib"], 10240);
    assert_eq!(
        cluster["project_id"],
        cloud.get("/v2/projects/default").await["project"]["id"]
    );
    assert_eq!(cloud.get("/v2/databases").await["databases"][0], cluster);
    assert!(cloud.get(&format!("{path}/ca")).await["ca"]["certificate"].is_string());

    cloud
        .put(
            202,
            &format!("{path}/resize"),
            json!({"size": "db-s-1vcpu-2gb", "num_nodes": 2}),
        )
        .await;
    until(async || cloud.get(&path).await["database"]["status"] == "online").await;
    assert_eq!(cloud.get(&path).await["database"]["num_nodes"], 2);
    cloud
        .put(
            204,
            &format!("{path}/maintenance"),
            json!({"day": "monday", "hour": "04:00"}),
        )
        .await;
    assert_eq!(
        cloud.get(&path).await["database"]["maintenance_window"]["day"],
        "monday"
    );
    cloud.delete(204, &path).await;
    cloud.gone(&path).await;
}

#[tokio::test]
async fn databases_and_users_are_made_and_removed() {
    let cloud = Cloud::start().await;
    let id = cloud.database("main").await;
    let (dbs, users) = (
        format!("/v2/databases/{id}/dbs"),
        format!("/v2/databases/{id}/users"),
    );
    assert_eq!(
        cloud.post(201, &dbs, json!({"name": "minitwit"})).await["db"]["name"],
        "minitwit"
    );
    cloud.post(422, &dbs, json!({"name": "minitwit"})).await;
    cloud.post(422, &dbs, json!({"name": "no; drop"})).await;
    assert_eq!(cloud.get(&dbs).await["dbs"].as_array().unwrap().len(), 2);
    assert_eq!(
        cloud.get(&format!("{dbs}/minitwit")).await["db"]["name"],
        "minitwit"
    );
    cloud.delete(204, &format!("{dbs}/minitwit")).await;
    cloud.gone(&format!("{dbs}/minitwit")).await;
    cloud.delete(403, &format!("{dbs}/defaultdb")).await;

    let user = cloud.post(201, &users, json!({"name": "app"})).await["user"].clone();
    assert_eq!(user["role"], "normal");
    assert!(user["password"].as_str().unwrap().len() > 20);
    assert_eq!(cloud.get(&format!("{users}/app")).await["user"], user);
    let reset = cloud
        .post(200, &format!("{users}/app/reset_auth"), json!({}))
        .await;
    assert_ne!(reset["user"]["password"], user["password"]);
    cloud.delete(204, &format!("{users}/app")).await;
    cloud.gone(&format!("{users}/app")).await;
    cloud.delete(403, &format!("{users}/doadmin")).await;
    assert_eq!(
        cloud.get(&users).await["users"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn trusted_sources_are_replaced_as_a_whole_and_keep_their_ids() {
    let cloud = Cloud::start().await;
    let (id, droplet) = (
        cloud.database("main").await,
        cloud.droplet("a", &["app"]).await,
    );
    let path = format!("/v2/databases/{id}/firewall");
    assert_eq!(cloud.get(&path).await["rules"], json!([]));
    let one = json!({"type": "tag", "value": "app"});
    cloud.put(204, &path, json!({"rules": [one]})).await;
    let first = cloud.get(&path).await["rules"][0].clone();
    assert_eq!(first["cluster_uuid"], id);
    assert!(first["uuid"].is_string() && first["created_at"].is_string());
    let two = json!({"type": "droplet", "value": droplet.to_string()});
    let three = json!({"type": "ip_addr", "value": "198.18.8.0/24"});
    cloud
        .put(204, &path, json!({"rules": [one, two, three]}))
        .await;
    assert_eq!(cloud.get(&path).await["rules"][0], first);
    for bad in [
        ("tag", "unknown"),
        ("droplet", "1"),
        ("ip_addr", "::1"),
        ("k8s", "x"),
    ] {
        let (kind, value) = bad;
        cloud
            .put(
                422,
                &path,
                json!({"rules": [{"type": kind, "value": value}]}),
            )
            .await;
    }
    cloud.delete(204, &format!("/v2/droplets/{droplet}")).await;
    assert_eq!(cloud.get(&path).await["rules"].as_array().unwrap().len(), 2);
    cloud.put(204, &path, json!({"rules": []})).await;
    assert_eq!(cloud.get(&path).await["rules"], json!([]));
}

#[tokio::test]
async fn a_cluster_that_can_not_be_made_is_refused() {
    let cloud = Cloud::start().await;
    let good = json!({"name": "main", "engine": "pg", "version": "15", "size": "db-s-1vcpu-1gb", "region": "fra1", "num_nodes": 1});
    let wrong: [(&str, Value); 7] = [
        ("name", json!("A b")),
        ("engine", json!("mongodb")),
        ("version", json!("9")),
        ("size", json!("db-huge")),
        ("region", json!("moon1")),
        ("num_nodes", json!(2)),
        ("project_id", json!("nowhere")),
    ];
    for (key, value) in wrong {
        let mut new = good.clone();
        new[key] = value;
        cloud.post(422, "/v2/databases", new).await;
    }
    cloud.post(201, "/v2/databases", good.clone()).await;
    cloud.post(422, "/v2/databases", good).await;
    let options = cloud.get("/v2/databases/options").await;
    assert!(
        options["options"]["pg"]["versions"]
            .as_array()
            .unwrap()
            .contains(&json!("15"))
    );
    cloud
        .expect(
            404,
            Method::PUT,
            "/v2/databases/nonsense/resize",
            Some(json!({})),
        )
        .await;
}

#[tokio::test]
async fn a_cluster_is_maintained_upgraded_and_moved() {
    let cloud = Cloud::start().await;
    let id = cloud.database("main").await;
    let path = format!("/v2/databases/{id}");
    let online = async || {
        until(async || cloud.get(&path).await["database"]["status"] == "online").await;
        cloud.get(&path).await["database"].clone()
    };
    let put = async |status: u16, part: &str, body: Value| {
        cloud.put(status, &format!("{path}/{part}"), body).await
    };
    for bad in [
        json!({"day": "someday", "hour": "04:00"}),
        json!({"day": "monday", "hour": "25:00"}),
    ] {
        put(422, "maintenance", bad).await;
    }
    put(
        204,
        "maintenance",
        json!({"day": "Monday", "hour": "04:00:00"}),
    )
    .await;
    assert_eq!(online().await["maintenance_window"]["day"], "monday");
    put(204, "install_update", json!({})).await;
    for bad in ["14", "15", "99"] {
        put(422, "upgrade", json!({"version": bad})).await;
    }
    put(204, "upgrade", json!({"version": "16"})).await;
    assert_eq!(online().await["version"], "16");
    for bad in ["moon1", "fra1"] {
        put(422, "migrate", json!({"region": bad})).await;
    }
    put(202, "migrate", json!({"region": "ams3"})).await;
    let moved = online().await;
    assert_eq!(moved["region"], "ams3");
    let vpc = moved["private_network_uuid"].as_str().unwrap();
    assert_eq!(
        cloud.get(&format!("/v2/vpcs/{vpc}")).await["vpc"]["region"],
        "ams3"
    );
    let events = cloud.get(&format!("{path}/events")).await;
    let kinds: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "cluster_update",
            "cluster_update",
            "cluster_maintenance_perform",
            "cluster_create"
        ]
    );
}

#[tokio::test]
async fn settings_are_checked_and_kept() {
    let cloud = Cloud::start().await;
    let id = cloud.database("main").await;
    let path = format!("/v2/databases/{id}/config");
    let change = async |status: u16, config: Value| {
        let body = json!({"config": config});
        cloud.expect(status, Method::PATCH, &path, Some(body)).await
    };
    assert_eq!(cloud.get(&path).await["config"], json!({}));
    change(200, json!({"work_mem": 8, "jit": false})).await;
    change(200, json!({"work_mem": 16, "timezone": "UTC"})).await;
    for bad in [
        json!({"work_mem": 0}),
        json!({"work_mem": "8"}),
        json!({"jit": "off"}),
        json!({"track_functions": "some"}),
        json!({"no_such_setting": 1}),
        json!({"timezone": "Nowhere"}),
        json!({"pgbouncer": {"server_lifetime": "long"}}),
    ] {
        change(422, bad).await;
    }
    change(200, json!({"pgbouncer": {"server_lifetime": 60}})).await;
    change(200, json!({"pgbouncer": {"min_pool_size": 1}})).await;
    let pools = json!({"server_lifetime": 60, "min_pool_size": 1});
    let kept = json!({"work_mem": 16, "jit": false, "timezone": "UTC", "pgbouncer": pools});
    assert_eq!(cloud.get(&path).await["config"], kept);
}

#[tokio::test]
async fn what_a_cluster_does_not_have_is_refused() {
    let cloud = Cloud::start().await;
    let id = cloud.database("main").await;
    let path = format!("/v2/databases/{id}");
    assert_eq!(
        cloud.get(&format!("{path}/replicas")).await["replicas"],
        json!([])
    );
    cloud
        .post(422, &format!("{path}/replicas"), json!({"name": "r"}))
        .await;
    cloud.gone(&format!("{path}/replicas/r")).await;
    for part in ["eviction_policy", "sql_mode", "topics", "indexes"] {
        let refused = cloud
            .expect(422, Method::GET, &format!("{path}/{part}"), None)
            .await;
        assert!(
            refused["message"].as_str().unwrap().contains("pg"),
            "{refused}"
        );
    }
    let nowhere = "/v2/databases/00000000-0000-4000-8000-000000000000";
    for part in ["events", "config", "replicas", "eviction_policy"] {
        cloud.gone(&format!("{nowhere}/{part}")).await;
    }
}
