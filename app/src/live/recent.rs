//! The newest messages that this process has seen.
//!
//! A message gets its number before its commit, so it can appear after one with a higher number. Each read therefore starts
//! below the highest number seen, by the numbers of the last [`GRACE`], which no statement exceeds; messages seen before are
//! left out.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Event;

/// The most messages of the list, and of one read.
pub const MOST: usize = 512;

/// How long a message may take from its number to its commit.
const GRACE: Duration = Duration::from_secs(10);

/// The messages after one that a client has.
#[derive(Debug)]
pub struct Missed {
    /// Oldest first; can contain some that the client has too.
    pub events: Vec<Arc<Event>>,
    /// Whether these are all.
    pub complete: bool,
}

impl Missed {
    pub fn nothing() -> Self {
        Self {
            events: Vec::new(),
            complete: true,
        }
    }
}

#[derive(Default)]
pub struct Recent {
    /// In the order in which the process has seen them.
    events: VecDeque<Arc<Event>>,
    loaded: bool,
    /// No message up to this number can appear any more.
    floor: i64,
    /// The highest numbers of the last reads, with the times.
    marks: VecDeque<(Instant, i64)>,
}

impl Recent {
    /// Whether the database was ever read.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// A read starts above this number.
    pub fn floor(&self) -> i64 {
        self.floor
    }

    pub fn known(&self) -> HashSet<i64> {
        self.events.iter().map(|event| event.id).collect()
    }

    /// Adds the new messages of a read at `now`, oldest first. `highest` is the highest number of the read, new or not.
    pub fn add(&mut self, new: &[Arc<Event>], highest: Option<i64>, now: Instant) {
        self.loaded = true;
        self.events.extend(new.iter().cloned());
        let surplus = self.events.len().saturating_sub(MOST);
        self.events.drain(..surplus);
        if let Some(highest) = highest {
            self.marks.push_back((now, highest));
        }
        while let Some((seen, id)) = self.marks.front()
            && now.duration_since(*seen) >= GRACE
        {
            self.floor = self.floor.max(*id);
            self.marks.pop_front();
        }
    }

    /// The messages that a client may lack which has the message `id` and was connected to this process or another.
    pub fn after(&self, id: i64) -> Missed {
        let oldest = self.events.iter().map(|event| event.id).min();
        // A list that is not full contains all messages.
        let complete = self.events.len() < MOST || oldest.is_some_and(|oldest| oldest <= id);
        let had = self.events.iter().find(|event| event.id == id);
        // A message that was committed late has an earlier time than its neighbours.
        let since = had.map_or(i64::MAX, |event| event.published_at - GRACE_SECONDS);
        let events = self
            .events
            .iter()
            .filter(|event| event.id > id || (event.id < id && event.published_at >= since))
            .cloned()
            .collect();
        Missed { events, complete }
    }
}

/// The longest statement, in the seconds of [`Event::published_at`].
const GRACE_SECONDS: i64 = 3;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn event(id: i64, published_at: i64) -> Arc<Event> {
        Arc::new(Event {
            id,
            published_at,
            author: "ann".to_owned(),
            frame: Bytes::new(),
        })
    }

    fn ids(missed: &Missed) -> Vec<i64> {
        missed.events.iter().map(|event| event.id).collect()
    }

    #[test]
    fn missed_messages_include_late_commits_and_no_old_ones() {
        let mut recent = Recent::default();
        assert!(!recent.is_loaded());
        let now = Instant::now();
        recent.add(&[event(1, 100), event(3, 201)], Some(3), now);
        recent.add(&[event(2, 200), event(4, 202)], Some(4), now);
        assert!(recent.is_loaded());
        assert_eq!(ids(&recent.after(4)), [3, 2]);
        assert_eq!(ids(&recent.after(3)), [2, 4]);
        assert_eq!(ids(&recent.after(0)), [1, 3, 2, 4]);
        assert_eq!(ids(&recent.after(9)), [0; 0]);
        assert!(recent.after(0).complete);
    }

    #[test]
    fn a_read_reaches_back_over_the_grace_and_no_further() {
        let mut recent = Recent::default();
        let start = Instant::now();
        recent.add(&[event(5, 1)], Some(5), start);
        recent.add(&[event(8, 1)], Some(8), start + GRACE / 2);
        assert_eq!(recent.floor(), 0);
        recent.add(&[], Some(8), start + GRACE);
        assert_eq!(recent.floor(), 5);
        recent.add(&[], Some(8), start + GRACE * 2);
        assert_eq!(recent.floor(), 8);
    }

    #[test]
    fn the_list_is_bounded_and_a_gap_is_reported() {
        let mut recent = Recent::default();
        let many: Vec<_> = (1..=600).map(|id| event(id, id)).collect();
        recent.add(&many, Some(600), Instant::now());
        assert_eq!(recent.known().len(), MOST);
        assert!(!recent.after(10).complete);
        assert!(recent.after(100).complete);
    }
}
