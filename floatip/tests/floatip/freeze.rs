//! `floatip freeze`: both droplets hold still, over restarts, until someone says otherwise.

use crate::{
    cloud::{Cloud, LIVE, STAGE, Service, THERE},
    droplet::{ASSIGN_HERE, Droplet, floatip, run},
};

async fn say(
    cloud: &Cloud,
    here: &Droplet,
    peers: &str,
    arguments: &[&str],
) -> (i32, String, String) {
    let mut command = floatip(cloud, here.dir.path(), here.listen);
    command
        .args(arguments)
        .env("FLOATIP_PEERS", peers)
        .env("USER", "ada");
    run(command).await
}

fn url(droplet: &Droplet) -> String {
    format!("http://{}", droplet.listen)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_droplets_hold_still_over_restarts_until_unfrozen() {
    let cloud = Cloud::start().await;
    let (mut here, mut there) = (Droplet::new(), Droplet::new());
    let (here_url, there_url) = (url(&here), url(&there));
    here.run_beside(&cloud, &there_url);
    there.run_beside(&cloud, &here_url);
    here.logged("record").await;
    there.logged("record").await;
    let (code, out, err) = say(
        &cloud,
        &here,
        &there_url,
        &["freeze", "--why", "moving house"],
    )
    .await;
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.matches("frozen").count(), 2, "{out}");

    // Nothing moves, neither now nor after a restart of either.
    cloud.service(THERE, Service::Closed);
    here.vrrp("MASTER");
    here.shows("rest", |it| it["why"] == "frozen").await;
    here.live_asked(&cloud, 2).await;
    there.stop();
    there.run_beside(&cloud, "");
    let status = there
        .shows("the freeze", |it| it["freeze"]["why"] == "moving house")
        .await;
    assert_eq!(status["freeze"]["who"], "ada");
    assert_eq!(there.logged("frozen").await["why"], "moving house");
    let (_, out, _) = say(&cloud, &here, &there_url, &["status"]).await;
    assert!(
        out.contains("automatic moves are FROZEN on all droplets by ada since"),
        "{out}"
    );
    assert!(here.get("/metrics").await.contains("\nfloatip_frozen 1\n"));
    assert!(cloud.posted().is_empty());

    let (code, _, err) = say(&cloud, &here, "", &["unfreeze"]).await;
    assert_eq!(code, 0, "{err}");
    here.logged("first_answer").await;
    assert_eq!(cloud.posted(), [ASSIGN_HERE]);
    assert!(here.get("/metrics").await.contains("\nfloatip_frozen 0\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_droplet_that_comes_back_learns_it_from_the_other() {
    let cloud = Cloud::start().await;
    let (mut here, mut there) = (Droplet::new(), Droplet::new());
    here.run_beside(&cloud, "");
    here.logged("record").await;
    let (code, out, err) = say(
        &cloud,
        &here,
        &url(&there),
        &["freeze", "--why", "w", "--until", "1h"],
    )
    .await;
    assert_eq!(code, 11, "{out}{err}");
    assert!(out.contains("not seen to follow: refused"), "{out}");
    there.run_beside(&cloud, &url(&here));
    let status = there
        .shows("the freeze", |it| it["freeze"]["why"] == "w")
        .await;
    assert!(status["freeze"]["until"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_ends_by_itself_when_its_time_is_up() {
    let cloud = Cloud::start().await;
    let here = Droplet::start(&cloud).await;
    let arguments = [
        "freeze", "--why", "w", "--until", "1500ms", "--who", "bob", "--json",
    ];
    let (code, out, err) = say(&cloud, &here, "", &arguments).await;
    assert_eq!(code, 0, "{err}");
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&told["revision"], &told["freeze"]["who"]),
        (&1.into(), &"bob".into())
    );
    here.shows("its end", |it| {
        it["freeze"].is_null() && it["freeze_mark"]["revision"] == 1
    })
    .await;
    cloud.service(THERE, Service::Closed);
    here.vrrp("MASTER");
    here.logged("first_answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_own_claim_is_not_held() {
    let cloud = Cloud::start().await;
    let here = Droplet::start(&cloud).await;
    say(&cloud, &here, "", &["freeze", "--why", "w"]).await;
    cloud.service(THERE, Service::Closed);
    let (code, _, err) = say(&cloud, &here, "", &["claim"]).await;
    assert_eq!(code, 0, "{err}");
    assert_ne!(cloud.holder(LIVE), cloud.holder(STAGE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_without_a_reason_or_in_the_past_is_wrong_usage() {
    let cloud = Cloud::start().await;
    let here = Droplet::new();
    assert_eq!(say(&cloud, &here, "", &["freeze"]).await.0, 2);
    assert_eq!(say(&cloud, &here, "", &["freeze", "--why", " "]).await.0, 2);
    let past = ["freeze", "--why", "w", "--until", "2020-01-01T00:00:00Z"];
    assert_eq!(say(&cloud, &here, "", &past).await.0, 2);
    let (code, out, _) = say(&cloud, &here, "", &["freeze", "--why", "w", "--dry-run"]).await;
    assert_eq!(
        (code, out.contains("would write revision 1")),
        (0, true),
        "{out}"
    );
    assert!(!here.dir.path().join("freeze.json").exists());
}
