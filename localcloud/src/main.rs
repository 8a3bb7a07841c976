//! A DigitalOcean-compatible cloud on one Linux machine

fn main() {}
