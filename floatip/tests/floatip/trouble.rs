//! The service against trouble of the API: each refusal, each silence, each action that goes astray.

use std::time::Duration;

use crate::{
    cloud::{Cloud, Fault, LIVE, Service},
    droplet::{ASSIGN_HERE, Droplet},
    watch::fail_over,
};

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_trouble_are_outlasted() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    cloud.fault(&[
        Fault::Status(422, "Droplet already has a pending event."),
        Fault::Status(500, "Server Error"),
        Fault::Status(503, "Service Unavailable"),
    ]);
    fail_over(&cloud, &droplet, Service::Closed).await;
    droplet.logged("first_answer").await;
    assert_eq!(cloud.posted().len(), 4);
    assert_eq!(droplet.count("claim_failed"), 3);
    assert_eq!(droplet.count("decided"), 1);
    // After each refusal the record is read again before anything else is done.
    let calls = cloud.lock().calls.clone();
    let live_read = format!("GET /v2/reserved_ips/{LIVE}");
    let relevant = calls
        .iter()
        .map(|(_, call)| call)
        .filter(|it| **it == live_read || it.starts_with("POST"));
    let relevant: Vec<_> = relevant.collect();
    assert!(
        relevant
            .windows(2)
            .all(|pair| !(pair[0].starts_with("POST") && pair[1].starts_with("POST"))),
        "{relevant:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_waited_for() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    cloud.fault(&[Fault::RetryAfter(2)]);
    fail_over(&cloud, &droplet, Service::Closed).await;
    droplet.logged("first_answer").await;
    let posts = cloud.posts();
    assert!(posts[1].0 - posts[0].0 >= Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_does_not_move_it_twice() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    cloud.fault(&[Fault::Lost]);
    fail_over(&cloud, &droplet, Service::Closed).await;
    droplet.logged("first_answer").await;
    assert_eq!(cloud.posted(), [ASSIGN_HERE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_is_unknown_at_first_is_waited_for() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    cloud.fault(&[Fault::UnknownFor(2)]);
    cloud.lock().latency = Duration::from_millis(1200);
    fail_over(&cloud, &droplet, Service::Closed).await;
    droplet.logged("first_answer").await;
    assert_eq!(cloud.posted(), [ASSIGN_HERE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_is_never_known_is_seen_by_the_record() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    cloud.fault(&[Fault::UnknownFor(1000)]);
    fail_over(&cloud, &droplet, Service::Closed).await;
    assert!(droplet.logged("completed").await["action.id"].is_null());
    droplet.logged("first_answer").await;
    assert_eq!(cloud.posted(), [ASSIGN_HERE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_ends_as_errored_is_tried_again() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    cloud.fault(&[Fault::Errored]);
    fail_over(&cloud, &droplet, Service::Closed).await;
    droplet.logged("first_answer").await;
    assert_eq!(cloud.posted(), [ASSIGN_HERE, ASSIGN_HERE]);
    assert_eq!(
        droplet.logged("claim_failed").await["error.code"],
        "errored"
    );
}
