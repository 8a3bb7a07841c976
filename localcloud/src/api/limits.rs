//! Rate limits per token: a rolling hour, and a burst of one minute.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Requests that a token has in an hour.
pub const HOURLY: usize = 5_000;
/// Requests that a token has in a minute.
pub const BURST: usize = 250;
/// Lists of SSH keys that a token may ask for in a minute.
pub const KEY_LISTS: usize = 10;
/// The time in which a token has [`HOURLY`] requests.
pub const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// What has been requested lately, by token.
#[derive(Debug, Default)]
pub struct Limits {
    requests: Mutex<HashMap<String, VecDeque<Instant>>>,
    key_lists: Mutex<HashMap<String, VecDeque<Instant>>>,
}

/// A token's limits after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests left in this hour.
    pub remaining: usize,
    /// When the oldest request of the hour stops counting, in seconds since 1970.
    pub reset: u64,
    /// Whether this request goes through.
    pub verdict: Verdict,
}

/// Requests that a token has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// In this hour.
    pub hour: usize,
    /// In this minute.
    pub minute: usize,
}

/// Whether a request goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes through.
    Pass,
    /// The minute's budget is used up; a request passes again after this many seconds.
    Burst(u64),
    /// The hour is used up.
    Hour,
}

impl Limits {
    /// The number of requests in an hour.
    pub const LIMIT: usize = HOURLY;

    /// Counts a request of `token`, unless it is one too many.
    pub fn count(&self, token: &str) -> Standing {
        self.count_at(token, Instant::now())
    }

    /// What `token` has left, without counting anything.
    pub fn left(&self, token: &str) -> Left {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let within = |span: Duration| {
            let all = requests.get(token).into_iter().flatten().rev();
            all.take_while(|at| now.duration_since(**at) < span).count()
        };
        Left {
            hour: HOURLY.saturating_sub(within(HOUR)),
            minute: BURST.saturating_sub(within(MINUTE)),
        }
    }

    /// Counts a list of SSH keys, which has a limit of its own, unless it is one too many.
    pub fn count_key_list(&self, token: &str) -> Verdict {
        self.count_key_list_at(token, Instant::now())
    }

    /// Like [`Self::count_key_list`], at the time `now`.
    pub fn count_key_list_at(&self, token: &str, now: Instant) -> Verdict {
        let mut lists = self
            .key_lists
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let lists = lists.entry(token.to_owned()).or_default();
        lists.retain(|at| now.duration_since(*at) < MINUTE);
        match lists.front() {
            Some(first) if lists.len() >= KEY_LISTS => {
                let ago = now.duration_since(*first);
                Verdict::Burst(MINUTE.saturating_sub(ago).as_secs() + 1)
            }
            _ => {
                lists.push_back(now);
                Verdict::Pass
            }
        }
    }

    /// Counts a request at the time `now`.
    pub fn count_at(&self, token: &str, now: Instant) -> Standing {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = requests.entry(token.to_owned()).or_default();
        while requests
            .front()
            .is_some_and(|first| now.duration_since(*first) >= HOUR)
        {
            requests.pop_front();
        }
        let burst = requests
            .len()
            .checked_sub(BURST)
            .map(|n| now.duration_since(requests[n]));
        let verdict = match burst {
            _ if requests.len() >= HOURLY => Verdict::Hour,
            Some(ago) if ago < MINUTE => Verdict::Burst(MINUTE.saturating_sub(ago).as_secs() + 1),
            _ => Verdict::Pass,
        };
        if verdict == Verdict::Pass {
            requests.push_back(now);
        }
        let oldest = requests
            .front()
            .map_or(Duration::ZERO, |first| now.duration_since(*first));
        let reset = SystemTime::now() + HOUR.saturating_sub(oldest);
        Standing {
            remaining: HOURLY - requests.len(),
            reset: reset
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs(),
            verdict,
        }
    }
}
