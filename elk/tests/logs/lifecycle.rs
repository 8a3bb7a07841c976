//! Validates the lifecycle with Elasticsearch's own parser, because the published core can't run one.

use std::fs;
use std::process::Command;

use crate::engine::{installed, root};

fn check(policy: &str) -> (bool, String) {
    let home = installed("elasticsearch");
    let place = tempfile::TempDir::new().expect("a directory");
    let file = place.path().join("lifecycle.json");
    fs::write(&file, policy).expect("it can be written");
    let shown = home.display();
    let checked = Command::new("java")
        .arg("-cp")
        .arg(format!(
            "{shown}/classes:{shown}/lib/*:{shown}/modules/x-pack-core/*"
        ))
        .arg("engine.Lifecycle")
        .arg(file)
        .output()
        .expect("java runs");
    let output = String::from_utf8_lossy(&checked.stdout).into_owned();
    let errors = String::from_utf8_lossy(&checked.stderr);
    (checked.status.success(), output + &errors)
}

fn lifecycle() -> String {
    fs::read_to_string(root().join("elk/elasticsearch/lifecycle.json")).expect("it is there")
}

#[test]
fn elasticsearch_accepts_the_lifecycle() {
    let (valid, output) = check(&lifecycle());
    assert!(valid, "{output}");
    assert!(output.contains("hot warm delete"), "{output}");
}

#[test]
fn elasticsearch_rejects_a_wrong_lifecycle() {
    for (right, wrong) in [
        ("max_age", "max_agee"),
        ("\"14d\"", "\"14 days\""),
        ("forcemerge", "mergeforce"),
        ("\"delete\": {}", "\"rollover\": { \"max_age\": \"1d\" }"),
    ] {
        let policy = lifecycle();
        assert!(policy.contains(right), "{right}");
        let (valid, output) = check(&policy.replace(right, wrong));
        assert!(!valid, "{wrong} was accepted: {output}");
    }
}
