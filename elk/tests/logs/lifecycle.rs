//! The lifecycle, read by Elasticsearch's own parser: its core can't carry one out.

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
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&checked.stderr);
    (checked.status.success(), said + &complaint)
}

fn ours() -> String {
    fs::read_to_string(root().join("elk/elasticsearch/lifecycle.json")).expect("it is there")
}

#[test]
fn the_lifecycle_is_one_that_elasticsearch_takes() {
    let (good, said) = check(&ours());
    assert!(good, "{said}");
    assert!(said.contains("hot warm delete"), "{said}");
}

#[test]
fn a_wrong_lifecycle_is_noticed() {
    for (right, wrong) in [
        ("max_age", "max_agee"),
        ("\"14d\"", "\"14 days\""),
        ("forcemerge", "mergeforce"),
        ("\"delete\": {}", "\"rollover\": { \"max_age\": \"1d\" }"),
    ] {
        let policy = ours();
        assert!(policy.contains(right), "{right}");
        let (good, said) = check(&policy.replace(right, wrong));
        assert!(!good, "{wrong} was taken: {said}");
    }
}
