//! What an agent observes on its droplet and from outside, other than the record.

pub mod droplet;
pub mod fitness;
pub mod live_ip;
pub mod vrrp;
