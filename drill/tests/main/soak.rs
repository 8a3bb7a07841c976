//! `drill soak`: rounds until the time is up, and that it reports broken invariants.

use crate::cloud::{Pair, start};
use crate::failover::command;
use crate::fake::Trouble;

const SHORT: [&str; 6] = ["--minutes", "0.01", "--rate", "50", "--faults", "app-stop"];

#[tokio::test]
async fn a_round_without_violations_passes() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let output = command(&cloud, "soak", &SHORT).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("1 rounds in ") && text.contains("moves"),
        "{text}"
    );
    assert!(cloud.done().len() >= 2, "{:?}", cloud.done());
}

#[tokio::test]
async fn a_lost_write_ends_as_such_and_names_the_round() {
    let cloud = start(Pair::TakesOver, Trouble::LosesTheLastMessage).await;
    let output = command(&cloud, "soak", &SHORT).output().await.unwrap();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("--seed 1 --first-round 1"), "{text}");
}

#[tokio::test]
async fn a_pair_that_stays_unfit_breaks_the_soak() {
    let cloud = start(Pair::StaysUnfitWhenMended, Trouble::Nothing).await;
    let arguments = [&SHORT[..], &["--standby-within", "2"]].concat();
    let output = command(&cloud, "soak", &arguments).output().await.unwrap();
    assert_eq!(output.status.code(), Some(8), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("the pair did not get healthy in time"),
        "{text}"
    );
}
