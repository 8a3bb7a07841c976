//! The orders that a blue-green release gives: one place for the release, which executes them, and for the simulation, which proves
//! them.

use std::net::Ipv4Addr;

use crate::mover::order::{Accepted, Order, Place};

/// Attach the stage IP to the standby, wherever it was left.
#[must_use]
pub fn stage(stage_ip: Ipv4Addr, live: u64, standby: u64) -> Order {
    Order {
        ip: stage_ip,
        from: Accepted::AnyOf(vec![Place::Nowhere, Place::On(live), Place::On(standby)]),
        to: Place::On(standby),
    }
}

/// Release the stage IP from whichever of the two droplets has it.
#[must_use]
pub fn unstage(stage_ip: Ipv4Addr, droplets: [u64; 2]) -> Order {
    Order {
        ip: stage_ip,
        from: Accepted::AnyOf(droplets.map(Place::On).to_vec()),
        to: Place::Nowhere,
    }
}

/// Move the live IP from one droplet to the other, to the new version or back; only if the record still has it there.
#[must_use]
pub fn move_live(live_ip: Ipv4Addr, from: u64, to: u64) -> Order {
    Order {
        ip: live_ip,
        from: Accepted::only(Place::On(from)),
        to: Place::On(to),
    }
}
