//! What is on disk after a crash.

use localcloud::cloud::record::Record;
use localcloud::cloud::refusal::Refusal;
use localcloud::log;
use localcloud::store::Store;
use std::collections::BTreeMap;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a@b";

fn make(record: &mut Record) -> Result<u64, Refusal> {
    record.create_ssh_key("me".to_owned(), KEY.to_owned())
}

#[tokio::test]
async fn what_was_answered_stays_and_what_was_not_is_undone() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), 0, log::discard()).unwrap();
    store.with_rollback(store.change(make)).await.unwrap();
    let store = Store::open(directory.path(), 0, log::discard()).unwrap();
    let kept = store.record().ssh_keys.clone();
    assert_eq!(kept.len(), 1, "it was answered");
    let rename = |record: &mut Record| {
        record.ssh_keys = BTreeMap::new();
        make(record)
    };
    let made = async || {
        store.change(rename).await.unwrap();
        // The daemon is killed here: what it was is still on disk, and another one starts.
        let next = Store::open(directory.path(), 0, log::discard()).unwrap();
        assert_eq!(next.record().ssh_keys.len(), 0, "nobody heard of it");
        assert!(next.record().unfinished.is_empty());
        let events = next.journal().list(0, None);
        assert!(events.iter().any(|event| event.kind == "request.undone"));
    };
    store.with_rollback(made()).await;
}
