//! The command `localcloud`.

fn main() {}
