//! What is read back from disk after a crash.

use jiff::Timestamp;
use localcloud::spaces::bucket::{Bucket, Content, ObjectMetadata, Settings, Version};
use localcloud::spaces::bucket_files::{BucketFiles, INCOMING};
use std::fs;
use std::path::Path;
use uuid::Uuid;

fn settings() -> Settings {
    Settings {
        name: "backups".to_owned(),
        region: Some("fra1".to_owned()),
        created_at: Timestamp::now(),
        public: false,
        versioning: None,
        lifecycle: Vec::new(),
    }
}

fn written(files: &BucketFiles, bucket: &Bucket, bytes: &str) -> Version {
    let content = Content {
        size: bytes.len() as u64,
        etag: bytes.to_owned(),
        metadata: ObjectMetadata::default(),
    };
    let incoming = files.incoming();
    fs::write(&incoming.0, bytes).unwrap();
    let version = bucket.next_version("k", Some(content));
    files
        .write_version("backups", &version, Some(&incoming))
        .unwrap();
    version
}

#[test]
fn what_a_crash_has_left_half_done_is_gone_and_the_rest_is_back() {
    let root = tempfile::tempdir().unwrap();
    let files = BucketFiles::open(root.path().to_owned()).unwrap();
    files.write_bucket(&settings()).unwrap();
    let mut bucket = Bucket::new(settings());
    let first = written(&files, &bucket, "first");
    bucket.insert(first.clone());
    // Written over, and the daemon died before the first was removed.
    let second = written(&files, &bucket, "second");
    // Bytes that came, and nothing that names them.
    let objects = root.path().join("backups/objects");
    fs::write(objects.join(Uuid::new_v4().simple().to_string()), "lost").unwrap();
    fs::write(root.path().join(INCOMING).join("half"), "half").unwrap();
    // A bucket that was being removed.
    fs::create_dir_all(root.path().join("gone/objects")).unwrap();

    let files = BucketFiles::open(root.path().to_owned()).unwrap();
    let buckets = files.load().unwrap();
    assert_eq!(buckets.keys().collect::<Vec<_>>(), ["backups"]);
    let current = buckets["backups"].current("k").unwrap();
    assert_eq!(current.file, second.file);
    let bytes = fs::read_to_string(files.bytes("backups", current)).unwrap();
    assert_eq!(bytes, "second");
    assert_eq!(files_in(&objects), 2);
    assert_eq!(files_in(&root.path().join(INCOMING)), 0);
    assert!(!root.path().join("gone").exists());
}

fn files_in(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}
