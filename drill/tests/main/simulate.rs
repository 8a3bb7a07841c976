//! `drill simulate`: what it accepts, and that it reports each way in which a target can fail its users.

use crate::fake::{Trouble, start};
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Output;
use tokio::process::Command;

async fn drill(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drill"))
        .args(arguments)
        .env_remove("LIVE_URL")
        .env_remove("MINITWIT_API_CREDENTIAL")
        .env_remove("MINITWIT_OUTPUTS")
        .env("NAME", "no-such-environment")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap()
}

/// The exit code and the report of a generated run.
async fn simulate(url: &str, more: &[&str]) -> (i32, Value) {
    let common = [
        "simulate",
        "--seed",
        "5",
        "--requests",
        "400",
        "--fast",
        "--json",
        "--timeout",
        "3",
        "--target",
        url,
    ];
    let output = drill(&[&common, more].concat()).await;
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code().unwrap(), report)
}

async fn simulate_with(trouble: Trouble) -> (i32, Value) {
    simulate(&start(trouble).await, &[]).await
}

async fn replay(path: &str, url: &str) -> Output {
    let run = ["simulate", "--scenario", path, "--fast", "--timeout", "3"];
    drill(&[&run[..], &["--target", url]].concat()).await
}

#[tokio::test]
async fn a_target_that_keeps_everything_passes() {
    let (code, report) = simulate_with(Trouble::Nothing).await;
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(
        (&report["sent"], &report["failed"]),
        (&400.into(), &0.into())
    );
    assert_eq!(
        report["types"]["tweet"]["ok"],
        report["types"]["tweet"]["sent"]
    );
    assert_eq!(
        report["read_back"]["messages"]["acknowledged"],
        report["types"]["tweet"]["sent"]
    );
    assert_eq!(
        report["read_back"]["users"]["acknowledged"],
        report["types"]["register"]["sent"]
    );
    assert!(
        report["types"]["follow"]["latency_ms"]["p99"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    assert_eq!(report["passed"], true);
}

#[tokio::test]
async fn the_same_run_passes_again_on_what_it_left() {
    let url = start(Trouble::Nothing).await;
    for _ in 0..3 {
        let (code, report) = simulate(&url, &["--repeatable"]).await;
        assert_eq!(code, 0, "{report:#}");
    }
}

#[tokio::test]
async fn a_written_run_replays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.tsv");
    let path = path.to_str().unwrap();
    let written = drill(&[
        "simulate",
        "--seed",
        "5",
        "--requests",
        "300",
        "--write",
        path,
    ])
    .await;
    assert_eq!(written.status.code(), Some(0), "{written:?}");
    let url = start(Trouble::Nothing).await;
    let replayed = replay(path, &url).await;
    assert_eq!(replayed.status.code(), Some(0), "{replayed:?}");
    let text = String::from_utf8(replayed.stdout).unwrap();
    assert!(
        text.starts_with("300 requests to ") && text.ends_with("passed\n"),
        "{text}"
    );
}

/// Two accounts, one of which writes more than a server shows at a time.
fn busy_run() -> String {
    let mut run = String::new();
    for (id, user) in [(0, "busy"), (1, "other")] {
        writeln!(
            run,
            "{id}\t0\t0\tregister\t{user}\t{user}@example.com\tsecret"
        )
        .unwrap();
    }
    writeln!(run, "2\t0\t0\ttweet\tother\thello").unwrap();
    for id in 3..1303 {
        writeln!(run, "{id}\t0\t0\ttweet\tbusy\tmessage {id}").unwrap();
    }
    run
}

#[tokio::test]
async fn more_messages_than_a_server_shows_are_read_as_the_run_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.tsv");
    std::fs::write(&path, busy_run()).unwrap();
    let path = path.to_str().unwrap();
    for (trouble, code) in [(Trouble::Nothing, 0), (Trouble::LosesTheLastMessage, 7)] {
        let url = start(trouble).await;
        let output = replay(path, &url).await;
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
}

#[tokio::test]
async fn writes_that_are_not_kept_as_acknowledged_exit_7() {
    for (trouble, what) in [
        (Trouble::LosesTheLastMessage, "messages"),
        (Trouble::TrimsMessages, "messages"),
        (Trouble::ShowsOldestFirst, "messages"),
        (Trouble::ForgetsUnfollows, "follows"),
        (Trouble::ForgetsAnAccount, "users"),
        (Trouble::ForgetsLatest, "latest"),
    ] {
        let (code, report) = simulate_with(trouble).await;
        assert_eq!(code, 7, "{trouble:?}: {report:#}");
        assert_eq!(report["failed"], 0, "{trouble:?}: {report:#}");
        assert!(
            report["read_back"][what]["wrong"].as_u64() > Some(0),
            "{trouble:?}: {report:#}"
        );
        assert!(
            !report["read_back"]["findings"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn failed_requests_exit_6_and_are_counted_by_kind() {
    for (trouble, kind) in [
        (Trouble::AnswersOnceTooLate, "timeout"),
        (Trouble::AnswersOnce500, "unexpected status 500"),
    ] {
        let (code, report) = simulate_with(trouble).await;
        assert_eq!(code, 6, "{trouble:?}: {report:#}");
        assert_eq!(report["failed"], 1, "{trouble:?}: {report:#}");
        let types = report["types"].as_object().unwrap();
        assert!(
            types.values().any(|entry| entry["errors"][kind] == 1),
            "{report:#}"
        );
    }
}

#[tokio::test]
async fn an_answer_other_than_204_is_an_error() {
    let (code, report) = simulate_with(Trouble::Answers200).await;
    assert_eq!(code, 6, "{report:#}");
    assert_eq!(report["failed"], 400);
}

#[tokio::test]
async fn a_wrong_credential_is_an_error() {
    let url = start(Trouble::Nothing).await;
    let (code, report) = simulate(&url, &["--credential", "simulator:wrong"]).await;
    // The accounts were acknowledged but can't be read, which outweighs the failed requests.
    assert_eq!(code, 7, "{report:#}");
    assert_eq!(report["types"]["tweet"]["ok"], 0);
    assert_eq!(
        report["failed"],
        report["types"]["tweet"]["errors"]["unexpected status 403"]
            .as_u64()
            .unwrap()
            + report["types"]["follow"]["sent"].as_u64().unwrap()
            + report["types"]["unfollow"]["sent"].as_u64().unwrap()
    );
}

#[tokio::test]
async fn bad_input_is_one_sentence_and_an_exit_code_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let bad = directory.path().join("bad.tsv");
    std::fs::write(&bad, "0\t0\t1\ttweet\ta\tb\n1\t0\t1\ttweet\ta\n").unwrap();
    let bad = bad.to_str().unwrap();
    let local = "http://127.0.0.1:9";
    for (arguments, code, about) in [
        (
            vec!["--scenario", "/nonexistent", "--target", local],
            3,
            "can't read /nonexistent",
        ),
        (
            vec!["--scenario", bad, "--target", local],
            3,
            "bad.tsv line 2: ",
        ),
        (
            vec!["--seed", "1", "--target", "http://127.0.0.1:1"],
            4,
            "from http://127.0.0.1:1",
        ),
        (
            vec!["--seed", "1", "--target", "http://192.0.2.1"],
            5,
            "--allow-remote-target",
        ),
        (
            vec!["--seed", "1", "--target", "ftp://127.0.0.1"],
            2,
            "bad address",
        ),
        (
            vec!["--seed", "1", "--write", "/nonexistent/run.tsv"],
            1,
            "can't write",
        ),
        (vec!["--seed", "1"], 3, "no environment no-such-environment"),
        (vec!["--target", local], 2, "--scenario"),
    ] {
        let output = drill(&[&["simulate"], arguments.as_slice()].concat()).await;
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(about), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty());
        if errors.starts_with("drill: ") {
            assert_eq!(errors.lines().count(), 1, "{errors}");
        }
    }
}
