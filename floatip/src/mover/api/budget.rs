//! The API's rate limits, from the headers `ratelimit-*` and `retry-after`.
//!
//! 5,000 calls in a rolling hour and 250 in a minute, by token; `retry-after` comes with the limit per minute only.
//! Source: <https://docs.digitalocean.com/reference/api/digitalocean/#section/Introduction/Rate-Limit>.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::HeaderMap;

/// The limit is by the hour, so a reset that is further away is a mistake.
const HOUR: Duration = Duration::from_hours(1);

/// What is left of the calls of an hour, as last reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Calls in an hour.
    pub limit: u32,
    /// Calls left.
    pub remaining: u32,
    /// Time until the oldest of the counted calls is an hour old.
    pub reset_in: Duration,
}

impl Budget {
    /// Reads the headers of a response. The time of the reset is counted from the response's own `date`, so the local clock makes no
    /// difference.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let small = |name: &str| number(name).and_then(|it| u32::try_from(it).ok());
        let date = headers.get("date").and_then(|it| it.to_str().ok());
        let date = date.and_then(|it| rfc2822::parse(it).ok());
        let now = date.map_or_else(Timestamp::now, |date| date.timestamp());
        let now = u64::try_from(now.as_second()).unwrap_or_default();
        let reset = number("ratelimit-reset").unwrap_or(now);
        Some(Self {
            limit: small("ratelimit-limit")?,
            remaining: small("ratelimit-remaining")?,
            reset_in: Duration::from_secs(reset.saturating_sub(now)).min(HOUR),
        })
    }
}

/// How long a 429 asks to wait. Without `retry-after`, which comes with the limit per minute, the limit per hour is used up. Then calls
/// become available one by one, the first at the reset.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after").and_then(|it| it.to_str().ok());
    if let Some(seconds) = seconds.and_then(|it| it.trim().parse().ok()) {
        return Some(Duration::from_secs(seconds));
    }
    Budget::read(headers)
        .filter(|budget| budget.remaining == 0 && !budget.reset_in.is_zero())
        .map(|budget| budget.reset_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        pairs.collect()
    }

    #[test]
    fn the_reset_is_counted_from_the_date_of_the_response() {
        let received = headers(&[
            ("date", "Sat, 21 Nov 2026 08:00:00 GMT"),
            ("ratelimit-limit", "5000"),
            ("ratelimit-remaining", "17"),
            ("ratelimit-reset", "1795248030"),
        ]);
        let budget = Budget::read(&received).unwrap();
        assert_eq!((budget.limit, budget.remaining), (5000, 17));
        assert_eq!(budget.reset_in, Duration::from_secs(30));
        assert_eq!(retry_after(&received), None);
    }

    #[test]
    fn the_limit_per_minute_outranks_the_one_per_hour() {
        let hour = [
            ("date", "Sat, 21 Nov 2026 08:00:00 GMT"),
            ("ratelimit-limit", "5000"),
            ("ratelimit-remaining", "0"),
            ("ratelimit-reset", "1795248030"),
        ];
        assert_eq!(retry_after(&headers(&hour)), Some(Duration::from_secs(30)));
        let both = [hour.as_slice(), &[("retry-after", "7")]].concat();
        assert_eq!(retry_after(&headers(&both)), Some(Duration::from_secs(7)));
        assert_eq!(Budget::read(&headers(&[])), None);
    }
}
