//! Which packets a lossy link loses: selected by a seed, so that a run can be repeated.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::index;

/// Packets are counted. After this number the same positions are lost again.
pub const PERIOD: usize = 1000;

/// The end of a rule of nftables that drops `percent` of the packets: one for each direction.
#[must_use]
pub fn drops(percent: u8, seed: u64) -> [String; 2] {
    places(percent, seed).map(|places| {
        let places: Vec<String> = places.iter().map(usize::to_string).collect();
        format!("numgen inc mod {PERIOD} {{ {} }} drop", places.join(", "))
    })
}

/// The positions whose packet is lost, in order: `percent` of all, for each of the two directions.
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
