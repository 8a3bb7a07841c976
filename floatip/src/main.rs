//! Reads and moves reserved IPs through DigitalOcean's API, and keeps the live one on a fit droplet

fn main() {}
