//! What Prometheus gets.

use crate::{
    cloud::{Cloud, Service},
    droplet::Droplet,
    watch::fail_over,
};

#[tokio::test(flavor = "multi_thread")]
async fn metrics_say_what_the_status_says() {
    let cloud = Cloud::start().await;
    let droplet = Droplet::start(&cloud).await;
    fail_over(&cloud, &droplet, Service::Closed).await;
    droplet.logged("first_answer").await;
    droplet
        .shows("its role", |status| status["role"] == "live")
        .await;
    let metrics = droplet.get("/metrics").await;
    for line in [
        "floatip_holder 1",
        "floatip_fit 1",
        "floatip_vrrp_state{state=\"MASTER\"} 1",
        "floatip_vrrp_state{state=\"FAULT\"} 0",
        "floatip_moves_total 1",
        "floatip_agreement 1",
        "floatip_live_answers 1",
        "floatip_claims_total{result=\"moved\"} 1",
        "floatip_claims_total{result=\"live_serves\"} 0",
        "floatip_failures_total{reason=\"server\"} 0",
        "floatip_frozen 0",
        "floatip_freeze_age_seconds 0",
        "floatip_api_remaining 4711",
        "floatip_decision{row=\"holder\"} 1",
        "floatip_decision{row=\"claim\"} 0",
    ] {
        assert!(
            metrics.lines().any(|it| it == line),
            "{line} is not in\n{metrics}"
        );
    }
    for name in [
        "record_age_seconds",
        "outside_check_age_seconds",
        "disagreed_seconds_total",
        "api_calls_total",
    ] {
        assert!(
            metrics.contains(&format!("floatip_{name} ")),
            "{name} is not in\n{metrics}"
        );
    }
}
