//! The probe that Keepalived runs: is this droplet fit to be live?

fn main() {}
