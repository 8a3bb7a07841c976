//! Load, faults and releases against the live IP, and what clients saw of them

fn main() {}
