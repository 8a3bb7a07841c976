//! `drill failover`: its measurements, that it undoes its faults, and that it reports each broken invariant.

use crate::cloud::{FakeCloud, Pair, start};
use crate::fake::Trouble;
use serde_json::Value;
use std::process::Output;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::sleep;

fn drill(cloud: &FakeCloud, arguments: &[&str]) -> Command {
    command(cloud, "failover", arguments)
}

/// Limits for tests that are not about a limit: longer than any machine's own slowness.
const PATIENCE: [(&str, &str); 4] = [
    ("--timeout", "20"),
    ("--slack", "60"),
    ("--standby-within", "60"),
    ("--recover-within", "60"),
];

/// A drill of a pair against the fake.
pub fn command(cloud: &FakeCloud, drill: &str, arguments: &[&str]) -> Command {
    let patience = PATIENCE
        .iter()
        .filter(|(option, _)| !arguments.contains(option))
        .map(|(option, value)| [*option, *value]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_drill"));
    command
        .arg(drill)
        .args(arguments)
        .args(["--settle", "0.5"])
        .args(patience.flatten());
    environment(&mut command, cloud);
    command
}

/// The fake as the command's environment.
pub fn environment<'c>(command: &'c mut Command, cloud: &FakeCloud) -> &'c mut Command {
    let mut path = std::ffi::OsString::from(cloud.directory.path());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command
        .args(["--target", &cloud.url])
        .env("PATH", path)
        .env(
            "MINITWIT_OUTPUTS",
            cloud.directory.path().join("environment.json"),
        )
        .env("DIGITALOCEAN_API_URL", &cloud.url)
        .env("DIGITALOCEAN_TOKEN", "token")
        .env_remove("MINITWIT_API_CREDENTIAL")
        .env_remove("MINITWIT_SSH_KEY")
        .env_remove("MINITWIT_KNOWN_HOSTS")
        .env_remove("DRILL_MOVE_LATENCY")
        .env_remove("CLOUD")
        .env_remove("NAME")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
}

async fn outcome(cloud: &FakeCloud, arguments: &[&str]) -> (i32, Output) {
    let output = drill(cloud, arguments).output().await.unwrap();
    (output.status.code().unwrap(), output)
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[tokio::test]
async fn a_takeover_is_measured_and_the_fault_undone_each_time() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let (code, output) = outcome(&cloud, &["--fault", "app-stop", "--runs", "2", "--json"]).await;
    assert_eq!(code, 0, "{output:?}");
    let report = report(&output);
    assert_eq!(
        cloud.done(),
        ["stop 101", "start 101", "stop 102", "start 102"]
    );
    let runs = report["runs"].as_array().unwrap();
    assert_eq!(
        (&runs[0]["live_before"], &runs[0]["live_after"]),
        (&"a".into(), &"b".into())
    );
    assert_eq!(
        (&runs[1]["live_before"], &runs[1]["live_after"]),
        (&"b".into(), &"a".into())
    );
    for run in runs {
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{report:#}"));
        // 300 ms to the decision and 400 ms for the move; the rest is this machine's own slowness.
        assert!(number(&run["outage_ms"]) >= 650.0, "{report:#}");
        assert!(number(&run["move_ms"]) >= 390.0, "{report:#}");
        let phases = &run["phases_ms"];
        assert!(number(&phases["detected"]) >= 290.0, "{report:#}");
        assert!(
            number(&phases["first_answer"]) >= number(&phases["accepted"]),
            "{report:#}"
        );
        assert!(
            number(&run["failures"]["unexpected status 503"]) > 20.0,
            "{report:#}"
        );
        assert_eq!(
            (&run["outages"], &run["writes_lost"]),
            (&1.into(), &0.into())
        );
        assert!(number(&run["writes_acknowledged"]) > 50.0, "{report:#}");
    }
}

#[tokio::test]
async fn power_is_cut_and_given_back() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let (code, output) = outcome(&cloud, &["--fault", "power-off"]).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(code, 0, "{output:?}");
    assert_eq!(cloud.done(), ["power_off 101", "power_on 101"]);
    assert!(
        text.contains("run 1: a -> b") && text.ends_with("passed\n"),
        "{text}"
    );
}

#[tokio::test]
async fn an_outage_longer_than_allowed_exits_9() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let arguments = ["--fault", "app-stop", "--max-outage", "0.1", "--slack", "0"];
    let (code, output) = outcome(&cloud, &arguments).await;
    assert_eq!(code, 9, "{output:?}");
}

#[tokio::test]
async fn a_lost_write_exits_7() {
    let cloud = start(Pair::TakesOver, Trouble::LosesTheLastMessage).await;
    let (code, output) = outcome(&cloud, &["--fault", "app-stop", "--json"]).await;
    assert_eq!(code, 7, "{output:?}");
    assert_eq!(report(&output)["runs"][0]["writes_lost"], 1);
}

#[tokio::test]
async fn no_takeover_exits_8_and_is_undone() {
    let cloud = start(Pair::NobodyTakesOver, Trouble::Nothing).await;
    let arguments = [
        "--fault",
        "app-stop",
        "--runs",
        "3",
        "--json",
        "--recover-within",
        "3",
        // The droplet stays live, so it never becomes the standby.
        "--standby-within",
        "10",
    ];
    let (code, output) = outcome(&cloud, &arguments).await;
    assert_eq!(code, 8, "{output:?}");
    let report = report(&output);
    let broken = report["runs"][0]["broken"].to_string();
    assert!(
        broken.contains("no recovery") && broken.contains("no other droplet is live"),
        "{broken}"
    );
    assert_eq!(cloud.done(), ["stop 101", "start 101"]);
}

#[tokio::test]
async fn a_standby_that_does_not_come_back_exits_8() {
    let cloud = start(Pair::StaysUnfitWhenMended, Trouble::Nothing).await;
    let arguments = [
        "--fault",
        "power-off",
        "--runs",
        "3",
        "--json",
        "--standby-within",
        "2",
    ];
    let (code, output) = outcome(&cloud, &arguments).await;
    assert_eq!(code, 8, "{output:?}");
    let report = report(&output);
    assert_eq!(report["runs"].as_array().unwrap().len(), 1, "{report:#}");
    assert!(
        report["runs"][0]["broken"][0]
            .as_str()
            .unwrap()
            .contains("the pair was not healthy again")
    );
}

#[tokio::test]
async fn without_a_fit_standby_nothing_is_broken() {
    let cloud = start(Pair::NeverFit, Trouble::Nothing).await;
    let arguments = ["--fault", "app-stop", "--standby-within", "2"];
    let (code, output) = outcome(&cloud, &arguments).await;
    assert_eq!(code, 10, "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("b is not fit"),
        "{output:?}"
    );
    assert!(cloud.done().is_empty());
}

#[tokio::test]
async fn an_interrupted_drill_undoes_its_faults() {
    let cloud = start(Pair::NobodyTakesOver, Trouble::Nothing).await;
    let drill = drill(&cloud, &["--fault", "app-stop"]).spawn().unwrap();
    let id = drill.id().unwrap();
    while cloud.done().is_empty() {
        sleep(Duration::from_millis(50)).await;
    }
    let kill = format!("kill -TERM {id}");
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .await
            .unwrap()
            .success()
    );
    let output = drill.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(cloud.done(), ["stop 101", "start 101"]);
}

#[tokio::test]
async fn a_fault_that_should_move_nothing_moves_nothing() {
    let cloud = start(Pair::NobodyTakesOver, Trouble::Nothing).await;
    let (code, output) = outcome(&cloud, &["--fault", "app-killed", "--json"]).await;
    assert_eq!(code, 0, "{output:?}");
    assert_eq!(cloud.done(), ["kill 101", "start 101"]);
    let run = &report(&output)["runs"][0];
    assert_eq!(
        (&run["live_after"], &run["moves"], &run["failed"]),
        (&"a".into(), &0.into(), &0.into())
    );
}

#[tokio::test]
async fn a_fault_of_localcloud_needs_localcloud() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let (code, output) = outcome(&cloud, &["--fault", "api-silent"]).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(code, 1, "{errors}");
    assert!(
        errors.contains("\"api-silent\" needs localcloud"),
        "{errors}"
    );
    assert!(cloud.done().is_empty());
}

#[tokio::test]
async fn bad_input_is_one_sentence_and_breaks_nothing() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let other = cloud.directory.path().join("other.json");
    std::fs::write(&other, "{}").unwrap();
    let real = cloud.directory.path().join("real.json");
    let text = std::fs::read_to_string(cloud.directory.path().join("environment.json")).unwrap();
    std::fs::write(&real, text.replace("127.0.0.12", "192.0.2.12")).unwrap();
    for (arguments, code, about) in [
        (
            vec!["--environment", "/nonexistent"],
            3,
            "terraform output -json",
        ),
        (vec!["--environment", other.to_str().unwrap()], 3, "live_ip"),
        (
            vec!["--environment", real.to_str().unwrap()],
            5,
            "droplet b at 192.0.2.12",
        ),
        (
            vec!["--api-url", "http://192.0.2.1"],
            5,
            "the cloud's API at http://192.0.2.1",
        ),
        (
            vec!["--api-url", "http://127.0.0.1:1"],
            1,
            "DIGITALOCEAN_API_URL",
        ),
        (vec!["--rate", "0"], 2, "--rate"),
        (vec!["--max-outage", "soon"], 2, "number of seconds"),
    ] {
        let (exit, output) = outcome(
            &cloud,
            &[&["--fault", "app-stop"], arguments.as_slice()].concat(),
        )
        .await;
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(exit, code, "{arguments:?}: {errors}");
        assert!(errors.contains(about), "{arguments:?}: {errors}");
    }
    assert!(cloud.done().is_empty());
}
