//! `drill alerts`: faults that must alert and resolve, that it undoes them, and that it reports a missing alert.

use crate::cloud::{FakeCloud, Pair, start};
use crate::failover::environment;
use crate::fake::Trouble;
use std::process::Output;
use tokio::process::Command;

async fn alerts(cloud: &FakeCloud, arguments: &[&str]) -> (i32, Output) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drill"));
    command.arg("alerts").args(arguments);
    let output = environment(&mut command, cloud).output().await.unwrap();
    (output.status.code().unwrap(), output)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn independent_faults_are_in_place_at_the_same_time_and_resolve() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let (code, output) = alerts(&cloud, &["standby-unfit", "disk-full"]).await;
    let text = text(&output);
    assert_eq!(code, 0, "{output:?}");
    assert!(
        text.contains("ok      disk-full: the standby's disk is full: DiskNearlyFull "),
        "{text}"
    );
    assert!(
        text.contains("ok      standby-unfit: the alerts resolve "),
        "{text}"
    );
    assert!(text.ends_with("alerts: 4 passed, 0 failed\n"), "{text}");
    let mut done = cloud.done();
    done[..2].sort();
    done[2..].sort();
    assert_eq!(done, ["disk-full 102", "stop 102", "end 1", "start 102"]);
}

#[tokio::test]
async fn an_alert_that_does_not_fire_fails_the_suite_and_the_fault_is_undone() {
    let cloud = start(Pair::SilentDisk, Trouble::Nothing).await;
    let (code, output) = alerts(&cloud, &["disk-full", "--fires-within", "3"]).await;
    let text = text(&output);
    assert_eq!(code, 1, "{output:?}");
    assert!(
        text.contains("| not fired within 3 s: DiskNearlyFull"),
        "{text}"
    );
    assert!(text.contains("| firing: Watchdog"), "{text}");
    assert!(text.ends_with("alerts: 1 passed, 1 failed\n"), "{text}");
    assert_eq!(cloud.done(), ["disk-full 102", "end 1"]);
}

#[tokio::test]
async fn each_fault_has_a_line_with_the_time_of_each_alert() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let arguments = ["--each-fault", "--faults", "disk-full"];
    let (code, output) = alerts(&cloud, &arguments).await;
    let text = text(&output);
    assert_eq!(code, 0, "{output:?}");
    assert!(
        text.starts_with("disk-full            DiskNearlyFull "),
        "{text}"
    );
    assert_eq!(cloud.done(), ["disk-full 101", "end 1"]);
}

#[tokio::test]
async fn a_quiet_environment_passes_and_unknown_checks_are_refused() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let (code, output) = alerts(&cloud, &["quiet"]).await;
    assert_eq!(code, 0, "{output:?}");
    let (code, output) = alerts(&cloud, &["no-such-check"]).await;
    assert_eq!(code, 2, "{output:?}");
    let (code, output) = alerts(&cloud, &["--list"]).await;
    assert_eq!(code, 0, "{output:?}");
    assert!(text(&output).lines().any(|line| line == "monitor-off"));
    assert!(cloud.done().is_empty());
}
