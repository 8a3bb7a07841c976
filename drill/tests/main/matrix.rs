//! `drill matrix` and `drill page`: the table and the page, and that stored runs are not repeated.

use crate::cloud::{Pair, start};
use crate::failover::command;
use crate::fake::Trouble;
use serde_json::Value;
use tokio::process::Command;

#[tokio::test]
async fn results_are_stored_and_only_missing_runs_are_made() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let directory = cloud.directory.path().to_str().unwrap().to_owned();
    let results = format!("{directory}/results.json");
    let arguments = |runs| {
        [
            "--faults",
            "app-stop",
            "--results",
            &results,
            "--runs",
            runs,
        ]
        .map(str::to_owned)
    };
    let run = async |runs| {
        let arguments = arguments(runs);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        command(&cloud, "matrix", &arguments)
            .output()
            .await
            .unwrap()
    };
    let output = run("1").await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(cloud.done(), ["stop 101", "start 101"]);
    // Another run is missing, then none.
    for _ in 0..2 {
        let output = run("2").await;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(
            cloud.done(),
            ["stop 101", "start 101", "stop 102", "start 102"]
        );
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("not drilled: app-crashing "), "{text}");
    }
    let stored: Value = serde_json::from_slice(&std::fs::read(&results).unwrap()).unwrap();
    assert_eq!(
        stored["rows"][0]["report"]["runs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    // The page is of all results, here twice the same.
    let output = Command::new(env!("CARGO_BIN_EXE_drill"))
        .args(["page", &results, &results, "--write", &directory])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let page = std::fs::read_to_string(format!("{directory}/FAILOVER.md")).unwrap();
    assert!(
        page.contains("| `app-stop` | 4 |") && page.contains("Not drilled here: `app-crashing`")
    );
    let plot = std::fs::read_to_string(format!("{directory}/failover.svg")).unwrap();
    assert_eq!(plot.matches("<circle").count(), 4);

    let other_rate = [
        "--faults",
        "app-stop",
        "--results",
        &results,
        "--rate",
        "20",
    ];
    let output = command(&cloud, "matrix", &other_rate)
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

#[tokio::test]
async fn a_response_of_another_version_is_no_service() {
    let cloud = start(Pair::TakesOver, Trouble::Nothing).await;
    let arguments = [
        "--fault",
        "app-stop",
        "--expect-version",
        "v9.9.9",
        "--standby-within",
        "2",
    ];
    let output = command(&cloud, "failover", &arguments)
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(10), "{output:?}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("wrong version"), "{errors}");
    assert!(cloud.done().is_empty());
}
