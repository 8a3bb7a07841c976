use crate::api::cloud::{Cloud, FINGERPRINT, KEY, until};
use reqwest::Method;
use serde_json::{Value, json};

fn order(name: &str) -> Value {
    json!({"name": name, "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-12-x64"})
}

#[tokio::test]
async fn a_droplet_is_new_and_locked_then_active_with_its_addresses() {
    let cloud = Cloud::start().await;
    cloud
        .post(
            201,
            "/v2/account/keys",
            json!({"name": "me", "public_key": KEY}),
        )
        .await;
    let mut new = order("web-1");
    new["ssh_keys"] = json!([FINGERPRINT]);
    new["tags"] = json!(["app", "blue"]);
    new["monitoring"] = json!(true);
    let answer = cloud.post(202, "/v2/droplets", new).await;
    let droplet = &answer["droplet"];
    assert_eq!(
        (&droplet["status"], &droplet["locked"]),
        (&json!("new"), &json!(true))
    );
    assert_eq!(droplet["networks"], json!({"v4": [], "v6": []}));
    assert_eq!(answer["links"]["actions"][0]["rel"], "create");
    assert_eq!(
        cloud.outcome(&answer["links"]["actions"][0]).await,
        "completed"
    );

    let path = format!("/v2/droplets/{}", droplet["id"]);
    let droplet = cloud.get(&path).await["droplet"].clone();
    assert_eq!(
        (&droplet["status"], &droplet["locked"]),
        (&json!("active"), &json!(false))
    );
    assert_eq!(droplet["networks"]["v4"][0]["ip_address"], "198.18.1.10");
    assert_eq!(droplet["networks"]["v4"][0]["type"], "public");
    assert_eq!(droplet["networks"]["v4"][1]["type"], "private");
    assert_eq!(droplet["size"]["slug"], "s-1vcpu-1gb");
    assert_eq!(droplet["region"]["slug"], "fra1");
    assert_eq!(droplet["image"]["slug"], "debian-12-x64");
    assert_eq!(droplet["tags"], json!(["app", "blue"]));
    for feature in ["monitoring", "private_networking"] {
        assert!(
            droplet["features"]
                .as_array()
                .unwrap()
                .contains(&json!(feature)),
            "{feature}"
        );
    }
    let actions = cloud.get(&format!("{path}/actions")).await;
    assert_eq!(actions["actions"][0]["type"], "create");
    assert_eq!(actions["actions"][0]["resource_type"], "droplet");
    assert!(actions["actions"][0]["completed_at"].is_string());
    let one = cloud
        .get(&format!("{path}/actions/{}", actions["actions"][0]["id"]))
        .await;
    assert_eq!(one["action"], actions["actions"][0]);
}

#[tokio::test]
async fn several_droplets_are_ordered_listed_and_deleted_by_tag() {
    let cloud = Cloud::start().await;
    let mut new = order("");
    new.as_object_mut().unwrap().remove("name");
    new["names"] = json!(["a", "b", "c"]);
    new["tags"] = json!(["app"]);
    let answer = cloud.post(202, "/v2/droplets", new).await;
    assert_eq!(answer["droplets"].as_array().unwrap().len(), 3);
    for action in answer["links"]["actions"].as_array().unwrap() {
        assert_eq!(cloud.outcome(action).await, "completed");
    }
    let other = cloud.droplet("d", &["other"]).await;
    assert_eq!(cloud.get("/v2/droplets").await["meta"]["total"], 4);
    assert_eq!(
        cloud.get("/v2/droplets?name=b").await["droplets"][0]["name"],
        "b"
    );

    let page = cloud.get("/v2/droplets?tag_name=app&per_page=2").await;
    assert_eq!(page["droplets"].as_array().unwrap().len(), 2);
    assert_eq!(page["meta"]["total"], 3);
    assert_eq!(page["links"]["pages"].get("prev"), None);
    let next = page["links"]["pages"]["next"]
        .as_str()
        .unwrap()
        .strip_prefix(&cloud.url)
        .unwrap();
    assert_eq!(
        page["links"]["pages"]["last"],
        format!("{}{next}", cloud.url)
    );
    let page = cloud.get(next).await;
    assert_eq!(page["droplets"][0]["name"], "c");
    assert_eq!(page["links"]["pages"].get("next"), None);
    assert!(
        page["links"]["pages"]["first"]
            .as_str()
            .unwrap()
            .contains("page=1")
    );

    cloud.delete(204, "/v2/droplets?tag_name=app").await;
    let left = cloud.get("/v2/droplets").await;
    assert_eq!(left["meta"]["total"], 1);
    assert_eq!(left["droplets"][0]["id"], other);
    cloud.delete(422, "/v2/droplets").await;
}

#[tokio::test]
async fn an_order_names_what_is_wrong_with_it() {
    let cloud = Cloud::start().await;
    let wrong = [
        ("size", json!("s-99vcpu"), "s-99vcpu"),
        ("region", json!("moon1"), "moon1"),
        ("image", json!("beos-5"), "beos-5"),
        ("name", json!("under_score"), "hostname"),
        ("ssh_keys", json!([123]), "123"),
        (
            "vpc_uuid",
            json!("00000000-0000-4000-8000-000000000000"),
            "VPC",
        ),
        ("user_data", json!("x".repeat(64 * 1024 + 1)), "64 KiB"),
    ];
    for (field, value, expected) in wrong {
        let mut new = order("a");
        new[field] = value;
        let answer = cloud.post(422, "/v2/droplets", new).await;
        assert_eq!(answer["id"], "unprocessable_entity");
        assert!(
            answer["message"].as_str().unwrap().contains(expected),
            "{answer}"
        );
    }
    assert_eq!(cloud.get("/v2/droplets").await["meta"]["total"], 0);
    assert_eq!(
        cloud.get("/v2/vpcs").await["meta"]["total"],
        0,
        "a refused order leaves nothing"
    );
}

#[tokio::test]
async fn power_name_size_and_image_change_by_actions() {
    let cloud = Cloud::start().await;
    let id = cloud.droplet("a", &[]).await;
    let (path, actions) = (
        format!("/v2/droplets/{id}"),
        format!("/v2/droplets/{id}/actions"),
    );
    let act = async |body: Value| {
        let action = cloud.post(201, &actions, body).await["action"].clone();
        assert_eq!(action["status"], "in-progress");
        assert_eq!(cloud.outcome(&action).await, "completed");
        cloud.get(&path).await["droplet"].clone()
    };
    cloud
        .post(
            422,
            &actions,
            json!({"type": "resize", "size": "s-1vcpu-2gb"}),
        )
        .await;
    assert_eq!(act(json!({"type": "reboot"})).await["status"], "active");
    assert_eq!(act(json!({"type": "power_off"})).await["status"], "off");
    cloud.post(422, &actions, json!({"type": "reboot"})).await;
    cloud
        .post(422, &actions, json!({"type": "resize", "size": "s-99"}))
        .await;
    let small = act(json!({"type": "resize", "size": "s-1vcpu-2gb"})).await;
    assert_eq!(
        (&small["memory"], &small["disk"]),
        (&json!(2048), &json!(25))
    );
    let grown = act(json!({"type": "resize", "size": "s-1vcpu-2gb", "disk": true})).await;
    assert_eq!(grown["disk"], 50);
    assert_eq!(act(json!({"type": "power_on"})).await["status"], "active");
    assert_eq!(act(json!({"type": "shutdown"})).await["status"], "off");
    assert_eq!(
        act(json!({"type": "power_cycle"})).await["status"],
        "active"
    );
    assert_eq!(
        act(json!({"type": "rename", "name": "b"})).await["name"],
        "b"
    );
    assert_eq!(
        act(json!({"type": "rebuild", "image": "debian-12-x64"})).await["status"],
        "active"
    );
    for bad in [
        json!({"type": "rebuild", "image": "beos"}),
        json!({"type": "rename"}),
        json!({"type": "fly"}),
        json!({}),
    ] {
        cloud.post(422, &actions, bad).await;
    }
    cloud
        .post(404, "/v2/droplets/1/actions", json!({"type": "reboot"}))
        .await;
    cloud.gone(&format!("{path}/actions/1")).await;
}

#[tokio::test]
async fn a_deleted_droplet_is_gone_at_once_and_its_addresses_are_used_again() {
    let cloud = Cloud::start().await;
    let id = cloud.droplet("a", &[]).await;
    let path = format!("/v2/droplets/{id}");
    cloud.delete(204, &path).await;
    cloud.gone(&path).await;
    cloud.delete(404, &path).await;
    until(async || {
        let state = std::fs::read_to_string(cloud.path().join("state.json")).unwrap();
        !state.contains("198.18.1.10")
    })
    .await;
    let next = cloud.droplet("b", &[]).await;
    assert_ne!(next, id);
    let droplet = cloud.get(&format!("/v2/droplets/{next}")).await;
    assert_eq!(
        droplet["droplet"]["networks"]["v4"][0]["ip_address"],
        "198.18.1.10"
    );
}

#[tokio::test]
async fn actions_on_a_tag_start_for_each_of_its_droplets() {
    let cloud = Cloud::start().await;
    cloud.droplet("a", &["app"]).await;
    cloud.droplet("b", &["app"]).await;
    let started = cloud
        .post(
            201,
            "/v2/droplets/actions?tag_name=app",
            json!({"type": "power_off"}),
        )
        .await;
    for action in started["actions"].as_array().unwrap() {
        assert_eq!(cloud.outcome(action).await, "completed");
    }
    let droplets = cloud.get("/v2/droplets").await;
    assert!(
        droplets["droplets"]
            .as_array()
            .unwrap()
            .iter()
            .all(|droplet| droplet["status"] == "off")
    );
}

#[tokio::test]
async fn the_catalogue_lists_what_can_be_ordered() {
    let cloud = Cloud::start().await;
    let regions = cloud.get("/v2/regions?per_page=200").await;
    assert!(
        regions["regions"]
            .as_array()
            .unwrap()
            .iter()
            .any(|region| region["slug"] == "fra1")
    );
    let sizes = cloud.get("/v2/sizes").await;
    assert!(
        sizes["sizes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|size| size["slug"] == "s-1vcpu-1gb")
    );
    assert_eq!(
        cloud.get("/v2/images/debian-12-x64").await["image"]["distribution"],
        "Debian"
    );
    assert_eq!(
        cloud.get("/v2/images?private=true").await["meta"]["total"],
        0
    );
    cloud.gone("/v2/images/beos").await;
    cloud
        .expect(405, Method::POST, "/v2/regions", Some(json!({})))
        .await;
}
