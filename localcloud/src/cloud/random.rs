//! Random ids, passwords and names.

use rand::RngExt as _;
use rand::distr::Alphanumeric;

/// The next numeric id after `last`: larger, and not guessable from the one before.
pub(super) fn next_id(last: &mut u64) -> u64 {
    *last += rand::rng().random_range(1..60);
    *last
}

/// A password that no one can guess and that needs no quoting anywhere.
pub(super) fn password() -> String {
    let random = rand::rng().sample_iter(Alphanumeric).take(19);
    format!("AVNS_{}", random.map(char::from).collect::<String>())
}
