//! When backups are due.

use jiff::Timestamp;
use localcloud::cloud::record::Record;
use localcloud::cloud::resources::droplets::DropletStatus;
use serde_json::json;

const NONE: [u64; 0] = [];

#[test]
fn a_window_has_one_backup_and_old_ones_go() {
    let mut record = Record::new(0);
    let order = json!({"name": "a", "region": "fra1", "size": "s-1vcpu-1gb",
        "image": "debian-12-x64", "backups": true,
        "backup_policy": {"plan": "daily", "hour": 8}});
    let order = serde_json::from_value(order).unwrap();
    let (id, action) = record.create_droplets(&order).unwrap()[0];
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    record.droplets.get_mut(&id).unwrap().created_at = at("2026-11-20T09:00:00Z");
    let due = |record: &Record, text: &str| record.backups_due(at(text));
    assert_eq!(
        due(&record, "2026-11-21T08:30:00Z"),
        NONE,
        "it was never booted"
    );
    record.finish_action(action, None);
    record.droplets.get_mut(&id).unwrap().status = DropletStatus::Active;
    assert_eq!(
        due(&record, "2026-11-20T09:30:00Z"),
        NONE,
        "ordered in the window"
    );
    assert_eq!(due(&record, "2026-11-21T07:59:59Z"), NONE);
    assert_eq!(due(&record, "2026-11-21T08:00:00Z"), [id]);
    assert_eq!(due(&record, "2026-11-21T12:00:00Z"), NONE);

    record.keep_backups(at("2026-11-21T08:00:00Z"));
    assert_eq!(
        due(&record, "2026-11-21T08:00:30Z"),
        NONE,
        "it is under way"
    );
    let pending = record.droplet(id).unwrap().pending.unwrap();
    assert_eq!(record.action(pending).unwrap().work.kind(), "backup");
    record.finish_action(pending, None);
    let image = *record.images.keys().next().unwrap();
    record.image_made(image, 1);
    record.images.get_mut(&image).unwrap().created_at = at("2026-11-21T08:00:00Z");
    assert_eq!(due(&record, "2026-11-21T08:01:00Z"), NONE, "it is done");
    assert_eq!(due(&record, "2026-11-22T08:01:00Z"), [id]);

    let stale = |record: &Record, text: &str| record.backups_stale(at(text));
    assert_eq!(stale(&record, "2026-11-28T07:59:59Z"), NONE);
    assert_eq!(stale(&record, "2026-11-28T08:00:00Z"), [image]);
    record.droplets.clear();
    record.keep_backups(at("2026-11-21T09:00:00Z"));
    assert_eq!(record.user_images().count(), 0, "nobody has it");
}
