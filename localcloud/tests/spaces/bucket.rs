//! Versions of objects.

use jiff::Timestamp;
use localcloud::spaces::bucket::{
    Bucket, Content, NULL_VERSION, ObjectMetadata, Settings, Version, Versioning,
};

fn bucket(versioning: Option<Versioning>) -> Bucket {
    Bucket::new(Settings {
        name: "b".to_owned(),
        region: None,
        created_at: Timestamp::now(),
        public: false,
        versioning,
        lifecycle: Vec::new(),
    })
}

fn write(bucket: &mut Bucket, etag: &str) -> Option<Version> {
    let content = Content {
        size: 1,
        etag: etag.to_owned(),
        metadata: ObjectMetadata::default(),
    };
    let version = bucket.next_version("k", Some(content));
    bucket.insert(version)
}

fn delete(bucket: &mut Bucket) {
    let deletion = bucket.deletion("k", None);
    if let Some(removed) = deletion.removed {
        bucket.take("k", &removed.id);
    }
    if let Some(marker) = deletion.marker {
        bucket.insert(marker);
    }
}

#[test]
fn without_versions_a_write_replaces_and_a_deletion_leaves_nothing() {
    let mut bucket = bucket(None);
    assert!(write(&mut bucket, "1").is_none());
    let replaced = write(&mut bucket, "2").expect("the first is replaced");
    assert_eq!(
        replaced.content.map(|content| content.etag),
        Some("1".to_owned())
    );
    delete(&mut bucket);
    assert!(bucket.is_empty());
}

#[test]
fn versions_outlive_writes_and_deletions() {
    let mut bucket = bucket(Some(Versioning::Enabled));
    write(&mut bucket, "1");
    assert!(write(&mut bucket, "2").is_none());
    delete(&mut bucket);
    assert!(bucket.current("k").is_none());
    assert_eq!(bucket.objects["k"].len(), 3);
    let marker = bucket.newest("k").expect("there is a marker").id.clone();
    bucket.take("k", &marker);
    let back = bucket
        .current("k")
        .and_then(|version| version.content.clone());
    assert_eq!(back.map(|content| content.etag), Some("2".to_owned()));
}

#[test]
fn suspended_versions_stay_and_new_writes_share_one() {
    let mut bucket = bucket(Some(Versioning::Enabled));
    write(&mut bucket, "1");
    bucket.settings.versioning = Some(Versioning::Suspended);
    write(&mut bucket, "2");
    assert!(write(&mut bucket, "3").is_some());
    delete(&mut bucket);
    let ids: Vec<_> = bucket.objects["k"].iter().map(|v| v.id.as_str()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert_eq!(ids[1], NULL_VERSION);
}
