//! `floatip claim` and `floatip status`: what the operator sees, and the exit codes.

use std::path::Path;

use crate::{
    cloud::{Cloud, Fault, HERE, LIVE, Service, THERE},
    droplet::{ASSIGN_HERE, Droplet, floatip, free_address, run},
};

async fn claim(cloud: &Cloud, arguments: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = floatip(cloud, dir.path(), free_address());
    command.arg("claim").args(arguments);
    run(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_moves_a_dead_live_ip_here() {
    let cloud = Cloud::start().await;
    cloud.service(THERE, Service::Closed);
    let (code, out, err) = claim(&cloud, &[]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("is here now, and serves"), "{out}");
    assert_eq!(cloud.holder(LIVE), Some(HERE));
    let (code, out, _) = claim(&cloud, &[]).await;
    assert_eq!((code, out.contains("is here already")), (0, true));
    assert_eq!(cloud.posted(), [ASSIGN_HERE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_leaves_a_live_ip_that_serves_unless_forced() {
    let cloud = Cloud::start().await;
    let (code, _, err) = claim(&cloud, &[]).await;
    assert_eq!(code, 6, "{err}");
    assert!(err.contains("serves on droplet 1002"), "{err}");
    assert!(cloud.posted().is_empty());
    let (code, _, err) = claim(&cloud, &["--force"]).await;
    assert_eq!(code, 0, "{err}");
    assert_eq!(cloud.holder(LIVE), Some(HERE));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfit_droplet_claims_nothing() {
    let cloud = Cloud::start().await;
    cloud.lock().ready = false;
    let (code, _, err) = claim(&cloud, &["--force"]).await;
    assert_eq!(code, 6, "{err}");
    assert!(err.contains("database unavailable"), "{err}");
    assert!(cloud.posted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_never_succeeds_ends_in_time() {
    let cloud = Cloud::start().await;
    cloud.service(THERE, Service::Closed);
    cloud.fault(&vec![Fault::Status(500, "Server Error"); 1000]);
    let (code, _, err) = claim(&cloud, &["--timeout", "2"]).await;
    assert_eq!(code, 7, "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_has_its_sentence_and_its_code() {
    let cloud = Cloud::start().await;
    let dir = tempfile::tempdir().unwrap();
    let given = |name: &'static str, value: &str| {
        let mut command = floatip(&cloud, dir.path(), free_address());
        command
            .arg("claim")
            .arg("--config")
            .arg("/nonexistent")
            .env(name, value);
        command
    };
    let wrong = dir.path().join("wrong-token");
    std::fs::write(&wrong, "dop_v1_wrong").unwrap();
    for (command, expected, says) in [
        (
            given("FLOATIP_TOKEN_FILE", "/nonexistent"),
            3,
            "can't read the API token",
        ),
        (
            given("FLOATIP_TOKEN_FILE", wrong.to_str().unwrap()),
            3,
            "refuses the token (401)",
        ),
        (
            given("FLOATIP_LIVE_IP", ""),
            2,
            "FLOATIP_LIVE_IP is not set",
        ),
        (
            given("FLOATIP_LIVE_IP", "nonsense"),
            2,
            "FLOATIP_LIVE_IP is \"nonsense\"",
        ),
        (
            given("FLOATIP_LIVE_IP", "198.18.9.9"),
            5,
            "has no reserved IP 198.18.9.9",
        ),
        (
            given("FLOATIP_STAGE_IP", LIVE),
            2,
            "the same as FLOATIP_LIVE_IP",
        ),
        (
            given("FLOATIP_READY_URL", "https://x/"),
            2,
            "must start with http://",
        ),
        (
            given("FLOATIP_METADATA_URL", "http://127.0.0.1:9"),
            1,
            "set FLOATIP_DROPLET_ID",
        ),
    ] {
        let (code, out, err) = run(command).await;
        assert_eq!(code, expected, "{says}: {err}");
        assert!(err.contains(says), "{says}: {err}");
        assert!(!err.contains("dop_v1") && !out.contains("dop_v1"), "{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_both_droplets_and_who_is_missing() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    droplet.vrrp("BACKUP");
    droplet
        .shows("all", |it| {
            it["vrrp"] == "BACKUP" && it["fit"] == true && !it["droplet"]["name"].is_null()
        })
        .await;
    let status = |peers: &str, json: bool| {
        let mut command = floatip(&cloud, Path::new(droplet.dir.path()), droplet.listen);
        command.arg("status").env("FLOATIP_PEERS", peers);
        if json {
            command.arg("--json");
        }
        run(command)
    };
    let (code, out, _) = status("http://127.0.0.1:9/", false).await;
    assert_eq!(code, 0);
    assert!(out.starts_with("DROPLET"), "{out}");
    let row = "droplet-1001        1001  standby                            1.2.3    yes  BACKUP  198.18.0.10  0.1.0";
    assert!(out.contains(row), "{out}");
    assert!(
        out.contains("http://127.0.0.1:9  -     unreachable: refused, or no route"),
        "{out}"
    );
    assert!(
        out.contains("live IP 198.18.1.1 droplet 1002, stage IP 198.18.1.2 nowhere"),
        "{out}"
    );
    let (_, out, _) = status("", true).await;
    let overview: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(overview["agreement"], true);
    assert_eq!(overview["droplets"][0]["status"]["role"], "standby");
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_names_the_row_and_every_input_with_its_age() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    droplet.vrrp("MASTER");
    droplet
        .shows("rest", |it| it["decision"]["row"] == "serves")
        .await;
    let explain = |json: bool| {
        let mut command = floatip(&cloud, Path::new(droplet.dir.path()), droplet.listen);
        command.arg("explain");
        if json {
            command.arg("--json");
        }
        run(command)
    };
    let (code, out, err) = explain(false).await;
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("row `serves`: the live IP serves; not forced"),
        "{out}"
    );
    for input in [
        "record: live IP",
        "live IP from outside",
        "VRRP",
        "fitness",
        "freeze",
    ] {
        assert!(
            out.lines().any(|line| line.starts_with(input)),
            "{input}: {out}"
        );
    }
    let (_, out, _) = explain(true).await;
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["row"], "serves");
    let vrrp = told["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "VRRP");
    assert_eq!(vrrp.unwrap()["value"], "MASTER");
    assert!(vrrp.unwrap()["at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn status_without_any_droplet_is_exit_8() {
    let cloud = Cloud::start().await;
    let dir = tempfile::tempdir().unwrap();
    let mut command = floatip(&cloud, dir.path(), free_address());
    command.arg("status");
    let (code, out, err) = run(command).await;
    assert_eq!(code, 8, "{out}{err}");
    assert!(err.contains("is floatip.service running"), "{err}");
}
