//! Running tools.

use localcloud::machine::command::{run, run_with_input};

#[tokio::test]
async fn a_failure_names_the_call_and_what_it_said() {
    let error = run("sh", &["-c", "echo broken >&2; exit 3"])
        .await
        .expect_err("exit code 3 is a failure");
    let text = error.to_string();
    assert!(text.contains("sh -c"), "{text}");
    assert!(text.contains("broken"), "{text}");
}

#[tokio::test]
async fn input_reaches_the_tool() {
    let answer = run_with_input("cat", &[] as &[&str], "hello").await;
    assert_eq!(answer.expect("cat copies"), "hello");
}
