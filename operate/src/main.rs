//! `minitwitctl`: what operators type.

fn main() {}
