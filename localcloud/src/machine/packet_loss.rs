//! Which packets a lossy link loses: a seed's choice, so that a run can be had again.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::index;

/// Packets are counted, and after so many the same places in the count are lost again.
pub const PERIOD: usize = 1000;

/// What drops `percent` of the packets that come to it, as the end of a rule for nftables: one for each way.
#[must_use]
pub fn drops(percent: u8, seed: u64) -> [String; 2] {
    places(percent, seed).map(|places| {
        let places: Vec<String> = places.iter().map(usize::to_string).collect();
        format!("numgen inc mod {PERIOD} {{ {} }} drop", places.join(", "))
    })
}

/// The places, in order, that lose their packet: `percent` of all, for the first way and for the second.
#[must_use]
pub fn places(percent: u8, seed: u64) -> [Vec<usize>; 2] {
    let lost = PERIOD * usize::from(percent.min(100)) / 100;
    let mut random = StdRng::seed_from_u64(seed);
    [(); 2].map(|()| {
        let mut chosen = index::sample(&mut random, PERIOD, lost).into_vec();
        chosen.sort_unstable();
        chosen
    })
}
