//! Events that a change of the record causes.

use localcloud::cloud::operations::droplet_orders::NewDroplet;
use localcloud::cloud::record::Record;
use localcloud::cloud::resources::droplets::DropletStatus;
use localcloud::journal::changes::between;
use serde_json::json;

fn kinds(before: &Record, after: &Record) -> Vec<String> {
    let events = between(before, after);
    let words = events
        .iter()
        .map(|d| format!("{} {}: {}", d.kind, d.subject, d.text));
    words.collect()
}

#[test]
fn a_droplets_life_is_reported() {
    let empty = Record::new(0);
    let mut ordered = empty.clone();
    let order: NewDroplet = serde_json::from_value(
        json!({"name": "a", "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-12-x64"}),
    )
    .unwrap();
    let (id, action) = ordered.create_droplets(&order).unwrap()[0];
    assert_eq!(
        kinds(&empty, &ordered),
        [
            "vpc default-fra1: created".to_owned(),
            "droplet.ordered a: s-1vcpu-1gb debian-12-x64 in fra1".to_owned(),
            format!("action.started a: create (action {action})"),
        ]
    );
    let mut failed = ordered.clone();
    failed.finish_action(action, Some("no disk space".to_owned()));
    let events = kinds(&ordered, &failed);
    assert!(
        events[0].starts_with("action.errored a: create after "),
        "{events:?}"
    );
    assert!(events[0].ends_with(": no disk space"), "{events:?}");
    let mut up = failed.clone();
    up.droplets.get_mut(&id).unwrap().status = DropletStatus::Active;
    assert_eq!(kinds(&failed, &up), ["droplet.active a: it runs"]);
    let mut down = up.clone();
    down.droplets.get_mut(&id).unwrap().status = DropletStatus::Off;
    assert_eq!(kinds(&up, &down), ["droplet.off a: it went down by itself"]);
    assert_eq!(kinds(&down, &down), [] as [String; 0]);
}

#[test]
fn a_tokens_text_is_not_reported() {
    let empty = Record::new(0);
    let mut more = empty.clone();
    let text = more.create_token("node".to_owned(), ["droplet:read".to_owned()].into());
    let events = kinds(&empty, &more);
    assert_eq!(events, ["token node: created"]);
    assert!(!events[0].contains(&text));
}
