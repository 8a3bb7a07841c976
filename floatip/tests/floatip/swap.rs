//! `floatip swap`: one call at a time, proved from outside, and back if it doesn't serve.

use std::time::Duration;

use crate::{
    cloud::{Cloud, HERE, LIVE, STAGE, Service, THERE},
    droplet::{ASSIGN_HERE, RELEASE_STAGE, floatip, free_address, run},
};

const ASSIGN_THERE: &str = "POST 198.18.1.1 {\"droplet_id\":1002,\"type\":\"assign\"}";
const STAGE_THERE: &str = "POST 198.18.1.2 {\"droplet_id\":1002,\"type\":\"assign\"}";

async fn swap(cloud: &Cloud, arguments: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = floatip(cloud, dir.path(), free_address());
    command.args(["swap", "--cool-down", "1"]).args(arguments);
    run(command).await
}

async fn staged() -> Cloud {
    let cloud = Cloud::start().await;
    cloud.lock().holders.insert(STAGE.into(), Some(HERE));
    cloud
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_ips_change_droplets_with_a_cool_down_between() {
    let cloud = staged().await;
    let (code, _, err) = swap(&cloud, &["--from", "1002"]).await;
    assert_eq!(code, 0, "{err}");
    assert_eq!(
        (cloud.holder(LIVE), cloud.holder(STAGE)),
        (Some(HERE), Some(THERE))
    );
    assert_eq!(cloud.posted(), [RELEASE_STAGE, ASSIGN_HERE, STAGE_THERE]);
    let posts = cloud.posts();
    for pair in posts.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= Duration::from_secs(1));
    }
    assert!(cloud.lock().live_asked >= 3);
    let (code, out, _) = swap(&cloud, &["--to", "1001"]).await;
    assert_eq!(
        (code, out.contains("droplet 1001 is live already")),
        (0, true)
    );
    // The reverse is the rollback; this time the stage IP stays parked.
    let (code, _, err) = swap(&cloud, &["--park"]).await;
    assert_eq!(code, 0, "{err}");
    assert_eq!(
        (cloud.holder(LIVE), cloud.holder(STAGE)),
        (Some(THERE), None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_droplet_that_does_not_serve_gives_the_live_ip_back() {
    let cloud = staged().await;
    cloud.service(HERE, Service::Closed);
    let (code, out, err) = swap(&cloud, &["--verify", "1", "--json"]).await;
    assert_eq!(code, 9, "{err}");
    assert!(err.contains("refuses or resets connections"), "{err}");
    assert_eq!(cloud.posted(), [RELEASE_STAGE, ASSIGN_HERE, ASSIGN_THERE]);
    assert_eq!(cloud.holder(LIVE), Some(THERE));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&told["done"], &told["exit_code"]),
        (&false.into(), &9.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_than_expected_gives_it_back_too() {
    let cloud = staged().await;
    let (code, _, err) = swap(&cloud, &["--verify", "1", "--expect-version", "1.4.0"]).await;
    assert_eq!(code, 9, "{err}");
    assert!(err.contains("version 1.2.3 answers, not 1.4.0"), "{err}");
    let (code, _, err) = swap(&cloud, &["--to", "1001", "--expect-version", "1.2.3"]).await;
    assert_eq!(code, 0, "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_way_it_says_so_and_does_nothing() {
    let cloud = Cloud::start().await;
    let (code, _, err) = swap(&cloud, &[]).await;
    assert_eq!((code, err.contains("--to")), (6, true), "{err}");
    let (code, _, err) = swap(&cloud, &["--to", "1001", "--from", "1001"]).await;
    assert_eq!(
        (code, err.contains("not on droplet 1001 as expected")),
        (6, true),
        "{err}"
    );
    cloud.lock().holders.insert(LIVE.into(), None);
    assert_eq!(swap(&cloud, &["--to", "1001"]).await.0, 6);
    cloud.lock().reads = Some(500);
    assert_eq!(swap(&cloud, &["--to", "1001"]).await.0, 4);
    assert!(cloud.posted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_lists_the_steps() {
    let cloud = staged().await;
    let (code, out, _) = swap(&cloud, &["--dry-run"]).await;
    assert_eq!(code, 0);
    let steps: Vec<_> = out.lines().map(str::trim).collect();
    let expected = [
        "would",
        "release 198.18.1.2, on droplet 1001",
        "cool down for 1 s",
        "move 198.18.1.1, on droplet 1002, to droplet 1001",
        "check from outside that the live IP serves",
        "cool down for 1 s",
        "move 198.18.1.2, nowhere, to droplet 1002",
    ];
    assert_eq!(steps, expected);
    assert!(cloud.posted().is_empty());
}
