//! Limits how often one client may try to sign in or to register: a token bucket for each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// At least this many addresses are remembered, and at most twice as many.
const ADDRESSES: usize = 8192;

/// Gives each address `burst` attempts, and one back each `interval`.
pub struct Limiter {
    burst: u32,
    interval: Duration,
    buckets: Mutex<Buckets>,
}

/// When each address's bucket will be full again. Addresses not seen since `recent` last overflowed are
/// forgotten, which bounds the memory.
#[derive(Default)]
struct Buckets {
    recent: HashMap<IpAddr, Instant>,
    earlier: HashMap<IpAddr, Instant>,
}

impl Limiter {
    /// A burst of 0 is no limit.
    pub fn new(burst: u32, interval: Duration) -> Self {
        Self {
            burst,
            interval,
            buckets: Mutex::default(),
        }
    }

    /// Takes one attempt of this address. If none is left, the error is a 429 with the time until the next.
    pub fn admit(&self, address: IpAddr) -> Result<()> {
        self.admit_at(address, Instant::now())
            .map_err(|wait| Error::TooMany(wait.as_secs() + 1))
    }

    fn admit_at(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        if self.burst == 0 {
            return Ok(());
        }
        let address = network(address);
        // Nothing panics while it holds this lock.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let known = buckets.recent.get(&address);
        let known = known.or_else(|| buckets.earlier.get(&address)).copied();
        let full_at = known.map_or(now, |at| at.max(now)) + self.interval;
        let wait = full_at.saturating_duration_since(now + self.interval * self.burst);
        if !wait.is_zero() {
            return Err(wait);
        }
        if buckets.recent.len() >= ADDRESSES {
            buckets.earlier = std::mem::take(&mut buckets.recent);
        }
        buckets.recent.insert(address, full_at);
        Ok(())
    }
}

/// An IPv6 client has a whole /64 to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    #[test]
    fn a_burst_passes_then_one_each_interval() {
        let (limiter, start) = (Limiter::new(3, SECOND), Instant::now());
        for _ in 0..3 {
            assert!(limiter.admit_at(address(1), start).is_ok());
        }
        assert_eq!(limiter.admit_at(address(1), start), Err(SECOND));
        assert!(limiter.admit_at(address(2), start).is_ok());
        let later = start + SECOND;
        assert!(limiter.admit_at(address(1), later).is_ok());
        assert!(limiter.admit_at(address(1), later).is_err());
    }

    #[test]
    fn a_long_pause_gives_no_more_than_the_burst() {
        let (limiter, start) = (Limiter::new(2, SECOND), Instant::now());
        assert!(limiter.admit_at(address(1), start).is_ok());
        let later = start + SECOND * 1000;
        for _ in 0..2 {
            assert!(limiter.admit_at(address(1), later).is_ok());
        }
        assert!(limiter.admit_at(address(1), later).is_err());
    }

    #[test]
    fn memory_is_bounded_and_the_newest_addresses_are_remembered() {
        let (limiter, start) = (Limiter::new(1, SECOND), Instant::now());
        for number in 0..100_000 {
            assert!(limiter.admit_at(address(number), start).is_ok());
        }
        for number in 100_000 - 8192..100_000 {
            assert!(limiter.admit_at(address(number), start).is_err());
        }
        let buckets = limiter.buckets.lock().expect("not poisoned");
        assert!(buckets.recent.len() + buckets.earlier.len() <= 2 * ADDRESSES);
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let (limiter, start) = (Limiter::new(1, SECOND), Instant::now());
        let first = "2001:db8::1".parse().expect("an address");
        let second = "2001:db8::2".parse().expect("an address");
        assert!(limiter.admit_at(first, start).is_ok());
        assert!(limiter.admit_at(second, start).is_err());
    }

    #[test]
    fn a_burst_of_zero_is_no_limit() {
        let (limiter, start) = (Limiter::new(0, SECOND), Instant::now());
        for _ in 0..1000 {
            assert!(limiter.admit_at(address(1), start).is_ok());
        }
    }
}
