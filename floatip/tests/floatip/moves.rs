//! `floatip move`: from a stated record, whatever the API does, and never twice.

use crate::{
    cloud::{Cloud, Fault, HERE, LIVE, STAGE, Service, THERE},
    droplet::{ASSIGN_HERE, floatip, free_address, run},
};

async fn floatip_move(cloud: &Cloud, arguments: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = floatip(cloud, dir.path(), free_address());
    command.arg("move").args(arguments);
    run(command).await
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_ends_when_the_record_proves_it() {
    let cloud = Cloud::start().await;
    let (code, out, err) = floatip_move(&cloud, &["live", "--to", "1001", "--from", "1002"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("198.18.1.1 is now on droplet 1001"), "{out}");
    assert_eq!(cloud.holder(LIVE), Some(HERE));
    assert_eq!(cloud.posted(), [ASSIGN_HERE]);
    assert_eq!(cloud.lock().calls.last().unwrap().1, "LIST");
    let (code, out, _) = floatip_move(&cloud, &[LIVE, "--to", "1001", "--from", "1002"]).await;
    assert_eq!(
        (code, out.contains("was already on droplet 1001")),
        (0, true)
    );
    assert_eq!(cloud.posted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_someone_else_changed_is_left_alone() {
    let cloud = Cloud::start().await;
    let (code, _, err) = floatip_move(&cloud, &["live", "--to", "1001", "--from", "1003"]).await;
    assert_eq!(code, 6, "{err}");
    assert!(
        err.contains("on droplet 1002, not on droplet 1003 as expected"),
        "{err}"
    );
    let (code, ..) = floatip_move(&cloud, &["live", "--to", "1001", "--from", "none"]).await;
    assert_eq!(code, 6);
    assert!(cloud.posted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_droplet_that_holds_another_is_named() {
    let cloud = Cloud::start().await;
    cloud.lock().holders.insert(STAGE.into(), Some(HERE));
    let (code, _, err) = floatip_move(&cloud, &["live", "--to", "1001"]).await;
    assert_eq!(code, 6, "{err}");
    assert!(err.contains("droplet 1001 holds 198.18.1.2"), "{err}");
    assert!(cloud.posted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failed_try_is_shown_and_a_lost_answer_moves_nothing_twice() {
    let cloud = Cloud::start().await;
    cloud.fault(&[
        Fault::Status(422, "Droplet already has a pending event."),
        Fault::Status(503, "Service Unavailable"),
        Fault::Errored,
        Fault::Lost,
    ]);
    let (code, out, err) = floatip_move(&cloud, &["live", "--to", "1001", "--json"]).await;
    assert_eq!(code, 0, "{err}");
    let told = json(&out);
    assert_eq!(told["changed"], true);
    assert_eq!(told["from"], THERE);
    let failed = told["notes"].as_array().unwrap();
    let codes: Vec<_> = failed.iter().filter_map(|it| it["code"].as_str()).collect();
    assert_eq!(codes, ["unprocessable", "server", "silent"]);
    assert!(failed.iter().any(|it| it["note"] == "errored"));
    assert!(
        err.contains("pending event") && err.contains("503"),
        "{err}"
    );
    assert_eq!(cloud.posted().len(), 4);
    assert_eq!(cloud.holder(LIVE), Some(HERE));
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_waited_for_and_time_is_kept() {
    let cloud = Cloud::start().await;
    cloud.fault(&[Fault::RetryAfter(2)]);
    let (code, ..) = floatip_move(&cloud, &["live", "--to", "1001"]).await;
    assert_eq!(code, 0);
    let posts = cloud.posts();
    assert!(posts[1].0 - posts[0].0 >= std::time::Duration::from_secs(2));
    cloud.fault(&vec![Fault::Status(500, "Server Error"); 100]);
    let (code, _, err) = floatip_move(&cloud, &["live", "--to", "1002", "--timeout", "2"]).await;
    assert_eq!(code, 7, "{err}");
    assert!(
        err.contains("read the record before anything else"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_ip_is_released_by_force_only() {
    let cloud = Cloud::start().await;
    for name in ["live", LIVE] {
        let (code, _, err) = floatip_move(&cloud, &[name, "--to", "none"]).await;
        assert_eq!(code, 6, "{err}");
        assert!(err.contains("--force"), "{err}");
    }
    assert!(cloud.posted().is_empty());
    let (code, ..) = floatip_move(&cloud, &["live", "--to", "none", "--force"]).await;
    assert_eq!((code, cloud.holder(LIVE)), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let cloud = Cloud::start().await;
    let (code, out, _) = floatip_move(&cloud, &["live", "--to", "1001", "--dry-run"]).await;
    assert_eq!(code, 0);
    assert!(
        out.contains("would move 198.18.1.1 to droplet 1001"),
        "{out}"
    );
    let stated = [
        "live",
        "--to",
        "1001",
        "--from",
        "none",
        "--dry-run",
        "--json",
    ];
    let (code, out, _) = floatip_move(&cloud, &stated).await;
    assert_eq!(
        (code, json(&out)["would_change"].as_bool()),
        (6, Some(false))
    );
    assert!(cloud.posted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_of_the_api_has_its_code() {
    let cloud = Cloud::start().await;
    cloud.service(THERE, Service::Up);
    assert_eq!(
        floatip_move(&cloud, &["198.18.9.9", "--to", "1001"])
            .await
            .0,
        5
    );
    cloud.fault(&[Fault::Status(404, "not found")]);
    assert_eq!(floatip_move(&cloud, &["live", "--to", "77"]).await.0, 5);
    cloud.fault(&[Fault::Status(403, "You are not authorized")]);
    assert_eq!(floatip_move(&cloud, &["live", "--to", "1001"]).await.0, 3);
    cloud.fault(&vec![Fault::Status(422, "not in this region"); 9]);
    let (code, _, err) = floatip_move(&cloud, &["live", "--to", "1001"]).await;
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("not in this region"), "{err}");
    assert_eq!(floatip_move(&cloud, &["live", "--to", "no-id"]).await.0, 2);
}
