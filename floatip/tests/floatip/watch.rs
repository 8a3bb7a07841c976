//! The service: what it does, how fast, and what it leaves alone.

use std::time::{Duration, Instant};

use crate::{
    cloud::{Cloud, Fault, HERE, LIVE, STAGE, Service, THERE},
    droplet::{ASSIGN_HERE, Droplet, RELEASE_STAGE, until},
};

/// At rest the service looks every five seconds; what is seen earlier is seen because of an event.
const AT_REST: Duration = Duration::from_secs(5);

/// Makes the droplet master while the live IP's service is as given; tells how long the first POST took.
pub async fn fail_over(cloud: &Cloud, droplet: &Droplet, service: Service) -> Duration {
    droplet
        .shows("fitness", |status| status["fit"] == true)
        .await;
    cloud.service(THERE, service);
    let start = Instant::now();
    droplet.vrrp("MASTER");
    let post = until("a POST", || cloud.posts().first().cloned()).await;
    post.0 - start
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fit_master_claims_at_once_when_the_live_ip_is_refused() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    assert_eq!(droplet.bonus(), "0\n");
    let took = fail_over(&cloud, &droplet, Service::Closed).await;
    assert!(took < AT_REST, "{took:?}");
    droplet.logged("first_answer").await;
    assert_eq!(cloud.posted(), [ASSIGN_HERE]);
    assert_eq!(cloud.holder(LIVE), Some(HERE));
    assert_eq!(droplet.bonus(), "50\n");
    let steps = [
        "vrrp",
        "detected",
        "decided",
        "accepted",
        "completed",
        "first_answer",
    ];
    let logged = droplet.actions();
    let order = logged.iter().filter(|it| steps.contains(&it.as_str()));
    assert!(order.eq(steps.iter()), "{logged:?}");
    let status = droplet
        .shows("its role", |status| status["role"] == "live")
        .await;
    assert_eq!(status["agreement"], true);
    assert_eq!(status["droplet"]["name"], "droplet-1001");
    assert_eq!(status["droplet"]["public_ip"], "198.18.0.10");
    assert_eq!(status["version"], "1.2.3");
    assert_eq!(status["record"]["live"]["droplet_id"], 1001);
    assert_eq!(status["moves"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_of_the_live_ip_is_not_waited_out_until_the_next_look() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    let took = fail_over(&cloud, &droplet, Service::Silent).await;
    assert!(took < AT_REST, "{took:?}");
    droplet.logged("first_answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_leaves_a_live_ip_that_serves() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    droplet.vrrp("MASTER");
    droplet
        .shows("rest", |status| status["why"] == "live_serves")
        .await;
    droplet.live_asked(&cloud, 3).await;
    assert!(cloud.posted().is_empty());
    let status = droplet.status().await;
    assert_eq!(status["agreement"], false);
    assert!(status["disagreement_seconds"].as_f64().unwrap() > 1.0);
    // And it need not become master again to notice that it doesn't any longer.
    cloud.service(THERE, Service::Closed);
    droplet.logged("first_answer").await;
    assert_eq!(cloud.posted(), [ASSIGN_HERE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_leaves_a_live_ip_that_is_dead() {
    let cloud = Cloud::start().await;
    cloud.service(THERE, Service::Closed);
    let droplet = Droplet::start(&cloud).await;
    droplet.vrrp("BACKUP");
    droplet
        .shows("BACKUP", |status| status["vrrp"] == "BACKUP")
        .await;
    droplet.logged("detected").await;
    droplet.live_asked(&cloud, 4).await;
    assert!(cloud.posted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfit_master_leaves_it_too() {
    let cloud = Cloud::start().await;
    cloud.service(THERE, Service::Closed);
    cloud.lock().ready = false;
    let droplet = Droplet::start(&cloud).await;
    droplet.vrrp("MASTER");
    let unfit = |it: &serde_json::Value| {
        it["why"] == "not_fit" && it["fit_reason"] == "database unavailable"
    };
    droplet.shows("rest", unfit).await;
    droplet.live_asked(&cloud, 4).await;
    assert!(cloud.posted().is_empty());
    // Fit again: it claims without a new event.
    cloud.lock().ready = true;
    droplet.logged("first_answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_assignment_is_the_fit_masters() {
    let cloud = Cloud::start().await;
    cloud.lock().holders.insert(LIVE.into(), None);
    let droplet = Droplet::start(&cloud).await;
    droplet.vrrp("MASTER");
    assert_eq!(droplet.logged("decided").await["cause"], "nobody_holds");
    droplet.logged("first_answer").await;
    assert_eq!(cloud.holder(LIVE), Some(HERE));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stage_ip_is_released_first_if_it_is_here() {
    let cloud = Cloud::start().await;
    cloud.lock().holders.insert(STAGE.into(), Some(HERE));
    let droplet = Droplet::start(&cloud).await;
    fail_over(&cloud, &droplet, Service::Closed).await;
    droplet.logged("first_answer").await;
    assert_eq!(cloud.posted(), [RELEASE_STAGE, ASSIGN_HERE]);
    assert_eq!(droplet.count("decided"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holder_does_nothing_and_has_the_bonus() {
    let cloud = Cloud::start().await;
    cloud.lock().holders.insert(LIVE.into(), Some(HERE));
    cloud.service(HERE, Service::Closed);
    let droplet = Droplet::start(&cloud).await;
    droplet.vrrp("MASTER");
    until("the bonus", || (droplet.bonus() == "50\n").then_some(())).await;
    droplet.live_asked(&cloud, 4).await;
    assert!(cloud.posted().is_empty());
    // The record alone counts: after a move by hand the bonus goes too.
    cloud.lock().holders.insert(LIVE.into(), Some(THERE));
    cloud.service(THERE, Service::Up);
    until("no bonus", || (droplet.bonus() == "0\n").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_ends_with_mastership() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    cloud.fault(&vec![Fault::Status(500, "Server Error"); 1000]);
    fail_over(&cloud, &droplet, Service::Closed).await;
    droplet.logged("claim_failed").await;
    droplet.vrrp("FAULT");
    assert_eq!(droplet.logged("claim_abandoned").await["why"], "not_master");
    let posts = cloud.posted().len();
    droplet.live_asked(&cloud, 4).await;
    assert_eq!(cloud.posted().len(), posts);
    assert_eq!(droplet.status().await["vrrp"], "FAULT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_by_someone_else_is_waited_for() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    cloud.lock().locked_elsewhere = true;
    cloud.service(THERE, Service::Closed);
    droplet.vrrp("MASTER");
    droplet
        .shows("rest", |status| status["why"] == "locked")
        .await;
    droplet
        .shows("the lock", |status| {
            status["record"]["live"]["locked"] == true
        })
        .await;
    assert!(cloud.posted().is_empty());
    {
        let mut inner = cloud.lock();
        inner.locked_elsewhere = false;
        inner.holders.insert(LIVE.into(), Some(HERE));
    }
    droplet
        .shows("the move", |status| status["role"] == "live")
        .await;
    assert!(cloud.posted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn mastership_is_seen_without_any_event() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    let master = "|-- 192.0.0.8\n/32 host LOCAL\n";
    std::fs::write(droplet.dir.path().join("fib_trie"), master).unwrap();
    droplet
        .shows("MASTER", |status| status["vrrp"] == "MASTER")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_bonus_and_state() {
    let cloud = Cloud::start().await;
    cloud.lock().holders.insert(LIVE.into(), Some(HERE));
    let mut droplet = Droplet::start(&cloud).await;
    droplet.vrrp("BACKUP");
    droplet
        .shows("BACKUP", |status| status["vrrp"] == "BACKUP")
        .await;
    until("the bonus", || (droplet.bonus() == "50\n").then_some(())).await;
    droplet.stop();
    cloud.lock().reads = Some(500);
    droplet.run(&cloud);
    droplet.logged("record_unreadable").await;
    droplet
        .shows("BACKUP again", |status| status["vrrp"] == "BACKUP")
        .await;
    assert_eq!(droplet.bonus(), "50\n");
    assert_eq!(droplet.status().await["role"], "unknown");
    cloud.lock().reads = None;
    droplet
        .shows("the record again", |status| status["role"] == "live")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_holds_the_token_and_each_has_its_time() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    fail_over(&cloud, &droplet, Service::Closed).await;
    droplet.logged("first_answer").await;
    for line in droplet.lines() {
        assert!(!line.to_string().contains(crate::cloud::TOKEN), "{line}");
        let time = line["@timestamp"].as_str().unwrap();
        assert_eq!(time.len(), "2026-11-21T08:38:00.123Z".len(), "{time}");
        time.parse::<jiff::Timestamp>().unwrap();
    }
}
