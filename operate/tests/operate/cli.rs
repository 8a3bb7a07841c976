//! `minitwitctl` as an operator runs it, without an environment: its exit codes, and what it says to do.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn minitwitctl(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minitwitctl"));
    command.args(arguments);
    for variable in [
        "CLOUD",
        "NAME",
        "MINITWIT_OUTPUTS",
        "DIGITALOCEAN_TOKEN",
        "MINITWIT_PROMETHEUS",
    ] {
        command.env_remove(variable);
    }
    command
}

fn output(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn outputs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inventory/outputs.json")
}

#[test]
fn a_missing_environment_says_how_to_create_one() {
    let (code, _, errors) = output(&mut minitwitctl(&["status", "--name", "no-such-name"]));
    assert_eq!(code, 3);
    assert!(
        errors.contains("no-such-name") && errors.contains("make up"),
        "{errors}"
    );
}

#[test]
fn a_name_that_is_no_file_name_is_refused() {
    let (code, _, errors) = output(&mut minitwitctl(&["live-url", "--name", "../x"]));
    assert_eq!(code, 3);
    assert!(errors.contains("NAME"), "{errors}");
}

#[test]
fn wrong_usage_has_its_own_code() {
    assert_eq!(output(&mut minitwitctl(&["no-such-command"])).0, 2);
    assert_eq!(output(&mut minitwitctl(&["watch", "--once", "none"])).0, 2);
    assert_eq!(output(&mut minitwitctl(&["quiet", "--minutes", "0"])).0, 2);
}

#[test]
fn outputs_of_another_environment_may_be_named() {
    let (code, text, _) = output(minitwitctl(&["live-url"]).env("MINITWIT_OUTPUTS", outputs()));
    assert_eq!((code, text.as_str()), (0, "http://198.18.3.10\n"));
}

#[test]
fn the_inventory_is_json_also_for_one_host() {
    let mut command = minitwitctl(&["inventory", "--host", "minitwit-b"]);
    let (code, text, _) = output(command.env("MINITWIT_OUTPUTS", outputs()));
    assert_eq!(code, 0);
    let variables: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(variables["peer_name"], "minitwit-a");
    let mut command = minitwitctl(&["inventory", "--host", "minitwit-c"]);
    assert_eq!(output(command.env("MINITWIT_OUTPUTS", outputs())).0, 3);
}

#[test]
fn a_token_is_needed_for_the_cloud_and_a_name_for_a_droplet_without_power() {
    let mut command = minitwitctl(&["power-on", "minitwit-a"]);
    let (code, _, errors) = output(command.env("MINITWIT_OUTPUTS", outputs()));
    assert_eq!(code, 3);
    assert!(errors.contains("DIGITALOCEAN_TOKEN"), "{errors}");
    let mut command = minitwitctl(&["power-on", "standby"]);
    assert_eq!(output(command.env("MINITWIT_OUTPUTS", outputs())).0, 2);
}

#[test]
fn a_prometheus_that_does_not_answer_has_its_own_code() {
    let mut command = minitwitctl(&["dashboards", "check", "--prometheus", "http://127.0.0.1:9"]);
    let (code, _, errors) = output(&mut command);
    assert_eq!(code, 4, "{errors}");
}
