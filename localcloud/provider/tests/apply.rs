//! Terraform itself applies the repository's environment, with this provider, to a localcloud that
//! keeps the record only.

use crate::cloud::{self, Cloud};
use serde_json::json;
use std::path::Path;

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
    assert_eq!(database["monitor_user"], "monitor");
    assert_eq!(outputs["monitor"]["value"]["name"], "minitwit-monitor");
    let backups = &outputs["backups"]["value"];
    assert_eq!(backups["bucket"], "minitwit-backups");
    assert!(backups["secret_key"].is_string(), "{backups}");

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
    let keys = cloud.get("/v2/spaces/keys").await;
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1), "{keys}");
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
async fn every_switch_can_be_on_and_off() {
    let cloud = Cloud::start().await;
    let on = [
        "-var=domain=minitwit.example",
        "-var=domain_created=true",
        "-var=domain_record=www",
        "-var=uptime_check_enabled=true",
        "-var=alert_emails=[\"ops@example.org\"]",
    ];
    let apply = [&["apply", "-auto-approve"], on.as_slice()].concat();
    cloud.terraform(&apply).await.succeeds();
    assert_eq!(cloud.plan(&on).await, NO_CHANGE);
    let outputs = cloud.outputs();
    assert_eq!(outputs["url"]["value"], "http://www.minitwit.example");
    let checks = cloud.get("/v2/uptime/checks").await;
    assert_eq!(checks["checks"][0]["enabled"], json!(true));
    let policies = cloud.get("/v2/monitoring/alerts").await;
    assert_eq!(
        policies["policies"][0]["alerts"]["email"],
        json!(["ops@example.org"])
    );

    let off = [
        "-var=monitor_enabled=false",
        "-var=backups_enabled=false",
        "-var=database_node_count=1",
        "-var=database_size=db-s-1vcpu-1gb",
    ];
    let apply = [&["apply", "-auto-approve"], off.as_slice()].concat();
    cloud.terraform(&apply).await.succeeds();
    assert_eq!(cloud.plan(&off).await, NO_CHANGE);
    assert_eq!(cloud.outputs()["monitor"]["value"], json!(null));
    let destroy = [&["destroy", "-auto-approve"], off.as_slice()].concat();
    cloud.terraform(&destroy).await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environments_own_tests_pass() {
    let tested = Cloud::start().await.terraform_test().await;
    tested.succeeds();
    assert!(tested.says("7 passed, 0 failed"), "{tested}");
}

#[tokio::test(flavor = "multi_thread")]
async fn resource_types_that_the_environment_does_not_use_work_too() {
    let cloud = Cloud::start().await;
    let resource_types = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resource_types");
    let apply = ["apply", "-auto-approve"];
    cloud.terraform_in(&resource_types, &apply).await.succeeds();
    assert_eq!(cloud.plan_in(&resource_types, &[]).await, NO_CHANGE);
    let changed = "-var=second=true";
    assert_eq!(cloud.plan_in(&resource_types, &[changed]).await, CHANGES);
    let applied = cloud
        .terraform_in(&resource_types, &["apply", "-auto-approve", changed])
        .await;
    applied.succeeds();
    assert!(applied.says("0 added, 5 changed, 0 destroyed"), "{applied}");
    assert_eq!(cloud.plan_in(&resource_types, &[changed]).await, NO_CHANGE);
    let destroy = ["destroy", "-auto-approve", changed];
    cloud
        .terraform_in(&resource_types, &destroy)
        .await
        .succeeds();
}

/// Two who apply at once: the second finds the first one's lock in the bucket.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_in_spaces_is_kept_and_locked() {
    let cloud = Cloud::start().await;
    let state = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../terraform/state");
    let bucket = "-var=bucket=example-state";
    let made = cloud
        .terraform_in(&state, &["apply", "-auto-approve", bucket])
        .await;
    made.succeeds();

    let folder = tempfile::tempdir().unwrap();
    cloud.write_backend(folder.path(), "example-state");
    cloud
        .terraform_remote(folder.path(), &["init"])
        .await
        .succeeds();
    let apply = ["apply", "-auto-approve", "-var=seconds=4"];
    let second = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        cloud.terraform_remote(folder.path(), &["plan"]).await
    };
    let (first, second) = tokio::join!(cloud.terraform_remote(folder.path(), &apply), second);
    first.succeeds();
    assert!(
        second.fails_with("Error acquiring the state lock"),
        "{second}"
    );
    std::fs::remove_dir_all(folder.path().join(".terraform")).unwrap();
    cloud
        .terraform_remote(folder.path(), &["init"])
        .await
        .succeeds();
    let output = cloud
        .terraform_remote(folder.path(), &["output", "made"])
        .await;
    assert!(output.says("\"in 4 s\""), "{output}");
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
