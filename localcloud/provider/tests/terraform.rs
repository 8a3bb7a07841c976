//! Terraform itself applies the repository's environment, with this provider, to a localcloud that
//! keeps the record only.

mod cloud;

use cloud::Cloud;
use serde_json::json;

/// The exit code of `terraform plan -detailed-exitcode` when nothing is to be done.
const NO_CHANGE: i32 = 0;
/// The exit code of `terraform plan -detailed-exitcode` when something is to be done.
const CHANGES: i32 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn an_applied_environment_needs_no_change_and_goes_without_a_trace() {
    let cloud = Cloud::start().await;
    cloud
        .terraform(&["apply", "-auto-approve"])
        .await
        .succeeds();
    assert_eq!(cloud.plan(&[]).await, NO_CHANGE);

    let outputs = cloud.outputs();
    let droplets = outputs["droplets"]["value"].as_object().unwrap();
    assert_eq!(droplets.len(), 2);
    let b = &droplets["minitwit-b"];
    assert!(b["private_ip"].is_string(), "{b}");
    let database = &outputs["database"]["value"];
    let uri = database["uri"].as_str().unwrap();
    assert!(uri.starts_with("postgresql://minitwit:"), "{uri}");
    assert!(uri.ends_with("/minitwit?sslmode=require"), "{uri}");
    let ca = database["ca_certificate"].as_str().unwrap();
    assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"), "{ca}");
    assert_eq!(outputs["database"]["sensitive"], json!(true));

    // A failover or a release, as Terraform sees it.
    let live = outputs["live_ip"]["value"].as_str().unwrap();
    cloud.assign(live, b["id"].as_str().unwrap()).await;
    assert_eq!(cloud.plan(&[]).await, NO_CHANGE);

    // What is gone is missed, and what may change in place does.
    let stage = outputs["stage_ip"]["value"].as_str().unwrap();
    cloud.delete(&format!("/v2/reserved_ips/{stage}")).await;
    let bigger = "-var=droplet_size=s-2vcpu-2gb";
    assert_eq!(cloud.plan(&[bigger]).await, CHANGES);
    let applied = cloud.terraform(&["apply", "-auto-approve", bigger]).await;
    applied.succeeds();
    assert!(applied.says("1 added, 2 changed, 0 destroyed"), "{applied}");
    assert_eq!(cloud.plan(&[bigger]).await, NO_CHANGE);

    cloud
        .terraform(&["destroy", "-auto-approve"])
        .await
        .succeeds();
    for (path, list) in [
        ("/v2/droplets", "droplets"),
        ("/v2/reserved_ips", "reserved_ips"),
        ("/v2/firewalls", "firewalls"),
        ("/v2/databases", "databases"),
        ("/v2/account/keys", "ssh_keys"),
        ("/v2/tags", "tags"),
    ] {
        let left = cloud.get(path).await;
        assert_eq!(left[list].as_array().map_or(0, Vec::len), 0, "{left}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_size_is_refused_in_the_apis_words() {
    let cloud = Cloud::start().await;
    let apply = ["apply", "-auto-approve", "-var=droplet_size=s-99vcpu-1gb"];
    let applied = cloud.terraform(&apply).await;
    assert!(
        applied.fails_with("could not create the droplet \"minitwit-a\": "),
        "{applied}"
    );
    assert!(applied.says("422"), "{applied}");
    // What was made before the refusal is not lost: a repeat goes on from there.
    cloud
        .terraform(&["apply", "-auto-approve"])
        .await
        .succeeds();
    assert_eq!(cloud.plan(&[]).await, NO_CHANGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_said_once() {
    let mut cloud = Cloud::start().await;
    cloud.token = "wrong".to_owned();
    let plan = cloud.terraform(&["plan"]).await;
    assert!(
        plan.fails_with("Error: the token was refused: set DIGITALOCEAN_TOKEN"),
        "{plan}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_not_there_is_named() {
    let mut cloud = Cloud::start().await;
    cloud.url = "http://127.0.0.1:1".to_owned();
    let plan = cloud.terraform(&["plan"]).await;
    assert!(
        plan.fails_with("Error: the API at http://127.0.0.1:1 can't be reached"),
        "{plan}"
    );
}

#[test]
fn started_by_hand_it_says_what_it_is_for() {
    let output = std::process::Command::new(cloud::PROVIDER)
        .env_remove("TF_PLUGIN_MAGIC_COOKIE")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("dev_overrides"), "{text}");
}
