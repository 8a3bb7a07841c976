//! When each entry of the suite may start.

use super::entry::{Entry, Uses};
use tokio::sync::watch;

/// The end of an entry. It counts as ended when this is dropped, so an entry that panics blocks no other.
pub(super) struct End {
    ended: watch::Sender<bool>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.ended.send_replace(true);
    }
}

/// An entry that waits for earlier ones.
pub(super) struct Scheduled {
    pub(super) entry: Entry,
    after: Vec<watch::Receiver<bool>>,
    end: End,
}

impl Scheduled {
    /// Returns once every earlier entry that conflicts with this one has ended. This entry ends when [`End`] is dropped.
    pub(super) async fn start(self) -> (Entry, End) {
        for mut earlier in self.after {
            // A sender that is gone has ended, too.
            let _ = earlier.wait_for(|ended| *ended).await;
        }
        (self.entry, self.end)
    }
}

/// Entries in the order of the table: each waits for the earlier ones that it conflicts with.
pub(super) fn schedule(entries: &[Entry]) -> Vec<Scheduled> {
    let mut earlier: Vec<(Uses, watch::Receiver<bool>)> = Vec::new();
    let mut scheduled = Vec::new();
    for entry in entries {
        let (ended, receiver) = watch::channel(false);
        let conflicting = earlier
            .iter()
            .filter(|(uses, _)| uses.conflicts_with(entry.uses));
        scheduled.push(Scheduled {
            entry: *entry,
            after: conflicting.map(|(_, ended)| ended.clone()).collect(),
            end: End { ended },
        });
        earlier.push((entry.uses, receiver));
    }
    scheduled
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Part, Work};
    use super::*;
    use std::sync::{Arc, Mutex};
    use tokio::task::{JoinSet, yield_now};

    const fn entry(name: &'static str, uses: Uses) -> Entry {
        Entry {
            name,
            about: "",
            uses,
            needs_logs: false,
            work: Work::Quiet,
        }
    }

    /// When each entry started and ended, in order; each takes a while.
    async fn course(entries: &[Entry]) -> Vec<String> {
        let course = Arc::new(Mutex::new(Vec::new()));
        let mut running = JoinSet::new();
        for scheduled in schedule(entries) {
            let course = course.clone();
            running.spawn(async move {
                let (entry, end) = scheduled.start().await;
                course.lock().unwrap().push(format!("+{}", entry.name));
                for _ in 0..10 {
                    yield_now().await;
                }
                course.lock().unwrap().push(format!("-{}", entry.name));
                drop(end);
            });
        }
        running.join_all().await;
        course.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn independent_entries_run_at_the_same_time_and_others_in_turn() {
        let mut course = course(&[
            entry("first", Uses::Everything),
            entry("api", Uses::Parts(&[Part::Api])),
            entry("disk", Uses::Parts(&[Part::Disk])),
            entry("api again", Uses::Parts(&[Part::Api])),
            entry("last", Uses::Everything),
        ])
        .await;
        course[2..4].sort();
        course[4..7].sort();
        let expected = [
            "+first",
            "-first",
            "+api",
            "+disk",
            "+api again",
            "-api",
            "-disk",
            "-api again",
            "+last",
            "-last",
        ];
        assert_eq!(course, expected);
    }

    #[tokio::test]
    async fn an_entry_that_panics_blocks_no_other() {
        let mut scheduled = schedule(&[
            entry("one", Uses::Everything),
            entry("two", Uses::Everything),
        ]);
        let second = scheduled.pop().unwrap();
        drop(scheduled);
        assert_eq!(second.start().await.0.name, "two");
    }
}
