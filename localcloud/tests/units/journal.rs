//! The journal in memory and on disk.

use jiff::Timestamp;
use localcloud::journal::{FILE, FILE_LIMIT, Journal, NewEvent, RETAINED};
use localcloud::log;
use std::fs::{self, OpenOptions};
use std::io::Write as _;

fn event(subject: u32) -> NewEvent {
    NewEvent::new("test", subject, "it happened")
}

#[test]
fn events_are_numbered_and_survive_a_restart_that_cut_a_line() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path(), log::discard()).unwrap();
    journal.append([event(1), event(2)]);
    let path = directory.path().join(FILE);
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(br#"{"seq":3,"at":"#).unwrap();
    let journal = Journal::open(directory.path(), log::discard()).unwrap();
    journal.append([event(3)]);
    let journal = Journal::open(directory.path(), log::discard()).unwrap();
    let all = journal.list(0, None);
    let seen: Vec<(u64, &str)> = all.iter().map(|e| (e.seq, e.subject.as_str())).collect();
    assert_eq!(seen, [(1, "1"), (2, "2"), (3, "3")]);
    assert_eq!(journal.list(2, None).len(), 1);
    let later = Timestamp::now() + jiff::SignedDuration::from_secs(1);
    assert_eq!(journal.list(0, Some(later)), []);
}

#[test]
fn memory_and_file_are_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path(), log::discard()).unwrap();
    let long = NewEvent::new("test", "it", "x".repeat(1_000));
    journal.append(vec![long; 2 * RETAINED]);
    assert_eq!(journal.list(0, None).len(), RETAINED);
    let files = fs::read_dir(directory.path()).unwrap();
    let bytes: u64 = files
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes < 2 * FILE_LIMIT + 10_000, "{bytes}");
    assert_eq!(
        *Journal::open(directory.path(), log::discard())
            .unwrap()
            .watch()
            .borrow(),
        2 * RETAINED as u64
    );
}
