//! Random choices that can be repeated: a failing test prints its seed.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

const VARIABLE: &str = "MINITWIT_TEST_SEED";

/// A `SplitMix64` generator, whose seed is printed when its test fails.
pub struct Dice {
    seed: u64,
    state: AtomicU64,
}

impl Dice {
    /// With the seed in the environment, else another one each time.
    pub fn new() -> Self {
        let given = env::var(VARIABLE).ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            u64::from(now.unwrap_or_default().subsec_nanos())
        });
        let state = AtomicU64::new(seed);
        Self { seed, state }
    }

    pub fn number(&self) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15;
        let state = self.state.fetch_add(step, Ordering::Relaxed);
        let mut mixed = state.wrapping_add(step);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`.
    pub fn below(&self, end: usize) -> usize {
        let end = u64::try_from(end).expect("fits");
        usize::try_from(self.number() % end).expect("fits")
    }

    pub fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

impl Drop for Dice {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to repeat this: {VARIABLE}={}", self.seed);
        }
    }
}
