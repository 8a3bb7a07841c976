//! The newest messages that this process has seen, and which of those it reads are new.
//!
//! Numbers are given before commits, so a message can appear after one with a higher number. What
//! is read therefore reaches back below the highest number seen, by all that was given within
//! [`GRACE`], which no statement outlasts; what was seen already is left out.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

/// Messages that are kept, and read at once at most.
pub const KEPT: usize = 512;

/// How long a message may take from its number to its commit.
const GRACE: Duration = Duration::from_secs(10);

/// A message as listeners get it.
#[derive(Debug)]
pub struct Event {
    /// The message's number.
    pub id: i64,
    /// Seconds since 1970 in UTC.
    pub published_at: i64,
    /// Its author's name.
    pub author: String,
    /// In the format of `text/event-stream`.
    pub frame: Bytes,
}

/// What came after a message that a client has.
#[derive(Debug)]
pub struct Missed {
    /// Oldest first; can hold some that the client has too.
    pub events: Vec<Arc<Event>>,
    /// Whether these are all.
    pub complete: bool,
}

impl Missed {
    /// For a client that has missed none.
    pub fn nothing() -> Self {
        Self {
            events: Vec::new(),
            complete: true,
        }
    }
}

/// See the module.
#[derive(Default)]
pub struct Recent {
    /// In the order in which they were seen.
    events: VecDeque<Arc<Event>>,
    loaded: bool,
    /// No number up to this one can appear any more.
    floor: i64,
    /// The highest numbers that were seen, and when.
    marks: VecDeque<(Instant, i64)>,
}

impl Recent {
    /// Whether the database was ever read.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Where reading starts: above this number.
    pub fn floor(&self) -> i64 {
        self.floor
    }

    /// The numbers that are known.
    pub fn known(&self) -> HashSet<i64> {
        self.events.iter().map(|event| event.id).collect()
    }

    /// Adds what was read at `now` and not known, oldest first. `highest` is the highest number
    /// that was read, known or not.
    pub fn add(&mut self, new: &[Arc<Event>], highest: Option<i64>, now: Instant) {
        self.loaded = true;
        self.events.extend(new.iter().cloned());
        let surplus = self.events.len().saturating_sub(KEPT);
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

    /// What a client may lack that has the message `id` and was connected to this process or
    /// another one.
    pub fn after(&self, id: i64) -> Missed {
        let oldest = self.events.iter().map(|event| event.id).min();
        // With fewer than are kept, all that exist are there.
        let complete = self.events.len() < KEPT || oldest.is_some_and(|oldest| oldest <= id);
        let had = self.events.iter().find(|event| event.id == id);
        // What was committed late has an earlier time than its neighbours.
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

/// What a statement takes at most, in the seconds of [`Event::published_at`].
const GRACE_SECONDS: i64 = 3;

#[cfg(test)]
mod tests {
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
    fn what_came_after_is_told_with_late_commits_and_without_the_old() {
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
    fn reading_reaches_back_over_the_grace_and_no_further() {
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
    fn what_is_kept_is_bounded_and_a_gap_is_said() {
        let mut recent = Recent::default();
        let many: Vec<_> = (1..=600).map(|id| event(id, id)).collect();
        recent.add(&many, Some(600), Instant::now());
        assert_eq!(recent.known().len(), KEPT);
        assert!(!recent.after(10).complete);
        assert!(recent.after(100).complete);
    }
}
